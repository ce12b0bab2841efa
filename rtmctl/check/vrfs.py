"""Tenants' VRFs: L3 VNI and targets, what they announce, and that they share only what a flow leaks."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from rtmctl.base import Finding
from rtmctl.base.net import Network
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.check.prefixes import DEFAULT_ROUTES, half
from rtmctl.fabric.types import Device, Fabric
from rtmctl.intent.schema.flows import LEAK
from rtmctl.model.routes import Route, RoutePolicies
from rtmctl.model.types import DeviceModel, Vrf


def vrfs_are_the_tenants(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    policies = RoutePolicies(models)
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        wanted = dict(device.vrf_loopbacks)
        seen = {vrf.name: vrf for vrf in model.vrfs}
        yield from unmatched(device.name, "VRF", wanted, seen)
        for name in matched(wanted, seen):
            yield from _vrf(fabric, device, seen[name])
            yield from _announced(fabric, device, model, name, policies)


def _vrf(fabric: Fabric, device: Device, vrf: Vrf) -> Iterator[Finding]:
    where, tenant = f"{device.name} VRF {vrf.name}", fabric.tenant(vrf.name)
    yield from differs(where, "L3 VNI", tenant.vni, vrf.l3vni)
    yield from differs(where, "transit VLAN", tenant.vlan, vrf.l3vlan)
    yield from differs(where, "route target", tenant.route_target, vrf.route_target)
    index = dict(device.route_distinguishers)[f"vrf:{vrf.name}"]
    yield from differs(where, "route distinguisher", f"{device.loopback}:{index}", vrf.rd)


def _announced(
    fabric: Fabric, device: Device, model: DeviceModel, name: str, policies: RoutePolicies
) -> Iterator[Finding]:
    """The subnets here and the leaf's own loopback, found where it should stand; no transfer network, no default."""
    where = f"{device.name} VRF {name}"
    own = ip_interface(dict(device.vrf_loopbacks)[name])
    held = [i for loopback in model.loopbacks if loopback.vrf == name for i in loopback.addresses]
    named = {loopback.name for loopback in model.loopbacks if loopback.vrf == name}
    yield from differs(where, "interface of its loopback", {name}, named)
    instance = next((bgp for bgp in model.bgp if bgp.vrf == name), None)
    if instance is None:
        return
    versions = {4} | ({6} if len(instance.advertise_to_evpn) > 1 else set())
    yield from differs(where, "loopback", own, next((i for i in held if i.version == 4), None))
    derived = {ip_interface(fabric.vrf_loopback6(dict(device.vrf_loopbacks)[name]))} if 6 in versions else set()
    yield from differs(where, "IPv6 loopback", derived, {i for i in held if i.version == 6})
    subnets = {s.network for seg in fabric.segments_of(device.name) if seg.tenant == name for s in seg.subnets}
    others = {s.network for seg in fabric.segments for s in seg.subnets} - subnets
    transfer = {i.network for port in model.ports if port.vrf == name for i in port.addresses}
    for prefix in (*subnets, *(i.network for i in held)):
        if policies.apply(device.name, instance.redistribute_connected, Route(prefix)) != Route(prefix):
            yield Finding("route-lost", f"{where} does not announce {prefix}")
    for prefix in (*others, *transfer, *DEFAULT_ROUTES, *(half(subnet) for subnet in subnets)):
        if policies.apply(device.name, instance.redistribute_connected, Route(prefix)) is not None:
            yield Finding("route-leak", f"{where} announces {prefix}")


def vrfs_are_apart(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    """No route target serves two VRFs, and a VRF takes from another what a flow between them needs, no more."""
    wanted = _leaked(fabric)
    policies = RoutePolicies(models)
    targets: dict[str, str] = {}
    met: set[tuple[str, str]] = set()
    for name in sorted(models):
        here = {vrf.name for vrf in models[name].vrfs}
        for vrf in models[name].vrfs:
            owner = targets.setdefault(vrf.route_target, vrf.name)
            if owner != vrf.name:
                yield Finding("vrf-not-isolated", f"{name}: VRFs {owner} and {vrf.name} share {vrf.route_target}")
            taken = {leak.vrf: leak.policy for leak in vrf.leaks}
            for source in taken:
                if (vrf.name, source) not in wanted:
                    yield Finding("vrf-not-isolated", f"{name}: {vrf.name} leaks from {source}, no flow asks for it")
            for (into, source), networks in wanted.items():
                if into == vrf.name and source in here:
                    met.add((into, source))
                    yield from _leak(fabric, name, (into, source), taken.get(source), networks, policies)
    for into, source in sorted(wanted.keys() - met):
        if into < source:
            yield Finding(
                "no-meeting-point",
                f"no leaf has both VRFs {into} and {source}: a route leak between them has no place to happen",
                hint="let a rack carry a segment of each",
            )


def _leaked(fabric: Fabric) -> dict[tuple[str, str], set[Network]]:
    """(VRF that takes, VRF that gives): the subnets that flows `via: leak` need there."""
    found: dict[tuple[str, str], set[Network]] = {}
    for flow in fabric.flows:
        if flow.via == LEAK:
            a, b = fabric.segment(flow.source), fabric.segment(flow.to)
            for into, source in ((a, b), (b, a)):
                networks = found.setdefault((into.tenant, source.tenant), set())
                networks.update(subnet.network for subnet in source.subnets)
    return found


def _leak(
    fabric: Fabric,
    device: str,
    pair: tuple[str, str],
    policy: str | None,
    wanted: set[Network],
    policies: RoutePolicies,
) -> Iterator[Finding]:
    into, source = pair
    all_of_source = {s.network for seg in fabric.segments if seg.tenant == source for s in seg.subnets}
    for prefix in wanted:
        if policies.apply(device, policy, Route(prefix)) != Route(prefix):
            yield Finding("route-lost", f"{device}: VRF {into} does not take {prefix} from {source}, a flow needs it")
    for prefix in (*(all_of_source - wanted), *DEFAULT_ROUTES, *map(half, wanted)):
        if policies.apply(device, policy, Route(prefix)) is not None:
            yield Finding("vrf-not-isolated", f"{device}: {into} takes {prefix} from {source}, no flow asks for it")
