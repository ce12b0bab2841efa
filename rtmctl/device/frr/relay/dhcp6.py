"""DHCPv6 messages on their way through the relay (RFC 8415 §19)."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address
from typing import NamedTuple

from .dropped import Dropped

SERVER_PORT, CLIENT_PORT = 547, 546
ALL_RELAYS_AND_SERVERS = "ff02::1:2"
_FROM_CLIENTS = frozenset({1, 3, 4, 5, 6, 8, 9, 11})
"""Solicit, Request, Confirm, Renew, Rebind, Release, Decline, Information-request"""
_RELAY_FORWARD, _RELAY_REPLY = 12, 13
_RELAY_MESSAGE, _INTERFACE_ID = 9, 18
_OPTIONS = 34
"""where they begin in a relay's message"""


class Answer(NamedTuple):
    interface: str
    address: IPv6Address
    message: bytes


def to_server(message: bytes, interface: str, link: IPv6Address, peer: IPv6Address) -> bytes:
    """A host's message inside a Relay-forward. Raises Dropped; hosts are no relays."""
    if not message or message[0] not in _FROM_CLIENTS:
        raise Dropped("no client's DHCPv6 message")
    head = bytes([_RELAY_FORWARD, 0]) + link.packed + peer.packed
    return head + _option(_INTERFACE_ID, interface.encode()) + _option(_RELAY_MESSAGE, message)


def to_client(message: bytes) -> Answer:
    """What a server's Relay-reply holds, and for whom. Raises Dropped."""
    if len(message) < _OPTIONS or message[0] != _RELAY_REPLY:
        raise Dropped("no Relay-reply")
    options: dict[int, bytes] = {}
    at = _OPTIONS
    while at < len(message):
        if at + 4 > len(message):
            raise Dropped("an option is cut off")
        code, length = struct.unpack_from("!HH", message, at)
        options[code] = message[at + 4 : at + 4 + length]
        if len(options[code]) < length:
            raise Dropped("an option is cut off")
        at += 4 + length
    if _INTERFACE_ID not in options or _RELAY_MESSAGE not in options:
        raise Dropped("no interface or no message in the reply")
    name = options[_INTERFACE_ID].decode("utf-8", "replace")
    return Answer(name, IPv6Address(message[18:34]), options[_RELAY_MESSAGE])


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("!HH", code, len(value)) + value
