"""DHCPv4 messages on their way through the relay: RFC 2131, RFC 1542 §4, RFC 3046 (option 82), RFC 3527."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import NamedTuple

from .dropped import Dropped

SERVER_PORT, CLIENT_PORT = 67, 68
_REQUEST, _REPLY = 1, 2
_ETHERNET = (1, 6)
"""htype, hlen"""
_COOKIE = b"\x63\x82\x53\x63"
_OPTIONS = 240
"""where they begin"""
_SMALLEST = 300
"""bytes of a BOOTP message (RFC 1542 §2.1); some clients ignore shorter ones"""
_PAD, _END, _AGENT = 0, 255, 82
_CIRCUIT_ID, _LINK_SELECTION = 1, 5
_MAX_HOPS = 16
_BROADCAST_FLAG = 0x8000
_NOWHERE = bytes(4)


class Answer(NamedTuple):
    """A server's reply on its last hop."""

    interface: str
    mac: bytes
    address: IPv4Address
    message: bytes


def to_server(message: bytes, interface: str, link: IPv4Address, source: IPv4Address) -> bytes:
    """A host's request as the servers get it. Raises Dropped.

    Hosts are no relays: one that fills in giaddr or option 82 wants an address of another subnet (RFC 3046 §2.1).
    """
    _check(message, _REQUEST)
    if message[3] >= _MAX_HOPS:
        raise Dropped("too many hops")
    if message[24:28] != _NOWHERE:
        raise Dropped("giaddr from a host")
    options = list(_options(message))
    if any(code == _AGENT for code, _ in options):
        raise Dropped("option 82 from a host")
    agent = _option(_CIRCUIT_ID, interface.encode()) + _option(_LINK_SELECTION, link.packed)
    head = message[:3] + bytes([message[3] + 1]) + message[4:24] + source.packed + message[28:_OPTIONS]
    return _with_options(head, [*options, (_AGENT, agent)])


def to_client(message: bytes, source: IPv4Address) -> Answer:
    """A server's reply as the host gets it: without option 82, which said to which SVI it goes. Raises Dropped.

    To the address that the host is given, by its MAC address, because it answers no ARP for it yet; to all where the
    host or the server wants that (RFC 2131 §4.1).
    """
    _check(message, _REPLY)
    if message[24:28] != source.packed:
        raise Dropped("giaddr is not ours")
    options = list(_options(message))
    agent = b"".join(value for code, value in options if code == _AGENT)
    interface = dict(_tlv(agent)).get(_CIRCUIT_ID)
    if interface is None:
        raise Dropped("no option 82 in the reply")
    kept = _with_options(message[:_OPTIONS], [option for option in options if option[0] != _AGENT])
    flags = int.from_bytes(message[10:12], "big")
    given, has = message[16:20], message[12:16]
    name = interface.decode("utf-8", "replace")
    if flags & _BROADCAST_FLAG or (given == _NOWHERE and has == _NOWHERE):
        return Answer(name, b"\xff" * 6, IPv4Address("255.255.255.255"), kept)
    return Answer(name, message[28:34], IPv4Address(given if given != _NOWHERE else has), kept)


def datagram(source: IPv4Address, answer: Answer) -> bytes:
    """The answer as an IPv4 packet (RFC 791, RFC 768), for a host that has no address yet."""
    length = 8 + len(answer.message)
    addresses = source.packed + answer.address.packed
    udp = struct.pack("!HHHH", SERVER_PORT, CLIENT_PORT, length, 0) + answer.message
    checksum = _checksum(addresses + struct.pack("!BBH", 0, 17, length) + udp) or 0xFFFF
    head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + length, 0, 0, 64, 17, 0)
    head = head[:10] + struct.pack("!H", _checksum(head + addresses)) + addresses
    return head + udp[:6] + struct.pack("!H", checksum) + answer.message


def _check(message: bytes, operation: int) -> None:
    if len(message) < _OPTIONS or message[236:_OPTIONS] != _COOKIE:
        raise Dropped("no DHCP message")
    if message[0] != operation:
        raise Dropped("wrong direction")
    if tuple(message[1:3]) != _ETHERNET:
        raise Dropped("not Ethernet")


def _options(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Those of the options field; what is after its end is filling."""
    at = _OPTIONS
    while at < len(message) and message[at] != _END:
        if message[at] == _PAD:
            at += 1
            continue
        value = message[at + 2 : at + 2 + message[at + 1]] if at + 1 < len(message) else None
        if value is None or len(value) < message[at + 1]:
            raise Dropped("an option is cut off")
        yield message[at], value
        at += 2 + len(value)


def _tlv(agent: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(agent):
        yield agent[at], agent[at + 2 : at + 2 + agent[at + 1]]
        at += 2 + agent[at + 1]


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def _with_options(head: bytes, options: list[tuple[int, bytes]]) -> bytes:
    return (head + b"".join(_option(*option) for option in options) + bytes([_END])).ljust(_SMALLEST, b"\0")


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
