"""Prefixes that proofs ask policies about: those that must pass, and the ones beside them that must not."""

from ipaddress import IPv4Network, IPv6Network

from rtmctl.base.net import Network

DEFAULT_ROUTES: tuple[Network, ...] = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


def half(prefix: Network) -> Network:
    """The first of its two halves; a single address is its own."""
    return _network(int(prefix.network_address), min(prefix.prefixlen + 1, prefix.max_prefixlen), prefix.version)


def wider(prefix: Network) -> Network:
    """The prefix one bit shorter; the default route is its own."""
    return prefix.supernet() if prefix.prefixlen else prefix


def first_beside(prefix: Network) -> Network:
    """The first single address of the prefix's sibling: what a list lets in that is one bit too short."""
    sibling = int(prefix.network_address) ^ (1 << (prefix.max_prefixlen - prefix.prefixlen))
    return _network(sibling, prefix.max_prefixlen, prefix.version)


def covers(prefix: Network, other: Network) -> bool:
    """Whether `other` lies in `prefix`; prefixes of two IP versions never do."""
    if prefix.version != other.version or prefix.prefixlen > other.prefixlen:
        return False
    host_bits = prefix.max_prefixlen - prefix.prefixlen
    return int(prefix.network_address) >> host_bits == int(other.network_address) >> host_bits


def _network(address: int, length: int, version: int) -> Network:
    return IPv4Network((address, length)) if version == 4 else IPv6Network((address, length))
