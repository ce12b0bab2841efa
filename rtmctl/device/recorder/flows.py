"""Which flows cross a port: a packet socket looks for a moment at UDP to one port, plain or inside VXLAN."""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import NamedTuple

from .spaces import enlarge

SO_ATTACH_FILTER = 26
ETH_P_ALL = 3
OUTGOING = 4
SNAP = 160
BUFFER = 16 << 20
"""some 20,000 packets"""
VXLAN = 4789
ETHERNET, UDP = 14, 17
OVERLAY = ETHERNET + 20 + 8 + 8
"""bytes before the inner Ethernet header, with an outer IPv4 header without options"""

Instruction = tuple[int, int, int, int]
"""code, jump if true, jump if false, operand; linux/filter.h"""


class Sighted(NamedTuple):
    outgoing: bool
    source: str
    destination: str
    source_port: int
    port: int


def _udp_to(start: int, port: int) -> list[Instruction]:
    """Accept UDP to `port` in the Ethernet frame at `start`, IPv4 without options or IPv6; else fall through."""
    ip = start + ETHERNET
    return [
        (0x28, 0, 0, start + 12),
        (0x15, 0, 4, 0x0800),
        (0x30, 0, 0, ip + 9),
        (0x15, 0, 8, UDP),
        (0x28, 0, 0, ip + 22),
        (0x15, 5, 6, port),
        (0x15, 0, 5, 0x86DD),
        (0x30, 0, 0, ip + 6),
        (0x15, 0, 3, UDP),
        (0x28, 0, 0, ip + 42),
        (0x15, 0, 1, port),
        (0x06, 0, 0, SNAP),
    ]


def filter_of(port: int) -> list[Instruction]:
    """A classic BPF program; a load beyond the packet's end rejects it, so short ones need no check."""
    plain = 12
    """instructions that look for the port inside VXLAN"""
    outer = [
        (0x28, 0, 0, 12),
        (0x15, 0, plain + 4, 0x0800),
        (0x30, 0, 0, 23),
        (0x15, 0, plain + 2, UDP),
        (0x28, 0, 0, 36),
        (0x15, 0, plain, VXLAN),
    ]
    return [
        *outer,
        *_udp_to(OVERLAY, port),
        *_udp_to(0, port),
        (0x06, 0, 0, 0),
    ]


def opened(interface: str, port: int) -> socket.socket:
    """Made inside the interface's namespace. Raises OSError for one that is not there."""
    program = b"".join(struct.pack("=HBBI", *step) for step in filter_of(port))
    buffer = ctypes.create_string_buffer(program)
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        found.setblocking(False)
        enlarge(found, BUFFER)
        attached = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
        found.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, attached)
        found.bind((interface, ETH_P_ALL))
    except OSError:
        found.close()
        raise
    return found


def read(sock: socket.socket, most: int) -> dict[Sighted, int]:
    """Packets a flow, of at most so many."""
    raw: dict[tuple[bool, bytes], int] = {}
    for _ in range(most):
        try:
            data, address = sock.recvfrom(SNAP)
        except BlockingIOError:
            break
        key = (address[2] == OUTGOING, flow_bytes(data))
        raw[key] = raw.get(key, 0) + 1
    return {sighted(outgoing, key): count for (outgoing, key), count in raw.items()}


def flow_bytes(frame: bytes) -> bytes:
    """Addresses and ports of the innermost UDP packet."""
    start = OVERLAY if frame[12:14] == b"\x08\x00" and frame[36:38] == struct.pack("!H", VXLAN) else 0
    ip = start + ETHERNET
    if frame[start + 12 : start + 14] == b"\x08\x00":
        return frame[ip + 12 : ip + 24]
    return frame[ip + 8 : ip + 44]


def sighted(outgoing: bool, key: bytes) -> Sighted:
    family, size = (socket.AF_INET, 4) if len(key) == 12 else (socket.AF_INET6, 16)
    source, destination = key[:size], key[size : 2 * size]
    ports = struct.unpack("!HH", key[2 * size :])
    return Sighted(outgoing, socket.inet_ntop(family, source), socket.inet_ntop(family, destination), *ports)
