"""What the fabric predicts of forwarding: underlay next hops, prefixes each device originates, members of a VNI.

Pure. Underlay paths follow eBGP on a Clos (RFC 7938 §5.2): shortest AS path, never down and up again (valley-free),
drained devices (GRACEFUL_SHUTDOWN, RFC 8326) only when nothing else is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base.net import Address, Network
from rtmctl.fabric.types import Fabric, Role
from rtmctl.model.routes import Route, evaluate
from rtmctl.model.types import (
    DEFAULT_VRF,
    BgpInstance,
    DeviceModel,
    PortKind,
)

TIER = {Role.LEAF: 0, Role.BORDER: 0, Role.SPINE: 1, Role.SUPER_SPINE: 2}


@dataclass(frozen=True, slots=True)
class Reach:
    """How one device reaches another over the underlay."""

    hops: int
    shut: bool
    """only over a drained device, or towards one"""
    ports: frozenset[str]
    """of equal cost"""
    neighbors: frozenset[str]


Underlay = Mapping[tuple[str, str], Reach]
"""(device, destination device) to how it is reached; unreachable pairs (two spines of one AS) are absent"""


def drained(models: Mapping[str, DeviceModel]) -> frozenset[str]:
    return frozenset(name for name, model in models.items() if model.drained)


def underlay(fabric: Fabric, shut: frozenset[str]) -> Underlay:
    """Equal-cost next hops between all pairs of devices. `shut`: the drained ones."""
    tier = {d.name: TIER[d.role] for d in fabric.devices}
    asn = {d.name: d.asn for d in fabric.devices}
    links: dict[str, list[tuple[str, str]]] = {d.name: [] for d in fabric.devices}
    for link in fabric.links:
        links[link.a.device].append((link.a.port, link.b.device))
        links[link.b.device].append((link.b.port, link.a.device))
    upward = sorted(tier, key=lambda name: tier[name])
    result: dict[tuple[str, str], Reach] = {}
    for destination in sorted(tier):
        known: dict[str, Reach] = {destination: Reach(0, destination in shut, frozenset(), frozenset())}
        for going_up in (True, False):
            for name in upward if going_up else reversed(upward):
                if name == destination or (asn[name] == asn[destination] and tier[name] == tier[destination]):
                    continue
                near = [(p, far) for p, far in links[name] if (tier[far] < tier[name]) is going_up and far in known]
                best = _best(near, known, shut)
                if best is not None and (name not in known or _key(best) < _key(known[name])):
                    known[name] = best
        result.update({(name, destination): reach for name, reach in known.items() if name != destination})
    return result


def _key(reach: Reach) -> tuple[bool, int]:
    return (reach.shut, reach.hops)


def _best(near: list[tuple[str, str]], known: Mapping[str, Reach], shut: frozenset[str]) -> Reach | None:
    offers = [((known[far].shut or far in shut, known[far].hops + 1), port, far) for port, far in near]
    if not offers:
        return None
    key = min(offer[0] for offer in offers)
    best = [(port, far) for offer, port, far in offers if offer == key]
    return Reach(key[1], key[0], frozenset(p for p, _ in best), frozenset(far for _, far in best))


def instance(model: DeviceModel, vrf: str) -> BgpInstance | None:
    return next((b for b in model.bgp if b.vrf == vrf), None)


def connected(model: DeviceModel, vrf: str) -> dict[Network, str]:
    """Networks on the device's own interfaces in a VRF, each with the interface's name."""
    found: dict[Network, str] = {}
    for loopback in model.loopbacks:
        if loopback.vrf == vrf:
            found.update({a.network: loopback.name for a in loopback.addresses})
    for port in model.ports:
        if port.vrf == vrf and port.kind is not PortKind.MANAGEMENT:
            found.update({a.network: port.name for a in port.addresses})
    for svi in model.svis:
        if svi.vrf == vrf:
            found.update({a.network: svi.name for a in svi.addresses})
    return found


def originated(model: DeviceModel, vrf: str) -> frozenset[Network]:
    """Prefixes the device itself brings into BGP in a VRF: its networks, and what redistribution lets through."""
    bgp = instance(model, vrf)
    if bgp is None:
        return frozenset()
    prefixes = set(bgp.networks)
    if bgp.redistribute_connected is not None:
        policy = next((p for p in model.policies if p.name == bgp.redistribute_connected), None)
        lists = {p.name: p for p in model.prefix_lists}
        for network, interface in connected(model, vrf).items():
            route = Route(network, interface=interface)
            if policy is None or evaluate(policy, lists, route, model.asn) is not None:
                prefixes.add(network)
    return frozenset(prefixes)


def l2_members(models: Mapping[str, DeviceModel]) -> dict[int, dict[str, Address]]:
    """L2 VNI to the devices that carry it and their VTEPs."""
    members: dict[int, dict[str, Address]] = {}
    for name, model in models.items():
        if model.vtep is None:
            continue
        for vlan in model.vlans:
            if vlan.vni is not None and vlan.vni not in l3_vnis(model):
                members.setdefault(vlan.vni, {})[name] = model.vtep
    return members


def l3_vnis(model: DeviceModel) -> dict[int, str]:
    """L3 VNI to its VRF."""
    return {vrf.l3vni: vrf.name for vrf in model.vrfs}


def best_origins(
    device: str, origins: frozenset[str], reach: Underlay, shut: frozenset[str], *, by_hops: bool
) -> frozenset[str]:
    """Of the devices that originate a prefix, those that `device` forwards to: not drained first, then nearest.

    `by_hops` False: iBGP overlay, whose AS paths do not count the way.
    """
    keys = {
        o: (o in shut or reach[device, o].shut, reach[device, o].hops if by_hops else 0)
        for o in origins
        if (device, o) in reach
    }
    if not keys:
        return frozenset()
    best = min(keys.values())
    return frozenset(o for o, key in keys.items() if key == best)


def default_prefixes(model: DeviceModel) -> frozenset[Network]:
    return originated(model, DEFAULT_VRF)
