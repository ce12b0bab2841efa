"""Does the kernel forward as the fabric predicts? Its next hops, not the routing daemon's view of them.

After a link flap the kernel's next-hop group can lose a member while the daemon still shows it.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_network

from rtmctl.base import Severity
from rtmctl.base.net import Network
from rtmctl.device.state import Route
from rtmctl.fabric.types import Overlay
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, PortKind
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ends import ends_of
from rtmctl.observe.expect import Underlay, connected, default_prefixes, drained, instance, underlay
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.predict import VrfRoute, vrf_routes
from rtmctl.observe.seen import local_hosts, routes_by_prefix
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    ledger = Ledger(CHECK.name)
    shut = drained(reading.models)
    reach = underlay(reading.fabric, shut)
    by_hops = reading.fabric.overlay is not Overlay.IBGP_RR
    predicted = vrf_routes(reading.fabric, reading.models, reach, shut, by_hops=by_hops)
    hosts = _hosts_seen(reading)
    for model, state in reading.pairs():
        table = routes_by_prefix(state)
        _underlay(ledger, reading, model, table, reach)
        _connected(ledger, model, table)
        for route in predicted.get(model.hostname, ()):
            _vrf_route(ledger, model, table, route)
        _host_routes(ledger, reading, model, table, hosts)
        _by_hand(ledger, model, table)
    return ledger.outcome()


def _underlay(
    ledger: Ledger,
    reading: Reading,
    model: DeviceModel,
    table: Mapping[tuple[str, Network], Route],
    reach: Underlay,
) -> None:
    bgp = instance(model, DEFAULT_VRF)
    limit = bgp.maximum_paths if bgp is not None else 1
    for name, far in sorted(reading.models.items()):
        way = reach.get((model.hostname, name))
        if name == model.hostname or way is None:
            continue
        for prefix in sorted(default_prefixes(far), key=str):
            subject = f"route {prefix} ({name})"
            route = table.get((DEFAULT_VRF, prefix))
            about = {name, *ends_of(model, way.ports)}
            if route is None or route.discards:
                ledger.wrong(model.hostname, subject, f"via {listed(way.ports)}", _seen(route, _where), about=about)
                continue
            ports = frozenset(h.interface or "" for h in route.next_hops)
            right = ports == way.ports if len(way.ports) <= limit else ports < way.ports and len(ports) == limit
            ledger.expect(
                right,
                model.hostname,
                subject,
                f"via {listed(way.ports)}",
                _seen(route, _where),
                hint=_hint(way.ports, ports),
                about={name, *ends_of(model, way.ports - ports)},
            )


def _hint(wanted: frozenset[str], seen: frozenset[str]) -> str:
    if seen < wanted:
        return f"{listed(wanted - seen)} takes no share; is its session established and its far end not drained?"
    return ""


def _connected(ledger: Ledger, model: DeviceModel, table: Mapping[tuple[str, Network], Route]) -> None:
    for vrf in model.vrfs:
        for network, interface in sorted(connected(model, vrf.name).items(), key=str):
            if network.prefixlen == network.max_prefixlen:
                continue  # the kernel keeps host addresses in its local table
            route = table.get((vrf.name, network))
            right = route is not None and interface in {h.interface for h in route.next_hops}
            subject = f"route {network} in VRF {vrf.name}"
            ledger.expect(right, model.hostname, subject, f"on {interface}", _seen(route, _where))


def _vrf_route(
    ledger: Ledger, model: DeviceModel, table: Mapping[tuple[str, Network], Route], wanted: VrfRoute
) -> None:
    bgp = instance(model, wanted.vrf)
    limit = bgp.maximum_paths if bgp is not None else 1
    route = table.get((wanted.vrf, wanted.prefix))
    subject = f"route {wanted.prefix} in VRF {wanted.vrf} (from {listed(wanted.origins)})"
    by = _where if wanted.local else _vteps
    hops = frozenset(by(route)) if route is not None else frozenset()
    right = bool(hops) and (hops == wanted.next_hops if len(wanted.next_hops) <= limit else hops < wanted.next_hops)
    about = wanted.origins | (ends_of(model, wanted.next_hops) if wanted.local else frozenset())
    ledger.expect(right, model.hostname, subject, f"via {listed(wanted.next_hops)}", _seen(route, by), about=about)


def _seen(route: Route | None, by: Callable[[Route], set[str]]) -> str:
    """What the kernel does with a prefix; `by` names the next hops."""
    if route is None:
        return "no route in the kernel"
    return f"a route of type {route.discards}" if route.discards else f"via {listed(by(route))}"


def _where(route: Route) -> set[str]:
    return {h.interface or str(h.address) for h in route.next_hops}


def _vteps(route: Route) -> set[str]:
    """A VTEP next hop of an IPv6 route is shown v4-mapped (RFC 4291 §2.5.5.2)."""
    found = set()
    for hop in route.next_hops:
        mapped = getattr(hop.address, "ipv4_mapped", None)
        found.add(str(mapped or hop.address or hop.interface))
    return found


def _hosts_seen(reading: Reading) -> dict[str, dict[tuple[str, Network], str]]:
    """Device to the host routes of the hosts on its ports: (VRF, /32 or /128) to MAC."""
    return {
        model.hostname: {(vrf, ip_network(address)): mac for (vrf, address), mac in local_hosts(model, state).items()}
        for model, state in reading.pairs()
    }


def _host_routes(
    ledger: Ledger,
    reading: Reading,
    model: DeviceModel,
    table: Mapping[tuple[str, Network], Route],
    hosts: Mapping[str, Mapping[tuple[str, Network], str]],
) -> None:
    """Symmetric IRB (RFC 9135 §4): a host seen by one leaf is a host route to its VTEP on the VRF's other leafs."""
    vrfs = {v.name for v in model.vrfs}
    for name, seen in sorted(hosts.items()):
        vtep = reading.models[name].vtep
        if name == model.hostname or vtep is None:
            continue
        for vrf, prefix in sorted(seen, key=str):
            if vrf not in vrfs or (vrf, prefix) in hosts.get(model.hostname, {}):
                continue
            route = table.get((vrf, prefix))
            right = route is not None and str(vtep) in _vteps(route)
            subject = f"host route {prefix} in VRF {vrf} ({name})"
            ledger.expect(right, model.hostname, subject, f"via {vtep}", _seen(route, _vteps), about=[name])


def _by_hand(ledger: Ledger, model: DeviceModel, table: Mapping[tuple[str, Network], Route]) -> None:
    """Routes that no routing protocol made: a host behind one is lost although all that is expected is there.

    The last resort of a VRF, ifupdown2's `unreachable default`, is no such route.
    """
    ours = {vrf.name for vrf in model.vrfs} | {DEFAULT_VRF}
    management = {p.name for p in model.ports if p.kind is PortKind.MANAGEMENT} | {"eth0"}
    for (vrf, prefix), route in sorted(table.items(), key=str):
        by_hand = route.protocol in ("boot", "static") and not management & _where(route)
        if vrf not in ours or not prefix.prefixlen or not (route.discards or by_hand):
            continue
        if ledger.names(model.hostname, f"route {prefix} "):
            continue
        ledger.wrong(
            model.hostname,
            f"route {prefix} in VRF {vrf}",
            "made by a protocol",
            _seen(route, _where) + " made by hand" * by_hand,
            severity=Severity.ERROR if route.discards else Severity.WARNING,
            hint="remove it on the device with `ip route del`, in that VRF",
        )


CHECK = Check("routes", "Kernel routes and next hops", run)
