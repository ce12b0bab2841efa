"""Who may speak with whom: hosts and external peers as ends of flows, and what the site allows between them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from rtmctl.base.net import Network
from rtmctl.fabric.types import Attachment, External, Fabric, Flow, Host
from rtmctl.intent.schema.flows import LEAK

Cables = tuple[tuple[str, str], ...]
"""(leaf, port) of each"""
__all__ = ["Cables", "End", "Matrix", "Passage", "Zone", "Zones", "ends"]


@dataclass(frozen=True, slots=True)
class Zone:
    """Where an end stands. `segment` None: behind BGP, a routed host or an external; no filter names its addresses."""

    tenant: str
    segment: str | None
    versions: frozenset[int]
    """IP versions it speaks there"""


Zones = tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class End:
    name: str
    zones: Zones
    cables: Cables
    outside: bool = False
    """external peers that stand in for each other; never ours, so that no pair has two of them"""


def ends(fabric: Fabric) -> tuple[End, ...]:
    """Every host with a cable, then every way out of the site."""
    return (*(_host(fabric, host) for host in fabric.hosts if host.links), *_outside(fabric))


def _host(fabric: Fabric, host: Host) -> End:
    cables = tuple((cable.leaf, cable.port) for cable in host.links)
    if host.attachment is Attachment.ROUTED:
        versions = frozenset({4}) if host.loopback is not None else frozenset()
        return End(host.name, (Zone(host.tenant, None, versions | {s.version for s in host.services}),), cables)
    names = dict.fromkeys((*((host.untagged,) if host.untagged else ()), *host.tagged))
    return End(host.name, tuple(_zone(fabric, name) for name in names), cables)


def _zone(fabric: Fabric, name: str) -> Zone:
    segment = fabric.segment(name)
    return Zone(segment.tenant, name, frozenset(subnet.network.version for subnet in segment.subnets))


def _outside(fabric: Fabric) -> Iterator[End]:
    """Externals that bring a tenant the same prefix are one end with several cables: each is there for the others."""
    bringing: dict[tuple[str, int, Network], list[External]] = {}
    for external in fabric.externals:
        version = external.peer.version
        accepted = [n for n in external.accept if n.version == version] or list(external.accept)
        for network in accepted:
            bringing.setdefault((external.tenant, version, network), []).append(external)
    found: dict[tuple[str, Cables], tuple[set[str], set[int]]] = {}
    for (tenant, _, _), externals in bringing.items():
        cables = tuple(sorted({(e.border, e.port) for e in externals}))
        names, versions = found.setdefault((tenant, cables), (set(), set()))
        names.update(e.name for e in externals)
        versions.update(e.peer.version for e in externals)
    for (tenant, cables), (names, versions) in sorted(found.items()):
        yield End(", ".join(sorted(names)), (Zone(tenant, None, frozenset(versions)),), cables, outside=True)


class Passage(Enum):
    """How two zones meet."""

    CLOSED = "closed"
    FABRIC = "fabric"
    """within a VRF, or by a route leak"""
    FIREWALL = "firewall"
    """out at a border of the one tenant and in at one of the other"""


class Matrix:
    """The flow matrix between zones, in either direction: a pair counts when one of its ends may call the other."""

    def __init__(self, fabric: Fabric) -> None:
        self._filtered = {tenant.name: tenant.filtered for tenant in fabric.tenants}
        self._flows: dict[frozenset[str], Flow] = {frozenset({f.source, f.to}): f for f in fabric.flows}
        self._fabric = fabric
        self._known: dict[tuple[Zones, Zones], Passage] = {}

    def between(self, one: Zones, other: Zones) -> Passage:
        """The shortest passage between any two of their zones."""
        if (one, other) not in self._known:
            self._known[one, other] = self._between(one, other)
        return self._known[one, other]

    def _between(self, one: Zones, other: Zones) -> Passage:
        found = {self._passage(a, b) for a in one for b in other if a.versions & b.versions}
        return next((p for p in (Passage.FABRIC, Passage.FIREWALL) if p in found), Passage.CLOSED)

    def legs(self, one: Zones, other: Zones) -> tuple[Cables, Cables]:
        """The border ports at which a flow through a firewall leaves the first tenant and enters the second."""
        for a in one:
            for b in other:
                if self._passage(a, b) is Passage.FIREWALL:
                    via = self._flow(a, b).via
                    return self._ports(a.tenant, via), self._ports(b.tenant, via)
        return (), ()

    def _ports(self, tenant: str, via: str | None) -> Cables:
        """Of the firewall named, where it has a leg in the tenant; else of every firewall that has."""
        mine = [e for e in self._fabric.externals if e.firewall and e.tenant == tenant]
        named = [e for e in mine if e.name == via]
        return tuple((e.border, e.port) for e in named or mine)

    def _flow(self, a: Zone, b: Zone) -> Flow:
        return self._flows[frozenset({a.segment or "", b.segment or ""})]

    def _passage(self, a: Zone, b: Zone) -> Passage:
        named = a.segment is not None and b.segment is not None
        listed = self._flows.get(frozenset({a.segment or "", b.segment or ""})) if named else None
        if a.tenant == b.tenant:
            open_ = not named or a.segment == b.segment or not self._filtered[a.tenant] or listed is not None
            return Passage.FABRIC if open_ else Passage.CLOSED
        if listed is None:
            return Passage.CLOSED
        return Passage.FABRIC if listed.via == LEAK else Passage.FIREWALL
