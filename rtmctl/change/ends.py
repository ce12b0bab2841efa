"""Which sessions cannot come back before the switch at their other end has changed too. By models, or by texts."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rtmctl.change.impact import line_paths, stanzas
from rtmctl.model.blend import default_instance
from rtmctl.model.config import DeviceConfig
from rtmctl.model.overlay import evpn_over
from rtmctl.model.resets import session_resets
from rtmctl.model.types import DEFAULT_VRF, DeviceModel

_HARMLESS = ("BFD changes", "the session is removed", "MTU of ")
"""reasons that leave the session up or let it come back by itself, or are meant to end it"""
_ONE_ENDED = ("address family ",)
"""reasons for which a session starts anew at once, with what both ends have in common"""
_OWN_AS = ("own AS changes", "local AS changes")
MOVED = "the session's address changes"


@dataclass(frozen=True, slots=True)
class Step:
    """One device that changes: what runs and what is to run, as texts in normal form and as models."""

    before: DeviceConfig
    after: DeviceConfig
    old: DeviceModel | None
    """None: what runs cannot be read as a model, and its text tells"""
    new: DeviceModel


@dataclass(frozen=True, slots=True)
class BothEnds:
    """What changes at both ends of links."""

    pairs: Mapping[tuple[str, str], str]
    """(device, device), in order of their names, to the reason"""
    waits: Mapping[str, tuple[tuple[str, str], ...]]
    """for each device its sessions, as health names them, that come back when the device named has changed"""
    needs: Mapping[str, frozenset[str]]
    """for each device the switches that must change too before a session to them comes back"""
    resets: Mapping[str, frozenset[str]]
    """for each device the switches to which a session of it starts anew, for a change at either end"""

    @property
    def devices(self) -> frozenset[str]:
        return frozenset(name for pair in self.pairs for name in pair)


def both_ends(steps: Mapping[str, Step]) -> BothEnds:
    """Judge every device that changes."""
    resets = {name: _resets(step) for name, step in steps.items()}
    pairs: dict[tuple[str, str], str] = {}
    waits: dict[str, set[tuple[str, str]]] = {}
    for name in steps:
        for session, reset in resets[name].items():
            back = [other for other in resets.get(reset.far, {}).values() if other.far == name]
            if reset.needs_both and any(other.needs_both for other in back):
                waits.setdefault(name, set()).add((f"{DEFAULT_VRF} {session}", reset.far))
                if not reset.spare and not all(other.spare for other in back):
                    pairs[min(name, reset.far), max(name, reset.far)] = reset.reason
        for session, far in _new_sessions(steps[name]):
            if far in steps:
                waits.setdefault(name, set()).add((f"{DEFAULT_VRF} {session}", far))
    return BothEnds(
        pairs,
        {name: tuple(sorted(found)) for name, found in waits.items()},
        {n: frozenset(r.far for r in found.values() if r.needs_both and not r.spare) for n, found in resets.items()},
        {name: frozenset(reset.far for reset in found.values()) for name, found in resets.items()},
    )


def _new_sessions(step: Step) -> list[tuple[str, str]]:
    """Sessions of the default VRF that there were not before, each with its far device."""
    old, new = (default_instance(model) if model is not None else None for model in (step.old, step.new))
    if old is None or new is None:
        return []
    known = {neighbor.name for neighbor in old.neighbors}
    return [(n.name, n.remote_device) for n in new.neighbors if n.name not in known and n.remote_device is not None]


@dataclass(frozen=True, slots=True)
class _Reset:
    far: str
    reason: str
    needs_both: bool
    spare: bool = False
    """all that it carries, another session to the same switch carries too"""


def _resets(step: Step) -> dict[str, _Reset]:
    """Sessions of the default VRF that start anew."""
    far = {n.name: n.remote_device for b in step.new.bgp if b.vrf == DEFAULT_VRF for n in b.neighbors}
    if step.old is None:
        texts = _text_reasons(step.before, step.after, far)
        reasons = {name: (reason, True) for name, reason in texts.items()}
    else:
        reasons = _model_reasons(step.old, step.new)
    spare = _spare(step.new) & _spare(step.old) if step.old is not None else frozenset()
    return {
        name: _Reset(other, *reasons[name], spare=name in spare)
        for name, other in far.items()
        if other and name in reasons
    }


def _spare(model: DeviceModel) -> frozenset[str]:
    """Sessions between loopbacks to switches with which EVPN runs over the underlay's session too."""
    below = {far for far, loopbacks, _ in evpn_over(model) if not loopbacks}
    instance = default_instance(model)
    found = instance.neighbors if instance is not None else ()
    return frozenset(n.name for n in found if n.update_source is not None and n.remote_device in below)


def _model_reasons(old: DeviceModel, new: DeviceModel) -> dict[str, tuple[str, bool]]:
    """For each session why it starts anew, and whether that needs the other end too."""
    shown = [_shown_as(model) for model in (old, new)]
    reasons = {}
    for reset in session_resets(old, new):
        found = [reason for reason in reset.reasons if not reason.startswith(_HARMLESS)]
        if reset.vrf == DEFAULT_VRF and found:
            same = shown[0].get(reset.neighbor) == shown[1].get(reset.neighbor)
            here = _ONE_ENDED + _OWN_AS if same else _ONE_ENDED
            needing = [reason for reason in found if not reason.startswith(here)]
            reasons[reset.neighbor] = ((needing or found)[0], bool(needing))
    was, now = (
        {(n.remote_device, n.name) for b in m.bgp if b.vrf == DEFAULT_VRF for n in b.neighbors} for m in (old, new)
    )
    kept = {far for far, _ in was & now}
    had = {far for far, _ in was}
    return reasons | {name: (MOVED, True) for far, name in now if far in had and far not in kept}


def _shown_as(model: DeviceModel) -> dict[str, int]:
    """The AS that each session of the default VRF shows its neighbor."""
    instance = default_instance(model)
    return {n.name: n.local_asn or instance.asn for n in instance.neighbors} if instance is not None else {}


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
            found[name] = MOVED
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
