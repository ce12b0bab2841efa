"""What a plan cannot change without an outage, and the order that avoids one where there is a way. Pure.

A session whose parameters change at both ends is down from the first end's change to the second's. Where every switch
keeps another uplink meanwhile that is hitless: the upper end changes first, drained. Where one does not, the outage is
named, and everybody concerned changes at once, so that it is as short as can be.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rtmctl.change.drains import stranded
from rtmctl.change.impact import line_paths, stanzas
from rtmctl.fabric.types import Fabric, Role
from rtmctl.model.config import DeviceConfig
from rtmctl.model.resets import session_resets
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, Family

_ONE_ENDED = ("BFD changes", "the session is removed", "MTU of ")
"""reasons that leave the session to come back by itself, or are meant to end it"""


_MOVED = "the session's address changes"


@dataclass(frozen=True, slots=True)
class Step:
    """One device that changes: what runs and what is to run, as texts in normal form and as models."""

    before: DeviceConfig
    after: DeviceConfig
    old: DeviceModel | None
    """None: what runs cannot be read as a model, and its text tells"""
    new: DeviceModel


@dataclass(frozen=True, slots=True)
class Order:
    outages: tuple[str, ...] = ()
    together: frozenset[str] = frozenset()
    """devices that change in one wave, for their outage lasts until all have"""
    first: frozenset[str] = frozenset()
    """upper ends that change before all others"""
    waits: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """for each device its sessions, as health names them, that come back when the device named has changed"""


def order_of(fabric: Fabric, steps: Mapping[str, Step]) -> Order:
    """Judge a plan's changes; `steps` has every changing device that carries traffic."""
    reset = {name: _resets(step) for name, step in steps.items()}
    both: dict[tuple[str, str], str] = {}
    waits: dict[str, set[tuple[str, str]]] = {}
    for name in steps:
        for session, (far, reason) in reset[name].items():
            back = [other for other in reset.get(far, {}).values() if other[0] == name]
            if back:
                both[min(name, far), max(name, far)] = reason
                waits.setdefault(name, set()).add((f"{DEFAULT_VRF} {session}", far))
    touched = {name for pair in both for name in pair}
    cut = sorted(name for name in touched if not _keeps_an_uplink(fabric, name, both))
    outages = []
    together: frozenset[str] = frozenset()
    if cut:
        reasons = ", ".join(sorted(set(both.values())))
        outages.append(
            f"{reasons} at both ends of {len(both)} links: {', '.join(cut)} lose every uplink until both ends have it"
        )
        together = frozenset(touched)
    forms = sorted(name for name, step in steps.items() if _overlay_moves(step))
    if forms:
        outages.append(f"the overlay moves to other sessions on {', '.join(forms)}: EVPN routes are learnt anew")
        together |= frozenset(forms)
    for name, step in sorted(steps.items()):
        if alone := stranded(fabric, name, ()):
            if why := _moves(step):
                outages.append(f"{name}: {why}; cut meanwhile: {'; '.join(alone)}")
            elif (
                name not in together
                and _all_uplinks(fabric, name)
                and _all_uplinks(fabric, name) <= {far for far, _ in reset[name].values()}
            ):
                outages.append(f"{name}: every uplink's session is reset at once; cut meanwhile: {'; '.join(alone)}")
    upper = {Role.SPINE, Role.SUPER_SPINE}
    first = frozenset(name for name in touched if fabric.device(name).role in upper) - together
    return Order(tuple(outages), together, first, {name: tuple(sorted(pairs)) for name, pairs in waits.items()})


def _all_uplinks(fabric: Fabric, name: str) -> set[str]:
    return {link.far(name).device for link in fabric.links if name == link.b.device}


def _keeps_an_uplink(fabric: Fabric, name: str, both: Collection[tuple[str, str]]) -> bool:
    """Devices without uplinks are kept by nothing but their peers, and their traffic can be moved away first."""
    up = _all_uplinks(fabric, name)
    return not up or any((min(name, far), max(name, far)) not in both for far in up)


def _resets(step: Step) -> dict[str, tuple[str, str]]:
    """Sessions of the default VRF whose parameters change: name to (far device, reason)."""
    far = {n.name: n.remote_device for b in step.new.bgp if b.vrf == DEFAULT_VRF for n in b.neighbors}
    if step.old is None:
        reasons = _text_reasons(step.before, step.after, far)
    else:
        reasons = {
            reset.neighbor: next((r for r in reset.reasons if not r.startswith(_ONE_ENDED)), "")
            for reset in session_resets(step.old, step.new)
            if reset.vrf == DEFAULT_VRF
        }
        was = {(n.remote_device, n.name) for b in step.old.bgp if b.vrf == DEFAULT_VRF for n in b.neighbors}
        had, has = {other for other, _ in was}, {other for name, other in far.items() if (other, name) in was}
        moved = [name for name, other in far.items() if other in had and other not in has]
        reasons |= dict.fromkeys(moved, _MOVED)
    return {name: (other, reasons[name]) for name, other in far.items() if other and reasons.get(name)}


_PARAMETER = re.compile(r"neighbor (\S+) (remote-as|local-as|password) ?")
_GROUP = re.compile(r"neighbor (\S+) (?:interface )?peer-group (\S+)")
_INSTANCE = re.compile(r"router bgp (\d+)$")


def _text_reasons(before: DeviceConfig, after: DeviceConfig, sessions: Collection[str]) -> dict[str, str]:
    """The same from FRR and ifupdown2 text."""
    was, now = (set(line_paths(config.get("frr"))) for config in (before, after))
    own = [{m[1] for path in side if (m := _INSTANCE.match(path[0]))} for side in (was, now)]
    if own[0] and own[0] != own[1]:
        return dict.fromkeys(sessions, "own AS changes")
    groups = {m[1]: m[2] for path in now if (m := _GROUP.match(path[-1]))}
    changed = {m[1]: m[2] for path in was ^ now if _default(path) and (m := _PARAMETER.match(path[-1]))}
    known = {path[-1].split()[1] for path in was if _default(path) and path[-1].startswith("neighbor ")}
    old, new = stanzas(before.get("interfaces")), stanzas(after.get("interfaces"))
    found = {}
    gone = {m[1] for path in was if (m := _GROUP.match(path[-1]))} - set(sessions)
    for name in sessions:
        if name not in known and gone:
            found[name] = _MOVED
        what = changed.get(name) or changed.get(groups.get(name, ""))
        if name in known and what:
            found[name] = f"{what} changes"
        elif name in known and name in old and _addresses(old[name]) != _addresses(new.get(name, set())):
            found[name] = "addresses of the port changes"
    return found


def _default(path: tuple[str, ...]) -> bool:
    return len(path) > 1 and _INSTANCE.match(path[0]) is not None


def _addresses(lines: set[str]) -> set[str]:
    return {line for line in lines if line.startswith("address ")}


def _overlay_moves(step: Step) -> bool:
    """EVPN runs before and after, and no session has it in both."""
    if step.old is not None:
        was, now = (
            {n.name for b in m.bgp for n in b.neighbors if any(f.family is Family.EVPN for f in n.families)}
            for m in (step.old, step.new)
        )
    else:
        was, now = (
            {
                path[-1]
                for path in line_paths(config.get("frr"))
                if path[-2:-1] == ("address-family l2vpn evpn",) and path[-1].endswith(" activate")
            }
            for config in (step.before, step.after)
        )
    return bool(was) and bool(now) and not was & now


_TUNNEL = re.compile(r"^\s+vxlan-local-tunnelip (\S+)", re.MULTILINE)


def _moves(step: Step) -> str:
    """Why others must learn anew where this device is."""
    was, now = ({*_TUNNEL.findall(config.get("interfaces"))} for config in (step.before, step.after))
    if was and now and not was & now:
        return f"its VTEP changes from {', '.join(sorted(was))} to {', '.join(sorted(now))}"
    return ""
