"""Events of many switches as one story: who saw what, when, and who was done last. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rtmctl.base.net import Address
from rtmctl.device.events import (
    BfdEvent,
    BgpEvent,
    DaemonEvent,
    Event,
    LinkEvent,
    Moment,
    RouteEvent,
    VtepEvent,
)
from rtmctl.device.frr.tables import FLOOD
from rtmctl.device.state import NextHop
from rtmctl.model.types import DEFAULT_VRF, DeviceModel

TOGETHER_MS = 20.0
"""like events of one switch with no longer pauses between them are one moment"""


@dataclass(frozen=True, slots=True)
class Names:
    """What is at the far end, so that a timeline speaks of switches instead of ports."""

    ports: Mapping[tuple[str, str], str]
    """(device, port) to the device or host there"""
    addresses: Mapping[Address, str]
    """VTEPs and loopbacks to their device"""

    @classmethod
    def of(cls, models: Mapping[str, DeviceModel]) -> "Names":
        ports = {(d, p.name): p.peer_device for d, m in models.items() for p in m.ports if p.peer_device}
        addresses: dict[Address, str] = {}
        for device, model in models.items():
            for address in (*(a.ip for loopback in model.loopbacks for a in loopback.addresses), model.vtep):
                if address is not None:
                    addresses[address] = device
        return cls(ports, addresses)

    def port(self, device: str, port: str) -> str:
        """'swp49 to spine1'."""
        far = self.ports.get((device, port))
        return f"{port} to {far}" if far else port

    def peer(self, device: str, peer: str) -> str:
        """Of a session, by its interface or address."""
        return self.ports.get((device, peer), peer)

    def hop(self, device: str, hop: NextHop) -> str:
        if hop.address is not None and hop.address in self.addresses:
            return self.addresses[hop.address]
        if hop.interface and (device, hop.interface) in self.ports:
            return self.ports[device, hop.interface]
        return str(hop.address or hop.interface)


@dataclass(frozen=True, slots=True)
class Phases:
    """When one switch did what; ms since the fault began, None: not at all."""

    device: str
    detected_ms: float | None
    detected_by: str
    """'link', 'bfd', 'bgp', 'daemon'; '' when nothing was detected here, or routes were told it by others"""
    first_withdrawal_ms: float | None
    """the first route without a next hop that it had"""
    last_next_hop_ms: float | None
    """the last route or VTEP that changed"""


def phases(events: Iterable[Event], from_ns: int, until_ns: int | None = None) -> tuple[Phases, ...]:
    """Of every switch that something happened on between the fault and its end."""
    by_device: dict[str, list[Event]] = {}
    for event in events:
        if event.at_ns >= from_ns and (until_ns is None or event.at_ns < until_ns):
            by_device.setdefault(event.device, []).append(event)
    return tuple(_phases(device, seen, from_ns) for device, seen in sorted(by_device.items()))


def _phases(device: str, seen: Sequence[Event], from_ns: int) -> Phases:
    def ms(event: Event | None) -> float | None:
        return None if event is None else (event.at_ns - from_ns) / 1e6

    detected = next((event for event in seen if _is_bad(event)), None)
    withdrawn = next((e for e in seen if isinstance(e, RouteEvent) and set(e.before) - set(e.after)), None)
    changed = [event for event in seen if isinstance(event, RouteEvent | VtepEvent)]
    return Phases(
        device,
        ms(detected),
        _KINDS[type(detected)] if detected is not None else "",
        ms(withdrawn),
        ms(changed[-1] if changed else None),
    )


def _is_bad(event: Event) -> bool:
    match event:
        case LinkEvent():
            return not event.carrier
        case BfdEvent() | BgpEvent():
            return not event.up
        case DaemonEvent():
            return not event.running
        case _:
            return False


_KINDS: dict[type[Event], str] = {
    LinkEvent: "link",
    BfdEvent: "bfd",
    BgpEvent: "bgp",
    DaemonEvent: "daemon",
    RouteEvent: "route",
    VtepEvent: "vtep",
}


@dataclass(slots=True)
class _Group:
    first_ms: float
    last_ms: float
    device: str
    kind: str
    verb: str
    subjects: list[str]

    def moment(self) -> Moment:
        many = f"{len(self.subjects)} {_MANY[self.kind]}" if self.kind in _MANY else "; ".join(self.subjects)
        text = self.verb.format(self.subjects[0] if len(self.subjects) == 1 else many)
        if self.last_ms - self.first_ms >= 1:
            text += f", within {self.last_ms - self.first_ms:.0f} ms"
        return Moment(self.first_ms, self.device, self.kind, text)


_MANY = {"route": "routes", "vtep": "MAC addresses"}


def timeline(events: Iterable[Event], zero_ns: int, names: Names) -> tuple[Moment, ...]:
    """Moments in order, relative to `zero_ns`; what a switch does alike to many routes is one, with their count."""
    groups: list[_Group] = []
    latest: dict[tuple[str, str, str], _Group] = {}
    for event in sorted(events, key=lambda e: e.at_ns):
        at_ms = (event.at_ns - zero_ns) / 1e6
        verb, subject = _said(event, names)
        kind = _KINDS[type(event)]
        group = latest.get((event.device, kind, verb))
        if group is not None and kind in _MANY and at_ms - group.last_ms <= TOGETHER_MS:
            group.last_ms = at_ms
            if subject not in group.subjects:
                group.subjects.append(subject)
            continue
        group = latest[event.device, kind, verb] = _Group(at_ms, at_ms, event.device, kind, verb, [subject])
        groups.append(group)
    return tuple(group.moment() for group in sorted(groups, key=lambda g: g.first_ms))


def _said(event: Event, names: Names) -> tuple[str, str]:
    """What was done, with {} for what it was done to."""
    device = event.device
    match event:
        case LinkEvent():
            verb = "has carrier on {}" if event.carrier else "lost carrier on {}" if event.admin_up else "{} is down"
            said = verb, names.port(device, event.interface)
        case BfdEvent():
            said = _session("BFD", event), names.peer(device, event.peer)
        case BgpEvent():
            said = _session("BGP", event), names.peer(device, event.peer) + _in(event.vrf)
        case DaemonEvent():
            said = "{} runs" if event.running else "{} ended", event.daemon
        case RouteEvent():
            said = _routed(event, names), f"{event.prefix}{_in(event.vrf)}"
        case VtepEvent():
            said = _sent(event, names)
    return said


def _session(protocol: str, event: BfdEvent | BgpEvent) -> str:
    return f"{protocol} up to {{}}" if event.up else f"{protocol} down to {{}}" + _because(event.reason)


def _routed(event: RouteEvent, names: Names) -> str:
    before = list(dict.fromkeys(names.hop(event.device, hop) for hop in event.before))
    after = list(dict.fromkeys(names.hop(event.device, hop) for hop in event.after))
    if not after:
        return f"withdrew {{}} via {_list(before)}"
    if not before:
        return f"next hop of {{}}: {_list(after)}"
    lost = [hop for hop in before if hop not in after]
    return f"next hop of {{}}: {_list(after)}" + (f", no longer {_list(lost)}" if lost else "")


def _sent(event: VtepEvent, names: Names) -> tuple[str, str]:
    before = [names.addresses.get(a, str(a)) for a in event.before]
    after = [names.addresses.get(a, str(a)) for a in event.after]
    if event.mac == FLOOD:
        return f"floods {{}} to {_list(after) or 'nobody'}, before to {_list(before) or 'nobody'}", event.interface
    if not after:
        return f"forgot {{}} behind {_list(before)}", event.mac
    return f"sends {{}} to {_list(after)}" + (f", no longer to {_list(before)}" if before else ""), event.mac


def _list(words: Sequence[str]) -> str:
    return ", ".join(words)


def _in(vrf: str) -> str:
    return "" if vrf == DEFAULT_VRF else f" in {vrf}"


def _because(reason: str) -> str:
    return f" ({reason.replace('{', '').replace('}', '')})" if reason else ""
