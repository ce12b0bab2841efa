"""Where an address of a host stands in the fabric: its VRF, segment and leafs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base.net import Address
from rtmctl.fabric.types import Attachment, Fabric, Flow, Host
from rtmctl.intent.schema.flows import LEAK
from rtmctl.model.types import Action, DeviceModel, FilterRule


@dataclass(frozen=True, slots=True)
class Place:
    """One address of one host. `segment` None: a routed host's own or service address."""

    host: str
    address: Address
    tenant: str
    segment: str | None
    gateway: Address | None
    leafs: tuple[str, ...]
    managed: bool

    @property
    def version(self) -> int:
        return self.address.version


def places(fabric: Fabric, host: Host) -> tuple[Place, ...]:
    """All addresses of a host; the first of each IP version is the one it speaks from beyond its own segments."""
    leafs = tuple(sorted({cable.leaf for cable in host.links}))

    def place(address: Address, tenant: str, segment: str | None, gateway: Address | None) -> Place:
        return Place(host.name, address, tenant, segment, gateway, leafs, host.managed)

    found = [place(a.interface.ip, fabric.segment(a.segment).tenant, a.segment, a.gateway) for a in host.addresses]
    if host.attachment is Attachment.ROUTED:
        if host.loopback is not None:
            found.append(place(host.loopback, host.tenant, None, None))
        found += [place(s.ip, host.tenant, None, None) for s in host.services]
    return tuple(found)


def primary(fabric: Fabric, host: Host, version: int) -> Place | None:
    return next((p for p in places(fabric, host) if p.version == version), None)


def between(fabric: Fabric, source: Host, destination: Host, version: int) -> tuple[Place, Place] | None:
    """The addresses two hosts use with each other: those of a common segment, else their first ones."""
    ours = [p for p in places(fabric, source) if p.version == version]
    theirs = [p for p in places(fabric, destination) if p.version == version]
    for a in ours:
        for b in theirs:
            if a.segment is not None and a.segment == b.segment:
                return a, b
    return (ours[0], theirs[0]) if ours and theirs else None


@dataclass(frozen=True, slots=True)
class Packet:
    source: Address
    destination: Address
    protocol: str
    """icmp, tcp, udp"""
    source_port: int = 0
    destination_port: int = 0

    def reply(self) -> "Packet":
        return Packet(self.destination, self.source, self.protocol, self.destination_port, self.source_port)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether the models let a packet and its answer pass. None: not ours to say, for the reason given."""

    passes: bool | None
    reason: str
    stopped_by: tuple[str, ...] = ()
    """the leafs of which each one has to stop it, should it come by"""
    arrives: bool = True
    """the packet itself does; what is stopped is its answer"""


def ruling(
    fabric: Fabric, models: Mapping[str, DeviceModel], source: Place, destination: Place, packet: Packet
) -> Ruling:
    """Both directions, since the gateway filters are stateless."""
    if source.segment is not None and source.segment == destination.segment:
        return Ruling(True, f"both in segment {source.segment}, which no filter sees")
    if source.tenant != destination.tenant:
        via = _meeting_point(fabric.flows, source, destination)
        if via is not None:
            way = "is leaked between VRFs, which is not tested" if via == LEAK else f"passes through {via}, not ours"
            return Ruling(None, way)
        why = f"tenants {source.tenant} and {destination.tenant} have no meeting point"
        return Ruling(False, why, source.leafs, arrives=False)
    for place, going in ((source, packet), (destination, packet.reply())):
        stop = _stopped(models, place, going)
        if stop is not None:
            return Ruling(False, stop, place.leafs, arrives=place is destination)
    return Ruling(True, f"tenant {source.tenant} routes it")


def _meeting_point(flows: tuple[Flow, ...], a: Place, b: Place) -> str | None:
    pair = {a.segment, b.segment}
    return next((f.via for f in flows if f.via is not None and {f.source, f.to} == pair), None)


def _stopped(models: Mapping[str, DeviceModel], place: Place, packet: Packet) -> str | None:
    """The first filter of the segment's gateways that denies the packet, for an operator; None when all let it pass."""
    for leaf in place.leafs:
        for gateway in models[leaf].filters:
            if gateway.segment != place.segment:
                continue
            rule = next((r for r in gateway.rules if _matches(r, packet)), None)
            if rule is not None and rule.action is Action.DENY:
                return f"the gateway filter of {gateway.segment} on {leaf} denies {packet.protocol}" + (
                    f" ({rule.comment})" if rule.comment else ""
                )
    return None


def _matches(rule: FilterRule, packet: Packet) -> bool:
    return (
        rule.protocol in ("any", packet.protocol)
        and packet.source in rule.source
        and packet.destination in rule.destination
        and (not rule.source_ports or packet.source_port in rule.source_ports)
        and (not rule.destination_ports or packet.destination_port in rule.destination_ports)
    )
