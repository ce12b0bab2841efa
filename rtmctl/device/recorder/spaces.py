"""Network namespaces that stand for VRFs, and what the kernel says in each: rtnetlink(7)."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NETNS = "/run/netns"
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
BUFFER = 8 << 20
"""a burst of some ten thousand routes"""

LINK, NEIGHBOR, ROUTE4, ROUTE6, NEXT_HOP = 1 << 0, 1 << 2, 1 << 6, 1 << 10, 1 << 31
"""multicast groups as bits, linux/rtnetlink.h"""
GETLINK, GETROUTE, GETNEIGH, GETNEXTHOP = 18, 26, 30, 106
NEWNEIGH, DELNEIGH = 28, 29
AF_BRIDGE = 7
NLMSG_ERROR, NLMSG_DONE = 2, 3
REQUEST_DUMP = 0x301
DUMPS = (
    (GETLINK, struct.pack("=16x")),
    (GETNEXTHOP, struct.pack("=8x")),
    (GETROUTE, struct.pack("=B11x", socket.AF_INET)),
    (GETROUTE, struct.pack("=B11x", socket.AF_INET6)),
    (GETNEIGH, struct.pack("=B11x", AF_BRIDGE)),
)

_libc = ctypes.CDLL(None, use_errno=True)


def names() -> list[str]:
    """All namespaces; '' is the one that we are in."""
    try:
        return ["", *sorted(os.listdir(NETNS))]
    except OSError:
        return [""]


@contextmanager
def inside(space: str) -> Iterator[None]:
    """What is opened in here belongs to that namespace for good."""
    if not space:
        yield
        return
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        there = os.open(os.path.join(NETNS, space), os.O_RDONLY)
        try:
            _enter(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)


def _enter(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def listen() -> socket.socket:
    """A socket that hears of links, routes, next hops and bridge entries of the namespace it is opened in."""
    found = _netlink(LINK | NEIGHBOR | ROUTE4 | ROUTE6 | NEXT_HOP)
    enlarge(found, BUFFER)
    found.setblocking(False)
    return found


def enlarge(sock: socket.socket, buffer: int) -> None:
    """As far as the kernel lets us: root of a user namespace may not go beyond rmem_max."""
    for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, buffer)


def _netlink(groups: int) -> socket.socket:
    found = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    found.bind((0, groups))
    return found


def dump() -> Iterator[bytes]:
    """Datagrams with all that stands in the namespace now."""
    with _netlink(0) as asking:
        asking.settimeout(5)
        for kind, body in DUMPS:
            asking.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST_DUMP, 1, 0) + body)
            while True:
                data = asking.recv(1 << 15)
                answer = struct.unpack_from("=H", data, 4)[0]
                if answer in (NLMSG_DONE, NLMSG_ERROR):
                    break
                yield data


def is_noise(data: bytes) -> bool:
    """A neighbour entry that is no bridge entry: hosts come and go in these all the time."""
    return struct.unpack_from("=H", data, 4)[0] in (NEWNEIGH, DELNEIGH) and data[16] != AF_BRIDGE
