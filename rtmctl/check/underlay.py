"""What policies between switches let through: every loopback and VTEP, and nothing else; up, down, never down and up.

A leaf gives only its own; whoever stands below another switch hands nothing up that it learnt there (no valley,
RFC 7938 §5.2.1). Everybody honours GRACEFUL_SHUTDOWN and the drained send it (RFC 8326 §4).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from rtmctl.base import Finding
from rtmctl.base.net import Network
from rtmctl.check.devices import own_prefixes
from rtmctl.check.drains import drain_is_honoured, drain_is_sent
from rtmctl.check.prefixes import DEFAULT_ROUTES, covers, first_beside, half
from rtmctl.fabric.types import Device, Fabric, Role
from rtmctl.model.routes import Route, RoutePolicies, Sorted
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, Family, Neighbor, NeighborFamily

LEVEL: Mapping[Role, int] = {Role.LEAF: 0, Role.BORDER: 0, Role.SPINE: 1, Role.SUPER_SPINE: 2}
_VERSION = {Family.IPV4: 4, Family.IPV6: 6}
_BELOW = (1,)
"""path of a route from a routed host or a leaf: no switch above has this AS number"""


def underlay_is_whole_and_tight(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    known = _Known(fabric, RoutePolicies(models))
    for device in fabric.devices:
        model = models.get(device.name)
        for bgp in model.bgp if model is not None else ():
            for neighbor in bgp.neighbors if bgp.vrf == DEFAULT_VRF else ():
                if neighbor.remote_device not in known.own:
                    continue
                far = fabric.device(neighbor.remote_device)
                session = _Session(known, device, far, neighbor, bgp.asn == neighbor.remote_asn)
                for family in neighbor.families:
                    yield from session.overlay(family) if family.family is Family.EVPN else session.unicast(family)
                    yield from session.drains(family, drained=models[device.name].drained)


class _Known:
    """What is the same for all sessions, and what a policy lets pass of it: asked once for all policies alike."""

    def __init__(self, fabric: Fabric, policies: RoutePolicies) -> None:
        self.policies = policies
        self.own = {d.name: frozenset(own_prefixes(d)) for d in fabric.devices}
        everything = frozenset(prefix for prefixes in self.own.values() for prefix in prefixes)
        self.carried = {v: frozenset(p for p in everything if p.version == v) for v in (4, 6)}
        self.strangers = {v: frozenset(p for p in _strangers(fabric) if p.version == v) for v in (4, 6)}
        subnets = (subnet.network for segment in fabric.segments for subnet in segment.subnets)
        self.overlay_probe: frozenset[Network] = frozenset({next(subnets, IPv4Network("198.51.100.0/24"))})


def _strangers(fabric: Fabric) -> Iterable[Network]:
    """What must stay out of the underlay: default routes, whole pools, addresses beside them, tenants' subnets."""
    pools: list[Network] = [p for p in (fabric.loopback_pool, fabric.vtep_pool, fabric.loopback6_pool) if p is not None]
    beside = [first_beside(pool) for pool in pools if pool.prefixlen]
    outside = [single for single in beside if not any(covers(pool, single) for pool in pools)]
    subnets = [subnet.network for segment in fabric.segments for subnet in segment.subnets]
    return (*DEFAULT_ROUTES, *pools, *(half(pool) for pool in pools if pool.prefixlen < 31), *outside, *subnets)


@dataclass(frozen=True, slots=True)
class _Session:
    known: _Known
    device: Device
    far: Device
    neighbor: Neighbor
    internal: bool
    """iBGP"""
    name: str = field(init=False)
    up: bool = field(init=False)
    """the far device stands above"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.device.name} {self.neighbor.name}")
        object.__setattr__(self, "up", LEVEL[self.far.role] > LEVEL[self.device.role])

    def unicast(self, family: NeighborFamily) -> Iterator[Finding]:
        version = _VERSION[family.family]
        carried, strangers = self.known.carried[version], self.known.strangers[version]
        own, far = self.known.own[self.device.name], self.known.own[self.far.name]
        gives, takes = family.export_policy, family.import_policy
        yield from self._lost("does not take", self._sort(takes, carried, _BELOW).stopped - own)
        yield from self._lost("does not give", self._sort(gives, carried, ()).stopped & own)
        below = self._sort(gives, carried, _BELOW)
        if LEVEL[self.device.role] == 0:
            yield from self._leaks("gives, as a leaf,", below.passed - own)
        else:
            yield from self._lost("does not give", below.stopped - own - far)
        if self.up:
            yield from self._leaks("gives back up", self._sort(gives, carried, (self.far.asn,)).passed - own)
        yield from self._leaks("gives", self._sort(gives, strangers, ()).passed)
        yield from self._leaks("takes", self._sort(takes, strangers, _BELOW).passed)

    def overlay(self, family: NeighborFamily) -> Iterator[Finding]:
        probe, gives, takes = self.known.overlay_probe, family.export_policy, family.import_policy
        yield from self._lost("does not take EVPN routes such as", self._sort(takes, probe, _BELOW).stopped)
        for path in ((), _BELOW):
            yield from self._lost("does not give EVPN routes such as", self._sort(gives, probe, path).stopped)
        if self.up and not self.internal:
            above = self._sort(gives, probe, (self.far.asn, *_BELOW))
            yield from self._leaks("gives back up EVPN routes such as", above.passed)

    def drains(self, family: NeighborFamily, *, drained: bool) -> Iterator[Finding]:
        version = _VERSION.get(family.family, 4)
        own = next((p for p in self.known.own[self.device.name] if p.version == version), None)
        far = next((p for p in self.known.own[self.far.name] if p.version == version), None)
        if own is not None and not (self.internal and family.export_policy is None):
            given = self._through(family.export_policy, Route(own))
            yield from drain_is_sent(self.name, given, drained=drained, prepends=not self.internal)
        if far is not None:
            yield from drain_is_honoured(self.name, lambda route: self._through(family.import_policy, route), far)

    def _through(self, policy: str | None, route: Route) -> Route | None:
        """RFC 8212: without a policy an eBGP session passes nothing; an iBGP one passes all."""
        if policy is None and self.internal:
            return route
        return self.known.policies.apply(self.device.name, policy, route)

    def _sort(self, policy: str | None, prefixes: frozenset[Network], path: tuple[int, ...]) -> Sorted:
        if policy is None and self.internal:
            return Sorted(prefixes, frozenset())
        return self.known.policies.sort_out(self.device.name, policy, prefixes, path)

    def _lost(self, what: str, prefixes: Iterable[Network]) -> Iterator[Finding]:
        for prefix in sorted(prefixes, key=str):
            yield Finding("route-lost", f"{self.name} {what} {prefix}")

    def _leaks(self, what: str, prefixes: Iterable[Network]) -> Iterator[Finding]:
        for prefix in sorted(prefixes, key=str):
            yield Finding("route-leak", f"{self.name} {what} {prefix}")
