"""Sent to a host as text and run there by its python3 (3.7 or later), standard library only. It asks others.

Reads {"tests": [{"kind", "source", "destination", "port", "size", "df", "tries", "wait_s"}]} from stdin: all at once.
Prints {"results": [...]} in the same order, each {"seen": answered | refused | silent | unreachable | too big | error,
"detail", "rtt_ms"}. `size` counts the whole IP packet in bytes.
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import socket
import struct
import sys
import time
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


def main() -> None:
    print(json.dumps(probe(json.load(sys.stdin)["tests"])))


if __name__ == "__main__":
    main()
