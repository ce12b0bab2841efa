"""Runs on a host: a burst of packets of one flow. Standard library only; the specification is JSON on standard input.

TCP is SYNs of a raw socket, so that every packet has the same 5-tuple and no connection opens: the sender's kernel
answers each SYN-ACK with a reset. ICMP is echo with one identifier.
"""

import contextlib
import json
import socket
import struct
import sys
import time

PER_PAUSE, PAUSE_S = 20, 0.01


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source: str, to: str, sport: int, port: int, number: int, family: int) -> bytes:
    """A TCP SYN (RFC 9293 §3.1) with its checksum over the pseudo header."""
    head = struct.pack("!HHIIBBHHH", sport, port, number, 0, 5 << 4, 2, 1024, 0, 0)
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, to)
    if family == socket.AF_INET:
        pseudo = ends + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(head))
    else:
        pseudo = ends + struct.pack("!II", len(head), socket.IPPROTO_TCP)
    return head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]


def echo(number: int, family: int) -> bytes:
    """ICMP echo (RFC 792); the kernel fills in the checksum of ICMPv6."""
    kind = 8 if family == socket.AF_INET else 128
    body = b"rtmctl trace".ljust(56, b".")
    head = struct.pack("!BBHHH", kind, 0, 0, 0x7274, number & 0xFFFF)
    if family == socket.AF_INET:
        head = struct.pack("!BBHHH", kind, 0, checksum(head + body), 0x7274, number & 0xFFFF)
    return head + body


def main() -> None:
    spec = json.load(sys.stdin)
    source, to, protocol = spec["source"], spec["to"], spec["protocol"]
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    if protocol == "udp":
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((source, spec["source_port"]))
    else:
        icmp = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
        sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP if protocol == "tcp" else icmp)
        sock.bind((source, 0))
    target = (to, spec["port"] if protocol == "udp" else 0)
    sent = 0
    for number in range(spec["count"]):
        if protocol == "udp":
            data = b"rtmctl trace".ljust(64, b".")
        elif protocol == "tcp":
            data = syn(source, to, spec["source_port"], spec["port"], number, family)
        else:
            data = echo(number, family)
        with contextlib.suppress(OSError):
            sent += sock.sendto(data, target) > 0
        if number % PER_PAUSE == PER_PAUSE - 1:
            time.sleep(PAUSE_S)
    print(json.dumps({"sent": sent}))


if __name__ == "__main__":
    main()
