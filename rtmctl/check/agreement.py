"""Whether devices agree with one another, whatever the site says: what must hold between the waves of a change too.

A proof that compares a device with the site tells of a device that has not changed yet only that it is old.
"""

from collections.abc import Callable, Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.links import ends_agree
from rtmctl.check.names import references_resolve
from rtmctl.check.paths import survives_single_failure
from rtmctl.check.sessions import sessions_agree
from rtmctl.check.unique import nothing_twice
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import Action, DeviceModel, FilterRule, GatewayFilter


def leafs_agree(_fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    """A segment and a VRF have one VNI, one route target and one gateway on every leaf that carries them."""
    first: dict[tuple[str, str], tuple[str, object]] = {}
    for name in sorted(models):
        for what, subject, value in _shared(models[name]):
            holder, seen = first.setdefault((what, subject), (name, value))
            if seen != value:
                yield Finding(
                    "overlay-mismatch", f"{subject} has {what} {_text(value)} on {name}, {_text(seen)} on {holder}"
                )


def filters_answer(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    """Filters are stateless: what a gateway lets out, every gateway of the other segment must let back."""
    owner = {subnet.network: segment.name for segment in fabric.segments for subnet in segment.subnets}
    gateways: dict[tuple[str, str], dict[frozenset[_Key], str]] = {}
    lets_out: dict[FilterRule, tuple[str, GatewayFilter]] = {}
    for name in sorted(models):
        for found in models[name].filters:
            permits = [rule for rule in found.rules if rule.action is Action.PERMIT]
            gateways.setdefault((found.vrf, found.segment), {}).setdefault(frozenset(map(_key, permits)), name)
            for rule in permits:
                lets_out.setdefault(rule, (name, found))
    for rule, (name, found) in lets_out.items():
        segment = owner.get(rule.destination, "")
        for (_, other), rules in gateways.items():
            for permits_back, holder in rules.items() if other == segment else ():
                if _mirror(rule) not in permits_back:
                    flow = rule.comment or rule.protocol
                    yield Finding(
                        "filter-mismatch",
                        f"{found.segment} to {other} ({flow}) passes on {name}, its way back not on {holder}",
                    )


Proof = Callable[[Fabric, Mapping[str, DeviceModel]], Iterator[Finding]]

AGREEMENTS: tuple[Proof, ...] = (
    nothing_twice,
    ends_agree,
    sessions_agree,
    references_resolve,
    leafs_agree,
    filters_answer,
    survives_single_failure,
)

_Key = tuple[object, ...]


def _shared(model: DeviceModel) -> Iterator[tuple[str, str, object]]:
    names = {vlan.vid: vlan.name for vlan in model.vlans}
    targets = {one.vni: one.route_target for one in model.mac_vrfs}
    for vlan in model.vlans:
        if vlan.vni is not None:
            yield "VNI", f"VLAN {vlan.name}", vlan.vni
        if vlan.vni in targets:
            yield "route target", f"VLAN {vlan.name}", targets[vlan.vni]
    for vrf in model.vrfs:
        yield "L3 VNI", f"VRF {vrf.name}", vrf.l3vni
        yield "route target", f"VRF {vrf.name}", vrf.route_target
    for svi in model.svis:
        if svi.anycast_mac is not None:
            subject = f"gateway of VLAN {names.get(svi.vid, svi.vid)}"
            yield "MAC", subject, svi.anycast_mac
            yield "addresses", subject, tuple(str(address) for address in svi.addresses)
            yield "MTU", subject, svi.mtu


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _key(rule: FilterRule) -> _Key:
    return (rule.source, rule.destination, rule.protocol, rule.source_ports, rule.destination_ports)


def _mirror(rule: FilterRule) -> _Key:
    return (rule.destination, rule.source, rule.protocol, rule.destination_ports, rule.source_ports)
