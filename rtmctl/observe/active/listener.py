"""RTMCTL_LISTENER: sent to a host as text and run there by its python3 (3.7 or later), standard library only.

It is what others ask.

Reads one JSON object from stdin, prints one.
- {"mode": "open", "tcp": [port], "udp": [port], "watch": [{"kind", "source", "destination", "port"}], "seconds"}: a
  daemon that echoes on the ports, notes which of the watched packets arrive (the answer may be lost on its way back),
  and ends by itself. Prints {"pid", "busy": ports that were taken already, "blind": why nothing can be watched, or ""}.
- {"mode": "close", "pid"}: ends it. Prints {"arrived": numbers in the list of the watched}; null when nobody watched.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any

ETHERTYPES = {4: 0x0800, 6: 0x86DD}
SOURCE_AT = {4: 12, 6: 20}
"""offset of the last 32 bits of a source address that a packet filter compares"""
PROTOCOLS = {"ping": {4: 1, 6: 58}, "tcp": {4: 6, 6: 6}, "udp": {4: 17, 6: 17}}
ECHO_REQUEST = {4: 8, 6: 128}
SO_ATTACH_FILTER = 26
SNAP = 128
"""bytes kept of a packet: its headers"""


class Watch:
    """Packets looked for as they come in, before this host's own firewall: an answer need not find its way back."""

    def __init__(self, specs: list[dict[str, Any]]) -> None:
        self.wanted: dict[tuple[str, bytes, bytes, int], list[int]] = {}
        for number, spec in enumerate(specs):
            source, destination = packed(spec["source"]), packed(spec["destination"])
            self.wanted.setdefault((spec["kind"], source, destination, spec["port"]), []).append(number)
        self.arrived: set[int] = set()
        self.sockets: list[socket.socket] = []
        self.blind = ""
        try:
            for version, size in ((4, 4), (6, 16)):
                sources = {key[1] for key in self.wanted if len(key[1]) == size}
                if sources:
                    self.sockets.append(sniffer(version, sources))
        except OSError as error:
            self.blind = error.strerror or str(error)

    def note(self, sock: socket.socket) -> None:
        self.arrived.update(self.wanted.get(headers(sock.recv(SNAP)), ()))


def packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def sniffer(version: int, sources: set[bytes]) -> socket.socket:
    """Incoming packets of one IP version that these sources sent; the kernel leaves all others out (cBPF)."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETHERTYPES[version]))
    load, is_it, give, skip = 0x20, 0x15, struct.pack("HBBI", 0x06, 0, 0, SNAP), struct.pack("HBBI", 0x06, 0, 0, 0)
    code = struct.pack("HBBI", load, 0, 0, SOURCE_AT[version])
    for word in sorted({struct.unpack("!I", source[-4:])[0] for source in sources}):
        code += struct.pack("HBBI", is_it, 0, 1, word) + give
    code += skip
    kept = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(code) // 8, ctypes.addressof(kept)))
    sock.setblocking(False)
    return sock


def headers(packet: bytes) -> tuple[str, bytes, bytes, int]:
    """(kind, source, destination, port) of an echo request, of the first segment of a connection, or of a datagram."""
    version = packet[0] >> 4
    if version == 4:
        source, destination, protocol, rest = packet[12:16], packet[16:20], packet[9], packet[(packet[0] & 15) * 4 :]
    else:
        source, destination, protocol, rest = packet[8:24], packet[24:40], packet[6], packet[40:]
    kind = next((name for name, number in PROTOCOLS.items() if number[version] == protocol), "")
    if kind == "ping" and rest[:1] == bytes([ECHO_REQUEST[version]]):
        return kind, source, destination, 0
    opens = kind == "udp" or (kind == "tcp" and len(rest) > 13 and rest[13] & 0x12 == 0x02)  # SYN without ACK
    if opens and len(rest) >= 4:
        return kind, source, destination, int.from_bytes(rest[2:4], "big")
    return "", source, destination, 0


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


def open_daemon(spec: dict[str, Any]) -> dict[str, Any]:
    sockets: list[socket.socket] = []
    busy: list[list[Any]] = []
    for name, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
        for port in spec.get(name, []):
            try:
                sockets.append(bound(kind, port))
            except OSError:
                busy.append([name, port])
    watch = Watch(spec.get("watch", []))
    pipe_in, pipe_out = os.pipe()
    child = os.fork()
    if child:
        os.close(pipe_out)
        pid = int(os.read(pipe_in, 32) or b"0")
        os.waitpid(child, 0)
        return {"pid": pid, "busy": busy, "blind": watch.blind}
    os.setsid()
    if os.fork():
        os._exit(0)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(door_of(os.getpid()))
    door.listen(1)
    os.write(pipe_out, str(os.getpid()).encode())
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2, pipe_in, pipe_out):
        os.dup2(null, number)
    signal.alarm(max(1, int(spec["seconds"])))
    serve(sockets, watch, door)
    os._exit(0)


def door_of(pid: int) -> bytes:
    """Where the daemon is asked what arrived: an abstract name, of which no file remains (unix(7))."""
    return b"\0rtmctl-listener-%d" % pid


def serve(sockets: list[socket.socket], watch: Watch, door: socket.socket) -> None:
    """Echo and note until somebody asks at the door."""
    selector = selectors.DefaultSelector()
    for listener in (*sockets, *watch.sockets, door):
        selector.register(listener, selectors.EVENT_READ, True)
    while True:
        ready = [key for key, _ in selector.select()]
        for key in ready:
            with contextlib.suppress(OSError):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock in watch.sockets:
                    watch.note(sock)
                elif sock is not door:
                    answer(sock, selector, listens=key.data)
        if any(key.fileobj is door for key in ready) and len(ready) == 1:  # all that came before is noted
            asker, _ = door.accept()
            with asker:
                asker.sendall(json.dumps({"arrived": None if watch.blind else sorted(watch.arrived)}).encode())
            return


def answer(sock: socket.socket, selector: selectors.BaseSelector, *, listens: bool) -> None:
    if sock.type == socket.SOCK_DGRAM:
        answer_datagram(sock)
    elif listens:
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


def close_daemon(pid: int) -> dict[str, Any]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door, door.makefile("rb") as said:
            door.settimeout(5)
            door.connect(door_of(pid))
            text = said.read()
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        found = {"arrived": None}
        with contextlib.suppress(OSError):
            if b"RTMCTL_LISTENER" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
    return found


def main() -> None:
    spec = json.load(sys.stdin)
    print(json.dumps(open_daemon(spec) if spec["mode"] == "open" else close_daemon(spec["pid"])))


if __name__ == "__main__":
    main()
