"""Isolation: what one gateway lets out the other lets back, and VRFs share nothing but what a flow leaks."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.fabric.types import Fabric
from rtmctl.intent.schema.flows import LEAK
from rtmctl.model.types import Action, DeviceModel, FilterRule, GatewayFilter


def both_directions(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    """Filters are stateless: each permit needs its mirror at the gateways of the other segment."""
    filters: dict[str, GatewayFilter] = {}
    for name in sorted(models):
        for found in models[name].filters:
            first = filters.setdefault(found.segment, found)
            if first.rules != found.rules:
                yield Finding("filter-mismatch", f"segment {found.segment} is filtered differently on {name}")
    owner = {subnet.network: segment.name for segment in fabric.segments for subnet in segment.subnets}
    for found in filters.values():
        for rule in found.rules:
            other = filters.get(owner.get(rule.destination, ""))
            if rule.action is Action.PERMIT and other is not None and _mirror(rule) not in map(_key, other.rules):
                yield Finding(
                    "filter-mismatch",
                    f"segment {found.segment} lets out {rule.comment or rule.protocol} to {other.segment}, "
                    "which does not let it back",
                )


_Key = tuple[object, ...]


def _key(rule: FilterRule) -> _Key:
    return (rule.action, rule.source, rule.destination, rule.protocol, rule.source_ports, rule.destination_ports)


def _mirror(rule: FilterRule) -> _Key:
    return (rule.action, rule.destination, rule.source, rule.protocol, rule.destination_ports, rule.source_ports)


def vrfs_are_apart(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    """No route target serves two VRFs, and a VRF leaks only from one that a flow names."""
    targets: dict[str, str] = {}
    wanted = {
        pair
        for flow in fabric.flows
        if flow.via == LEAK
        for a, b in [(fabric.segment(flow.source).tenant, fabric.segment(flow.to).tenant)]
        for pair in ((a, b), (b, a))
    }
    met: set[tuple[str, str]] = set()
    for name in sorted(models):
        for vrf in models[name].vrfs:
            owner = targets.setdefault(vrf.route_target, vrf.name)
            if owner != vrf.name:
                yield Finding("vrf-not-isolated", f"{name}: VRFs {owner} and {vrf.name} share {vrf.route_target}")
            for leak in vrf.leaks:
                met.add((vrf.name, leak.vrf))
                if (vrf.name, leak.vrf) not in wanted:
                    yield Finding("vrf-not-isolated", f"{name}: {vrf.name} leaks from {leak.vrf}, no flow asks for it")
    for into, source in sorted(wanted - met):
        if into < source:
            yield Finding(
                "no-meeting-point",
                f"no leaf has both VRFs {into} and {source}: a route leak between them has no place to happen",
                hint="let a rack carry a segment of each",
            )
