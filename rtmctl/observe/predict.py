"""What the models predict: routes of every VRF, and the path from one host to another. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from rtmctl.base import Exit, PermanentError
from rtmctl.base.net import Address, Network
from rtmctl.fabric.types import Attachment, Fabric, Host, Overlay
from rtmctl.model.types import DeviceModel, Family
from rtmctl.observe.expect import Underlay, best_origins, connected, drained, instance, originated, underlay
from rtmctl.observe.places import Packet, Place, places, ruling


@dataclass(frozen=True, slots=True)
class VrfRoute:
    """A route one device must have in a tenant's VRF."""

    vrf: str
    prefix: Network
    origins: frozenset[str]
    """devices or hosts it comes from"""
    next_hops: frozenset[str]
    """VTEPs as text; ports when `local`"""
    local: bool


def vrf_routes(
    fabric: Fabric, models: Mapping[str, DeviceModel], reach: Underlay, shut: frozenset[str], *, by_hops: bool
) -> dict[str, tuple[VrfRoute, ...]]:
    """Routes of every tenant VRF beyond the connected ones: other leafs' subnets and loopbacks, routed hosts.

    `by_hops`: AS path length decides between origins (an eBGP overlay).
    """
    origins, ports = _origins(fabric, models)
    routes: dict[str, tuple[VrfRoute, ...]] = {}
    for name, model in models.items():
        found = []
        for vrf in sorted(v.name for v in model.vrfs):
            own = connected(model, vrf)
            for prefix, devices in sorted(origins.get(vrf, {}).items(), key=str):
                if prefix in own:
                    continue
                local = ports.get((name, vrf, prefix))
                if local:
                    found.append(VrfRoute(vrf, prefix, frozenset({name}), frozenset(local), local=True))
                    continue
                best = best_origins(name, frozenset(devices), reach, shut, by_hops=by_hops)
                vteps = frozenset(str(models[d].vtep) for d in best)
                if vteps:
                    found.append(VrfRoute(vrf, prefix, best, vteps, local=False))
        routes[name] = tuple(found)
    return routes


def _origins(
    fabric: Fabric, models: Mapping[str, DeviceModel]
) -> tuple[dict[str, dict[Network, set[str]]], dict[tuple[str, str, Network], set[str]]]:
    """(VRF to prefix to the devices that bring it into EVPN, (device, VRF, prefix) to the host ports it is behind)."""
    origins: defaultdict[str, defaultdict[Network, set[str]]] = defaultdict(lambda: defaultdict(set))
    ports: defaultdict[tuple[str, str, Network], set[str]] = defaultdict(set)
    versions: dict[tuple[str, str], set[int]] = {}
    for name, model in models.items():
        for vrf in model.vrfs:
            bgp = instance(model, vrf.name)
            families = bgp.advertise_to_evpn if bgp is not None else ()
            versions[name, vrf.name] = {4 if f is Family.IPV4 else 6 for f in families}
            for prefix in originated(model, vrf.name):
                if prefix.version in versions[name, vrf.name]:
                    origins[vrf.name][prefix].add(name)
    for host in fabric.hosts:
        for cable in host.links if host.attachment is Attachment.ROUTED else ():
            for prefix in host_prefixes(host):
                ports[cable.leaf, host.tenant, prefix].add(cable.port)
                if prefix.version in versions.get((cable.leaf, host.tenant), set()):
                    origins[host.tenant][prefix].add(cable.leaf)
    return {vrf: dict(found) for vrf, found in origins.items()}, dict(ports)


def host_prefixes(host: Host) -> tuple[Network, ...]:
    """What a routed host announces: its loopback and its service addresses, as host routes."""
    own = (ip_network(host.loopback),) if host.loopback is not None else ()
    return (*own, *(s.network for s in host.services))


@dataclass(frozen=True, slots=True)
class Stage:
    """Devices of which any one may carry the packet, with the ports it may leave by."""

    devices: tuple[str, ...]
    ports: tuple[tuple[str, str], ...]
    """(device, port)"""


@dataclass(frozen=True, slots=True)
class Prediction:
    source: Place
    destination: Place
    forwarding: str
    """bridged on one leaf, bridged over VNI n, routed on one leaf, routed over VNI n, or dropped"""
    vni: int | None
    vtep_source: tuple[Address, ...]
    vtep_destination: tuple[Address, ...]
    stages: tuple[Stage, ...]
    passes: bool | None
    reason: str


def find_places(fabric: Fabric, name: str) -> tuple[Place, ...]:
    """The places of a host by its name, or of the host that has the address `name`.

    Raises:
        PermanentError: no such host or address; the nearest names are listed.
    """
    for host in fabric.hosts:
        found = places(fabric, host)
        if host.name == name:
            return found
        exact = tuple(p for p in found if str(p.address) == name)
        if exact:
            return exact
    known = ", ".join(h.name for h in fabric.hosts[:12])
    raise PermanentError(
        f"no host or host address {name!r} in the site", hint=f"hosts: {known or 'none'}", exit=Exit.USAGE
    )


def predict(
    fabric: Fabric,
    models: Mapping[str, DeviceModel],
    source: str,
    destination: str,
    *,
    protocol: str = "icmp",
    port: int = 0,
    source_port: int = 49152,
) -> Prediction:
    """The way of a packet from one host to another, by name or address.

    Raises:
        PermanentError: an unknown host, or no common IP version.
    """
    a, b = _common(fabric, source, destination)
    judged = ruling(fabric, models, a, b, Packet(a.address, b.address, protocol, source_port, port))
    if judged.passes is False:
        return Prediction(a, b, "dropped", None, (), (), (), passes=False, reason=judged.reason)
    shut = drained(models)
    reach = underlay(fabric, shut)
    same_segment = a.segment is not None and a.segment == b.segment
    by_hops = fabric.overlay is not Overlay.IBGP_RR
    live = frozenset(b.leafs) - shut or frozenset(b.leafs)
    entry = frozenset(a.leafs) - shut or frozenset(a.leafs)
    local = entry & live
    ports = _host_ports(fabric, b)
    way = "bridged" if same_segment else "routed"
    if local == entry:
        stage = Stage(tuple(sorted(local)), tuple((d, p) for d, p in ports if d in local))
        return Prediction(a, b, f"{way} on one leaf", None, (), (), (stage,), judged.passes, judged.reason)
    exits: frozenset[str] = frozenset()
    for leaf in entry:
        if leaf in live:
            exits |= {leaf}
        else:
            exits |= best_origins(leaf, live, reach, shut, by_hops=by_hops)
    vni = fabric.segment(a.segment).vni if same_segment and a.segment else fabric.tenant(a.tenant).vni
    stages = (*_stages(entry, exits, reach), Stage(tuple(sorted(exits)), tuple((d, p) for d, p in ports if d in exits)))
    vteps = [tuple(v for d in sorted(side) if (v := models[d].vtep) is not None) for side in (entry, exits)]
    return Prediction(a, b, f"{way} over VNI {vni}", vni, vteps[0], vteps[1], stages, judged.passes, judged.reason)


def _common(fabric: Fabric, source: str, destination: str) -> tuple[Place, Place]:
    ours, theirs = find_places(fabric, source), find_places(fabric, destination)
    for a in ours:  # an address of a common segment first: that is what the host's own route picks
        for b in theirs:
            if a.segment is not None and a.segment == b.segment and a.version == b.version:
                return a, b
    for b in theirs:
        for a in ours:
            if a.version == b.version:
                return a, b
    raise PermanentError(f"{source} and {destination} have no IP version in common")


def _host_ports(fabric: Fabric, place: Place) -> tuple[tuple[str, str], ...]:
    return tuple((cable.leaf, cable.port) for cable in fabric.host(place.host).links)


def _stages(entry: frozenset[str], exits: frozenset[str], reach: Underlay) -> tuple[Stage, ...]:
    stages = []
    here = entry
    while here - exits:
        ports: set[tuple[str, str]] = set()
        onward: set[str] = set()
        for device in here - exits:
            for target in exits:
                way = reach.get((device, target))
                if way is not None and device not in exits:
                    ports |= {(device, port) for port in way.ports}
                    onward |= way.neighbors
        stages.append(Stage(tuple(sorted(here - exits)), tuple(sorted(ports))))
        if not onward:
            break
        here = frozenset(onward)
    return tuple(stages)


__all__ = ["Prediction", "Stage", "VrfRoute", "find_places", "predict", "vrf_routes"]
