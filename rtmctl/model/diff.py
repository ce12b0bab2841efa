"""What changes between two models of one device, in an operator's terms: objects, sessions that reset, whom it touches.

Pure; `net plan` prints it and decides by it what must be drained first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from rtmctl.model.resets import SessionReset, session_resets
from rtmctl.model.types import BgpInstance, DeviceModel, Neighbor, PortKind


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One object that differs. `what` names its kind (port, vlan, session …), `name` the object."""

    kind: ChangeKind
    what: str
    name: str
    details: tuple[str, ...] = ()
    """changed: 'mtu 1500 → 9000', one a property"""

    def __str__(self) -> str:
        text = f"{self.what} {self.name} {self.kind}"
        return f"{text}: {', '.join(self.details)}" if self.details else text


@dataclass(frozen=True, slots=True)
class ModelDiff:
    device: str
    changes: tuple[Change, ...]
    resets: tuple[SessionReset, ...]
    hosts: tuple[str, ...]
    """hosts whose port, VLAN, VRF, session or filter the change touches"""
    segments: tuple[str, ...]
    """segments whose VLAN, gateway, VNI or filter it touches"""
    whole_device: bool
    """the device's own addresses, VTEP, AS or bridge change: everything through it is touched"""

    def __bool__(self) -> bool:
        return bool(self.changes)


class _Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


_Item = TypeVar("_Item", bound=_Record)

_WHOLE = ("asn", "router_id", "vtep", "bridge", "platform", "hardware", "role")


def diff_models(old: DeviceModel | None, new: DeviceModel | None) -> ModelDiff:
    """From `old` (None: a factory-fresh device) to `new` (None: the device leaves).

    Raises:
        ValueError: both are None, or they are models of different devices.
    """
    model = new or old
    if model is None or (old is not None and new is not None and old.hostname != new.hostname):
        raise ValueError("two models of one device are needed")
    models = (old, new)
    changes = [
        *_device(old, new),
        *_compare("port", models, lambda m: m.ports, lambda p: p.name),
        *_compare("lag", models, lambda m: m.lags, lambda x: x.name),
        *_compare("loopback", models, lambda m: m.loopbacks, lambda x: x.name),
        *_compare("vlan", models, lambda m: m.vlans, lambda v: str(v.vid)),
        *_compare("interface", models, lambda m: m.svis, lambda s: s.name),
        *_compare("vrf", models, lambda m: m.vrfs, lambda v: v.name),
        *_compare("vni", models, lambda m: m.mac_vrfs, lambda v: str(v.vni)),
        *_bgp(old, new),
        *_compare("bfd profile", models, lambda m: m.bfd_profiles, lambda p: p.name),
        *_compare("prefix list", models, lambda m: m.prefix_lists, lambda x: x.name),
        *_compare("policy", models, lambda m: m.policies, lambda p: p.name),
        *_compare("filter", models, lambda m: m.filters, lambda f: f.segment),
    ]
    hosts, segments = _touched(old, new, changes)
    whole = any(c.what == "device" and any(d.partition(" ")[0] in _WHOLE for d in c.details) for c in changes)
    whole = whole or any(c.what == "loopback" and c.name == "lo" for c in changes)
    return ModelDiff(model.hostname, tuple(changes), session_resets(old, new), hosts, segments, whole)


def _compare(
    what: str,
    models: tuple[DeviceModel | None, DeviceModel | None],
    items: Callable[[DeviceModel], Iterable[_Item]],
    name: Callable[[_Item], str],
    skip: frozenset[str] = frozenset(),
) -> list[Change]:
    before, after = ({name(i): i for i in items(model)} if model is not None else {} for model in models)
    return _mappings(what, before, after, skip)


def _mappings(
    what: str, before: Mapping[str, _Item], after: Mapping[str, _Item], skip: frozenset[str] = frozenset()
) -> list[Change]:
    found = [Change(ChangeKind.REMOVED, what, name) for name in before if name not in after]
    for name, item in after.items():
        if name not in before:
            found.append(Change(ChangeKind.ADDED, what, name))
        elif before[name] != item:
            details = _details(before[name], item, skip)
            if details:
                found.append(Change(ChangeKind.CHANGED, what, name, details))
    return found


def _details(before: _Record, after: _Record, skip: frozenset[str] = frozenset()) -> tuple[str, ...]:
    names = [f.name for f in fields(after) if f.name not in skip]
    return tuple(
        f"{name} {_show(getattr(before, name))} → {_show(getattr(after, name))}"
        for name in names
        if getattr(before, name) != getattr(after, name)
    )


def _show(value: object) -> str:
    """Short values as they are; long ones by their size: the text diff shows them."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        plain = [str(item) for item in value if not hasattr(item, "__dataclass_fields__")]
        if len(plain) == len(value) <= 4:
            return ", ".join(plain) or "none"
        return f"{len(value)} entries"
    return str(value)


def _device(old: DeviceModel | None, new: DeviceModel | None) -> list[Change]:
    if old is None or new is None:
        kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED
        return [Change(kind, "device", model.hostname) for model in (old, new) if model is not None]
    names = (*_WHOLE, "drained", "neighbor_table")
    details = tuple(
        f"{name} {_show(getattr(old, name))} → {_show(getattr(new, name))}"
        for name in names
        if getattr(old, name) != getattr(new, name)
    )
    return [Change(ChangeKind.CHANGED, "device", new.hostname, details)] if details else []


def _bgp(old: DeviceModel | None, new: DeviceModel | None) -> list[Change]:
    found = _compare("bgp", (old, new), lambda m: m.bgp, lambda b: b.vrf, frozenset({"neighbors"}))
    found += _mappings("session", _neighbors(old), _neighbors(new))
    return found


def _neighbors(model: DeviceModel | None) -> dict[str, Neighbor]:
    instances: tuple[BgpInstance, ...] = model.bgp if model is not None else ()
    return {f"{b.vrf} {n.name}": n for b in instances for n in b.neighbors}


def _touched(
    old: DeviceModel | None, new: DeviceModel | None, changes: list[Change]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hosts and segments behind the changed objects, as either model knows them."""
    hosts: set[str] = set()
    segments: set[str] = set()
    names = {what: {c.name for c in changes if c.what == what} for what in {c.what for c in changes}}
    for model in (old, new):
        if model is None:
            continue
        vrfs = names.get("vrf", set()) | {vrf for vrf in names.get("bgp", set()) if vrf != "default"}
        vids = {s.vid for s in model.svis if s.vrf in vrfs or s.name in names.get("interface", set())}
        vids |= {v.vid for v in model.vlans if str(v.vid) in names.get("vlan", set())}
        vids |= {v.vid for v in model.vlans if v.vni is not None and str(v.vni) in names.get("vni", set())}
        transit = {vrf.l3vlan for vrf in model.vrfs}
        segments |= {v.name for v in model.vlans if v.vid in vids and v.vid not in transit}
        filtered = {v.vid for v in model.vlans if v.name in names.get("filter", set())}
        segments |= names.get("filter", set())
        for port in model.ports:
            if port.kind not in (PortKind.ACCESS, PortKind.TRUNK, PortKind.ROUTED) or port.peer_device is None:
                continue
            behind = {*port.tagged_vlans, *(() if port.untagged_vlan is None else (port.untagged_vlan,))}
            if port.name in names.get("port", set()) or behind & (vids | filtered) or port.vrf in vrfs:
                hosts.add(port.peer_device)
        changed_sessions = names.get("session", set())
        hosts |= {
            n.remote_device
            for b in model.bgp
            if b.vrf != "default"
            for n in b.neighbors
            if n.remote_device is not None and f"{b.vrf} {n.name}" in changed_sessions
        }
    return tuple(sorted(hosts)), tuple(sorted(segments))
