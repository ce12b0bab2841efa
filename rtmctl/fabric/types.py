"""The Fabric: frozen data between the intent and everything that follows from it.

All collections are sorted by name (links by identity), so that equal sites give equal fabrics.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Network
from typing import TypeVar

from rtmctl.base.net import Address, Interface, Network
from rtmctl.intent.schema.fabric import BridgeForm, Overlay, Underlay
from rtmctl.intent.schema.flows import Protocol
from rtmctl.intent.schema.hosts import Attachment
from rtmctl.intent.schema.switches import Role

__all__ = [
    "Attachment",
    "BridgeForm",
    "Device",
    "Endpoint",
    "External",
    "Fabric",
    "Flow",
    "Host",
    "HostAddress",
    "HostLink",
    "Link",
    "Overlay",
    "Protocol",
    "Role",
    "Segment",
    "Subnet",
    "Tenant",
    "Timers",
    "Underlay",
]


@dataclass(frozen=True, slots=True)
class Device:
    """A switch with everything the site decides about it as a whole."""

    name: str
    role: Role
    pod: str
    rack: str | None
    platform: str
    model: str
    asn: int
    loopback: IPv4Address
    """router id, BGP identifier, source of multihop sessions"""
    loopback6: IPv6Address | None
    vtep: IPv4Address | None
    """None on spines"""
    management: IPv4Interface
    pair: str | None
    """the other leaf of the rack: never changed together with this one"""
    vrf_loopbacks: tuple[tuple[str, IPv4Address], ...]
    """(tenant, address): unique per leaf and VRF"""
    route_distinguishers: tuple[tuple[str, int], ...]
    """(VRF or segment name prefixed `vrf:` / `segment:`, index): RD = loopback:index (RFC 4364 §4.2, type 1)"""
    host_ports: int = 48
    fabric_ports: int = 8


@dataclass(frozen=True, slots=True)
class Endpoint:
    device: str
    port: str
    address: IPv4Interface | None
    """None on an unnumbered link"""


@dataclass(frozen=True, slots=True)
class Link:
    """A cable between two switches; `a` is the upper one (spine side)."""

    identity: str
    """'spine1:leaf3'"""
    a: Endpoint
    b: Endpoint

    def end(self, device: str) -> Endpoint:
        """The end on `device`.

        Raises:
            KeyError: the link does not touch the device.
        """
        for endpoint in (self.a, self.b):
            if endpoint.device == device:
                return endpoint
        raise KeyError(device)

    def far(self, device: str) -> Endpoint:
        """The end that is not on `device`."""
        return self.b if self.a.device == device else self.a


@dataclass(frozen=True, slots=True)
class Tenant:
    name: str
    vni: int
    """L3 VNI"""
    vlan: int
    """transit VLAN of the L3 VNI"""
    route_target: str
    filtered: bool
    """only listed flows pass between its segments"""


@dataclass(frozen=True, slots=True)
class Subnet:
    network: Network
    gateway: Interface


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    tenant: str
    vlan: int
    vni: int
    route_target: str
    subnets: tuple[Subnet, ...]
    leafs: tuple[str, ...]
    """the leafs that carry it"""
    dhcp_relay: tuple[Address, ...]
    router_advertisements: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class HostLink:
    """A cable between a leaf and a host."""

    leaf: str
    port: str
    nic: str
    """eth0, eth1 …"""
    leaf_address: IPv4Interface | None
    """routed hosts on a numbered port; None: unnumbered or bridged"""
    host_address: IPv4Interface | None


@dataclass(frozen=True, slots=True)
class HostAddress:
    segment: str
    interface: Interface
    gateway: Address


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    rack: str
    role: str
    attachment: Attachment
    tenant: str
    untagged: str | None
    """segment name"""
    tagged: tuple[str, ...]
    links: tuple[HostLink, ...]
    addresses: tuple[HostAddress, ...]
    services: tuple[Interface, ...]
    asn: int | None
    loopback: IPv4Address | None
    """routed: router id, announced"""
    managed: bool
    systemd: bool
    management: Address | None = None
    """where it is logged in to; in a lab the lab's own"""


@dataclass(frozen=True, slots=True)
class External:
    name: str
    border: str
    port: str
    tenant: str
    asn: int
    local: Interface
    peer: Interface
    accept: tuple[Network, ...]
    announce: tuple[Network, ...]
    prefix_limit: int
    password: str | None
    """secret reference"""
    firewall: bool = False
    """flows between VRFs may meet here"""


@dataclass(frozen=True, slots=True)
class Flow:
    source: str
    to: str
    """segment names"""
    protocol: Protocol
    ports: tuple[int, ...]
    via: str | None


@dataclass(frozen=True, slots=True)
class Timers:
    bfd_interval_ms: int | None
    bfd_multiplier: int
    keepalive_s: int
    hold_s: int
    connect_s: int
    advertisement_interval_s: int


@dataclass(frozen=True, slots=True)
class Fabric:
    name: str
    underlay: Underlay
    overlay: Overlay
    bridge: BridgeForm
    host_mtu: int
    fabric_mtu: int
    anycast_mac: str
    timers: Timers
    devices: tuple[Device, ...]
    links: tuple[Link, ...]
    tenants: tuple[Tenant, ...]
    segments: tuple[Segment, ...]
    hosts: tuple[Host, ...]
    externals: tuple[External, ...]
    flows: tuple[Flow, ...]
    loopback_pool: IPv4Network
    vtep_pool: IPv4Network
    loopback6_pool: IPv6Network | None = None
    overlay_asn: int = 65000
    """the one AS of all iBGP overlay sessions (overlay ibgp-rr)"""
    allow_shared_as: bool = False
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index.of(self))

    def device(self, name: str) -> Device:
        """Raises KeyError with the name when there is none."""
        return self._index.devices[name]

    def vrf_loopback6(self, loopback: IPv4Address) -> IPv6Address:
        """The IPv6 twin of a leaf's loopback in a VRF: it needs no allocation of its own.

        In a unique local /96 (RFC 4193 §3.2.2) made from the site's name; the IPv4 address is its last 32 bits.
        """
        site = hashlib.sha256(f"rtmctl vrf loopback {self.name}".encode()).digest()[:5]
        return IPv6Address(b"\xfd" + site + bytes(6) + loopback.packed)

    def links_of(self, device: str) -> tuple[Link, ...]:
        return self._index.links.get(device, ())

    def host(self, name: str) -> Host:
        """Raises KeyError with the name when there is none."""
        return self._index.hosts[name]

    def hosts_of(self, leaf: str) -> tuple[Host, ...]:
        """Hosts with a cable to the leaf, each once."""
        return self._index.hosts_of.get(leaf, ())

    def segment(self, name: str) -> Segment:
        """Raises KeyError with the name when there is none."""
        return self._index.segments[name]

    def segments_of(self, leaf: str) -> tuple[Segment, ...]:
        return self._index.segments_of.get(leaf, ())

    def tenant(self, name: str) -> Tenant:
        """Raises KeyError with the name when there is none."""
        return self._index.tenants[name]

    def shares_as(self, leaf: Device) -> bool:
        """Whether another leaf has the same AS."""
        return self._index.leafs_by_asn.get(leaf.asn, 0) > 1

    def externals_of(self, border: str) -> tuple[External, ...]:
        return self._index.externals_of.get(border, ())


_Item = TypeVar("_Item")


def _group(pairs: Iterable[tuple[str, _Item]]) -> dict[str, tuple[_Item, ...]]:
    groups: dict[str, list[_Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return {key: tuple(items) for key, items in groups.items()}


@dataclass(frozen=True, slots=True)
class _Index:
    """Lookups by name, so that a fabric of a thousand switches stays linear."""

    devices: Mapping[str, Device]
    links: Mapping[str, tuple[Link, ...]]
    hosts: Mapping[str, Host]
    hosts_of: Mapping[str, tuple[Host, ...]]
    segments: Mapping[str, Segment]
    segments_of: Mapping[str, tuple[Segment, ...]]
    tenants: Mapping[str, Tenant]
    externals_of: Mapping[str, tuple[External, ...]]
    leafs_by_asn: Mapping[int, int]

    @classmethod
    def of(cls, fabric: Fabric) -> _Index:
        return cls(
            devices={d.name: d for d in fabric.devices},
            links=_group((end.device, link) for link in fabric.links for end in (link.a, link.b)),
            hosts={h.name: h for h in fabric.hosts},
            hosts_of=_group((leaf, h) for h in fabric.hosts for leaf in sorted({cable.leaf for cable in h.links})),
            segments={s.name: s for s in fabric.segments},
            segments_of=_group((leaf, s) for s in fabric.segments for leaf in s.leafs),
            tenants={t.name: t for t in fabric.tenants},
            externals_of=_group((e.border, e) for e in fabric.externals),
            leafs_by_asn=Counter(d.asn for d in fabric.devices if d.vtep is not None),
        )
