"""Pools as numbered slots, and the slot an identity would like to have."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Protocol

from rtmctl.base.net import Address, Network
from rtmctl.intent.schema.pools import bounds


class Pool(Protocol):
    """`size` slots, each with its value as text."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def value(self, slot: int) -> str: ...
    def slot(self, value: str) -> int | None:
        """The slot of a value; None when it is not of this pool."""
        ...

    @property
    def usable(self) -> int:
        """Slots that can be given out."""
        ...

    @property
    def reserved(self) -> frozenset[str]:
        """Values that are never given out."""
        ...

    def describe(self) -> str: ...

    def can_be(self, value: str) -> bool:
        """Whether it is a value of this kind at all, in this or a wider pool, in the spelling that `value` gives."""
        ...


def preferred_slot(kind: str, identity: str, size: int) -> int:
    """Where the search for a free slot begins: the same on every branch and machine."""
    digest = hashlib.sha256(f"{kind} {identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % size


@dataclass(frozen=True, slots=True)
class AddressPool:
    """Single addresses of a network, without `skip_first` and `skip_last` ones at its ends."""

    name: str
    network: Network
    skip_first: int = 1
    skip_last: int = 1
    reserved: frozenset[str] = frozenset()
    """never given out: gateways; they count as taken, not as outside"""
    limit: int = 1 << 16
    """so that addresses of an IPv6 /64 stay short"""

    @property
    def size(self) -> int:
        return max(0, min(self.network.num_addresses - self.skip_first - self.skip_last, self.limit))

    @property
    def usable(self) -> int:
        return self.size - sum(
            1 for value in self.reserved if (slot := self.slot(value)) is not None and slot < self.size
        )

    def value(self, slot: int) -> str:
        return str(self.network.network_address + self.skip_first + slot)

    def slot(self, value: str) -> int | None:
        address = _address(value)
        if address is None or address.version != self.network.version or str(address) != value:
            return None
        slot = int(address) - int(self.network.network_address) - self.skip_first
        # an explicit address above the limit is still one of the pool
        last = self.network.num_addresses - self.skip_first - self.skip_last
        return slot if 0 <= slot < last else None

    def describe(self) -> str:
        return str(self.network)

    def can_be(self, value: str) -> bool:
        address = _address(value)
        return address is not None and address.version == self.network.version and str(address) == value


@dataclass(frozen=True, slots=True)
class SubnetPool:
    """Subnets of one length: the /31 of a numbered link (RFC 3021)."""

    name: str
    network: Network
    length: int = 31
    reserved: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        return 1 << max(0, self.length - self.network.prefixlen) if self.network.prefixlen <= self.length else 0

    @property
    def usable(self) -> int:
        return self.size

    def value(self, slot: int) -> str:
        step = 1 << (self.network.max_prefixlen - self.length)
        return f"{self.network.network_address + slot * step}/{self.length}"

    def slot(self, value: str) -> int | None:
        if not self.can_be(value):
            return None
        offset = int(ip_network(value).network_address) - int(self.network.network_address)
        slot = offset >> (self.network.max_prefixlen - self.length)
        return slot if 0 <= slot < self.size else None

    def describe(self) -> str:
        return str(self.network)

    def can_be(self, value: str) -> bool:
        try:
            subnet = ip_network(value)
        except ValueError:
            return False
        return (subnet.version, subnet.prefixlen) == (self.network.version, self.length) and str(subnet) == value


@dataclass(frozen=True, slots=True)
class RangePool:
    """Numbers, both ends included."""

    name: str
    first: int
    last: int
    reserved: frozenset[str] = frozenset()
    """never given out: numbers that somebody else has"""

    @classmethod
    def parse(cls, name: str, text: str, reserved: Iterable[int] = ()) -> "RangePool":
        """`text` as in the site: first-last."""
        return cls(name, *bounds(text), frozenset(map(str, reserved)))

    @property
    def size(self) -> int:
        return max(0, self.last - self.first + 1)

    @property
    def usable(self) -> int:
        return self.size - sum(1 for value in self.reserved if self.slot(value) is not None)

    def value(self, slot: int) -> str:
        return str(self.first + slot)

    def slot(self, value: str) -> int | None:
        if not self.can_be(value):
            return None
        slot = int(value) - self.first
        return slot if 0 <= slot < self.size else None

    def describe(self) -> str:
        return f"{self.first}-{self.last}"

    def can_be(self, value: str) -> bool:
        return value.isascii() and value.isdecimal() and str(int(value[:20])) == value


@dataclass(frozen=True, slots=True)
class NamePool:
    """A few names: the ports of a switch, the leafs of a rack."""

    name: str
    names: tuple[str, ...]
    reserved: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        return len(self.names)

    @property
    def usable(self) -> int:
        return self.size

    def value(self, slot: int) -> str:
        return self.names[slot]

    def slot(self, value: str) -> int | None:
        return self.names.index(value) if value in self.names else None

    def describe(self) -> str:
        return f"{self.names[0]}-{self.names[-1]}" if self.names else "(none)"

    def can_be(self, value: str) -> bool:
        return bool(value)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
