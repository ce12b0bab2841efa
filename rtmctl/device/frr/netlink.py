"""Datagrams of rtnetlink(7) as attributes. Pure; numbers are those of linux/rtnetlink.h and its neighbours."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from rtmctl.base.net import Address, Network

NEWLINK: Final = 16
DELLINK: Final = 17
NEWROUTE: Final = 24
DELROUTE: Final = 25
NEWNEIGH: Final = 28
DELNEIGH: Final = 29
NEWNEXTHOP: Final = 104
DELNEXTHOP: Final = 105

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_BODY = {"link": 16, "route": 12, "neigh": 12, "nexthop": 8}
_KIND = {
    NEWLINK: "link",
    DELLINK: "link",
    NEWROUTE: "route",
    DELROUTE: "route",
    NEWNEIGH: "neigh",
    DELNEIGH: "neigh",
    NEWNEXTHOP: "nexthop",
    DELNEXTHOP: "nexthop",
}
_UP, _LOWER_UP = 1 << 0, 1 << 16
_DEAD, _LINKDOWN = 1 << 0, 1 << 4
_AF_BRIDGE = 7
_NESTED = 0x3FFF
_OWN_TYPES = (2, 3, 4, 5)
"""local, broadcast, anycast, multicast: not where packets go, but which are ours"""
_DISCARDS = {6: "blackhole", 7: "unreachable", 8: "prohibit"}
_LOCAL_TABLE = 255

Attributes = dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Link:
    index: int
    name: str
    master: int
    vrf_table: int | None
    """of a VRF device"""
    admin_up: bool
    carrier: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class Hop:
    address: Address | None
    interface: int | None
    dead: bool


@dataclass(frozen=True, slots=True)
class KernelRoute:
    table: int
    prefix: Network
    priority: int
    hops: tuple[Hop, ...]
    next_hop_id: int | None
    """stands for the hops where the kernel keeps next-hop objects"""
    gone: bool
    discards: str = ""
    """'blackhole', 'unreachable', 'prohibit': packets end here"""


@dataclass(frozen=True, slots=True)
class BridgeEntry:
    """One that points at a VTEP."""

    interface: int
    mac: str
    vtep: Address
    gone: bool


@dataclass(frozen=True, slots=True)
class NextHopObject:
    id: int
    hop: Hop | None
    members: tuple[int, ...]
    gone: bool


Message = Link | KernelRoute | BridgeEntry | NextHopObject


def messages(datagram: bytes) -> Iterator[Message]:
    """What a datagram tells of links, routes, next hops and VTEPs; all else is left out.

    Raises struct.error for bytes that are no netlink messages.
    """
    at = 0
    while at + _HEADER.size <= len(datagram):
        length, kind, _, _, _ = _HEADER.unpack_from(datagram, at)
        if length < _HEADER.size:
            raise struct.error(f"a netlink message of {length} bytes")
        body = datagram[at + _HEADER.size : at + length]
        name = _KIND.get(kind)
        if name is not None:
            found = _READERS[name](body, attributes(body[_BODY[name] :]), kind in _GONE)
            if found is not None:
                yield found
        at += (length + 3) & ~3


def attributes(data: bytes) -> Attributes:
    found: Attributes = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind & _NESTED] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def _number(data: bytes | None) -> int:
    return int.from_bytes(data, "little") if data else 0


def _link(body: bytes, has: Attributes, gone: bool) -> Link | None:
    family, index, flags = struct.unpack_from("=BxxxiI", body)
    if family == _AF_BRIDGE or 3 not in has:
        return None  # of a bridge's port: says nothing of the link
    info = attributes(has.get(18, b""))
    table = None
    if info.get(1, b"").rstrip(b"\0") == b"vrf":
        table = _number(attributes(info.get(2, b"")).get(1))
    name = has[3].rstrip(b"\0").decode()
    return Link(index, name, _number(has.get(10)), table, bool(flags & _UP), bool(flags & _LOWER_UP), gone)


def _route(body: bytes, has: Attributes, gone: bool) -> KernelRoute | None:
    family, length, _, _, table, _, _, kind, flags = struct.unpack_from("=BBBBBBBBI", body)
    table = _number(has.get(15)) or table
    if kind in _OWN_TYPES or table == _LOCAL_TABLE or family not in (2, 10):
        return None
    nothing = bytes(4 if family == 2 else 16)
    prefix = ip_network((has.get(1, nothing), length))
    if prefix.is_multicast or prefix.is_link_local:
        return None
    id_of_hops = _number(has[30]) if 30 in has else None
    if 9 in has:
        hops = tuple(_hops(has[9]))
    elif 4 in has or 5 in has or 18 in has:
        hops = (_hop(has, _number(has.get(4)), flags),)
    else:
        hops = ()
    return KernelRoute(table, prefix, _number(has.get(6)), hops, id_of_hops, gone, _DISCARDS.get(kind, ""))


def _hops(data: bytes) -> Iterator[Hop]:
    """struct rtnexthop, each with attributes of its own."""
    at = 0
    while at + 8 <= len(data):
        length, flags, _, index = struct.unpack_from("=HBBi", data, at)
        if length < 8:
            return
        yield _hop(attributes(data[at + 8 : at + length]), index, flags)
        at += (length + 3) & ~3


def _hop(has: Attributes, interface: int, flags: int) -> Hop:
    """RTA_VIA carries an address of the other family behind two bytes."""
    address = has.get(5) or has.get(18, b"")[2:]
    return Hop(ip_address(address) if address else None, interface or None, bool(flags & (_DEAD | _LINKDOWN)))


def _neigh(body: bytes, has: Attributes, gone: bool) -> BridgeEntry | None:
    family, index = struct.unpack_from("=Bxxxi", body)
    if family != _AF_BRIDGE or 1 not in has or 2 not in has:
        return None
    return BridgeEntry(index, has[2].hex(":"), ip_address(has[1]), gone)


def _nexthop(body: bytes, has: Attributes, gone: bool) -> NextHopObject | None:
    flags = struct.unpack_from("=4xI", body)[0]
    members = tuple(struct.unpack_from("=I", has[2], at)[0] for at in range(0, len(has[2]), 8)) if 2 in has else ()
    address = has.get(6)
    hop = None
    if 5 in has or address:
        dead = bool(flags & (_DEAD | _LINKDOWN))
        hop = Hop(ip_address(address) if address else None, _number(has.get(5)) or None, dead)
    return NextHopObject(_number(has.get(1)), hop, members, gone)


_GONE = (DELLINK, DELROUTE, DELNEIGH, DELNEXTHOP)
_READERS = {"link": _link, "route": _route, "neigh": _neigh, "nexthop": _nexthop}
