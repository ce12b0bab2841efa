"""RTMCTL_ONHOST: sent to a host as text and run there by its python3 (3.7 or later), standard library only.

Reads one JSON object from stdin, prints one. Modes:
- probe: {"tests": [{"kind", "source", "destination", "port", "size", "df", "tries", "wait_s"}]}: all at once; answers
  in the same order as {"seen": answered | refused | silent | unreachable | too big | error, "detail", "rtt_ms"}.
  `size` counts the whole IP packet in bytes.
- listen: {"tcp": [...], "udp": [...], "seconds"}: a daemon that echoes and ends by itself; prints its pid and the
  ports that were taken already.
- stop: {"pid"}.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IPV6_DONTFRAG, PMTUDISC_PROBE, PMTUDISC_DONT = 10, 23, 62, 3, 0
STARTS_PER_ROUND, ROUND_S = 40, 0.01
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM, errno.ETIMEDOUT)


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Test:
    """One test under way: `step` acts when its time has come, `read` when its socket has something."""

    def __init__(self, number: int, spec: dict[str, Any]) -> None:
        self.number = number
        self.kind: str = spec["kind"]
        self.destination: str = spec["destination"]
        self.family = socket.AF_INET6 if ":" in self.destination else socket.AF_INET
        self.source: str = spec.get("source") or ""
        self.port: int = spec.get("port", 0)
        self.size: int = spec.get("size", 84)
        self.df: bool = spec.get("df", False)
        self.tries: int = spec.get("tries", 3)
        self.wait_s: float = spec.get("wait_s", 0.5)
        self.token = b"rtmctl%08x" % number + os.urandom(4)
        self.sock = socket.socket()
        self.sock.close()
        self.sent_at = self.due = 0.0
        self.result: dict[str, Any] | None = None
        self.connected = False

    def finish(self, seen: str, detail: str = "", rtt_ms: float | None = None) -> None:
        if self.result is None:
            self.result = {"seen": seen, "detail": detail, "rtt_ms": rtt_ms}

    def failed(self, error: OSError) -> None:
        if error.errno == errno.ECONNREFUSED:
            self.finish("unreachable" if self.kind == "ping" else "refused")
        elif error.errno == errno.EMSGSIZE:
            self.finish("too big", "larger than the MTU of the way out")
        elif error.errno in UNREACHABLE:
            self.finish("unreachable", os.strerror(error.errno))
        else:
            self.finish("error", str(error))

    def start(self) -> None:
        try:
            self.sock = self.open()
            self.sock.setblocking(False)
            if self.source:
                self.sock.bind((self.source, 0))
            self.fragmenting()
            if self.kind != "tcp":
                self.sock.connect((self.destination, self.port))  # so that ICMP errors come back here
            self.step()
        except OSError as error:
            self.failed(error)

    def open(self) -> socket.socket:
        if self.kind == "tcp":
            return socket.socket(self.family, socket.SOCK_STREAM)
        if self.kind == "udp":
            return socket.socket(self.family, socket.SOCK_DGRAM)
        protocol = socket.IPPROTO_ICMP if self.family == socket.AF_INET else socket.IPPROTO_ICMPV6
        try:
            return socket.socket(self.family, socket.SOCK_DGRAM, protocol)
        except OSError:
            sock = socket.socket(self.family, socket.SOCK_RAW, protocol)
            if self.family == socket.AF_INET6:  # RFC 3542 §3.2: pass echo replies (129) alone
                mask = bytearray(b"\xff" * 32)
                mask[129 // 8] &= ~(1 << (129 % 8)) & 0xFF
                sock.setsockopt(socket.IPPROTO_ICMPV6, 1, bytes(mask))
            return sock

    def fragmenting(self) -> None:
        mode = PMTUDISC_PROBE if self.df else PMTUDISC_DONT
        if self.family == socket.AF_INET:
            self.sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, mode)
        else:
            self.sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, mode)
            self.sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, int(self.df))

    def payload(self) -> bytes:
        headers = (20 if self.family == socket.AF_INET else 40) + 8
        return self.token.ljust(max(self.size - headers, len(self.token)), b".")

    def step(self) -> None:
        """Send (again), or give up."""
        now = time.monotonic()
        if self.kind == "tcp":
            if self.sent_at:
                self.finish("answered", "connected, nothing echoed") if self.connected else self.finish("silent")
                return
            code = self.sock.connect_ex((self.destination, self.port))
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
            self.sent_at, self.due = now, now + self.wait_s * self.tries
            return
        if self.tries == 0:
            self.finish("silent")
            return
        self.tries -= 1
        data = self.payload()
        if self.kind == "ping":
            kind = 8 if self.family == socket.AF_INET else 128
            head = struct.pack("!BBHHH", kind, 0, 0, os.getpid() & 0xFFFF, self.number & 0xFFFF)
            if self.family == socket.AF_INET:
                head = struct.pack("!BBHHH", kind, 0, checksum(head + data), os.getpid() & 0xFFFF, self.number & 0xFFFF)
            data = head + data
        self.sent_at, self.due = now, now + self.wait_s
        self.sock.send(data)

    def read(self) -> None:
        if self.kind == "tcp" and not self.connected:
            code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self.connected = True
            self.due = time.monotonic() + self.wait_s
            self.sock.sendall(self.token)
            return
        data = self.sock.recv(65535)
        if self.token in data:
            self.finish("answered", "", round((time.monotonic() - self.sent_at) * 1000, 3))
        elif self.kind == "tcp":
            self.finish("answered", "another service")


def probe(specs: list[dict[str, Any]]) -> dict[str, Any]:
    tests = [Test(n, spec) for n, spec in enumerate(specs)]
    selector = selectors.DefaultSelector()
    waiting = tests[::-1]
    running: set[Test] = set()
    while waiting or running:
        for _ in range(min(STARTS_PER_ROUND, len(waiting))):
            test = waiting.pop()
            test.start()
            if test.result is None:
                running.add(test)
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if test.kind == "tcp" else 0)
                selector.register(test.sock, events, test)
        pause = ROUND_S if waiting else max(0.0, min((t.due for t in running), default=0) - time.monotonic())
        ready = selector.select(pause) if running else []
        now = time.monotonic()
        for test in {key.data for key, _ in ready} | {t for t in running if t.due <= now}:
            try:
                if any(key.data is test for key, _ in ready):
                    test.read()
                    if test.kind == "tcp":
                        selector.modify(test.sock, selectors.EVENT_READ, test)
                elif test.due <= now:
                    test.step()
            except BlockingIOError:
                pass
            except OSError as error:
                test.failed(error)
            if test.result is not None:
                running.discard(test)
                selector.unregister(test.sock)
                test.sock.close()
    return {"results": [t.result for t in tests]}


def bound(kind: socket.SocketKind, port: int) -> socket.socket:
    """A socket on all addresses of both IP versions (of IPv4 alone where there is no IPv6)."""
    for family, address in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):
        try:
            sock = socket.socket(family, kind)
        except OSError:
            continue
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
        sock.setblocking(False)
        return sock
    raise OSError("no IP on this host")


def listen(spec: dict[str, Any]) -> dict[str, Any]:
    sockets: list[socket.socket] = []
    busy: list[list[Any]] = []
    for name, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
        for port in spec.get(name, []):
            try:
                sockets.append(bound(kind, port))
            except OSError:
                busy.append([name, port])
    pipe_in, pipe_out = os.pipe()
    child = os.fork()
    if child:
        os.close(pipe_out)
        pid = int(os.read(pipe_in, 32) or b"0")
        os.waitpid(child, 0)
        return {"pid": pid, "busy": busy}
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(pipe_out, str(os.getpid()).encode())
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2, pipe_in, pipe_out):
        os.dup2(null, number)
    signal.alarm(max(1, int(spec["seconds"])))
    echo(sockets)
    return {}


def echo(sockets: list[socket.socket]) -> None:
    selector = selectors.DefaultSelector()
    for listener in sockets:
        selector.register(listener, selectors.EVENT_READ, True)
    while True:
        for key, _ in selector.select():
            with contextlib.suppress(OSError):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock.type == socket.SOCK_DGRAM:
                    answer_datagram(sock)
                elif key.data:
                    peer, _ = sock.accept()
                    peer.setblocking(False)
                    selector.register(peer, selectors.EVENT_READ, False)
                else:
                    data = sock.recv(2048)
                    if data:
                        sock.send(data)
                    else:
                        selector.unregister(sock)
                        sock.close()


def answer_datagram(sock: socket.socket) -> None:
    """The answer leaves from the address that was asked: a host may have several."""
    if sock.family == socket.AF_INET6:
        data, notes, _, peer = sock.recvmsg(2048, 256)
        info = [n for n in notes if n[:2] == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)]
        sock.sendmsg([data], info, 0, peer)
    else:
        data, peer = sock.recvfrom(2048)
        sock.sendto(data, peer)


def stop(pid: int) -> dict[str, Any]:
    with contextlib.suppress(OSError):
        if b"RTMCTL_ONHOST" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    return {}


def main() -> None:
    spec = json.load(sys.stdin)
    mode = spec["mode"]
    result = probe(spec["tests"]) if mode == "probe" else listen(spec) if mode == "listen" else stop(spec["pid"])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
