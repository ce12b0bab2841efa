"""A change that one step cannot make without an outage, as steps that can. Pure, over models.

What changes at both ends of links goes one spine plane at a time: its spines are drained, then changed, each other
switch changes what faces them and nothing else, and when those links work again the spines are undrained. A switch
keeps its other uplinks all the while. What needs no second end goes first. An overlay that moves to other sessions
stands on both kinds before the old ones go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rtmctl.change.ends import BothEnds, Step, both_ends
from rtmctl.change.outages import Order, order_of
from rtmctl.change.waves import planes
from rtmctl.fabric.types import Fabric
from rtmctl.model.blend import blend
from rtmctl.model.config import DeviceConfig
from rtmctl.model.drain import drained
from rtmctl.model.overlay import overlay_moves, with_evpn_below
from rtmctl.model.types import DeviceModel

Models = Mapping[str, DeviceModel]
_NO_TEXT = DeviceConfig(())


@dataclass(frozen=True, slots=True)
class Phase:
    """One state of the fabric on the way, and how it is reached.

    Attributes:
        old: what its devices run before.
        new: what they run after; every one differs.
        leaving: devices whose traffic leaves with it; the next phase waits for that.
        empty: devices that carry no traffic all through it.
    """

    name: str
    old: Models
    new: Models
    order: Order = field(default_factory=Order)
    leaving: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    undrained: frozenset[str] = frozenset()
    """devices that take traffic again with it, before others leave"""
    first: frozenset[str] = frozenset()
    """devices that change before all others"""


def phases(fabric: Fabric, steps: Mapping[str, Step]) -> tuple[Phase, ...]:
    """The phases of a change, each judged; none where one step does it, or phases avoid no outage.

    Args:
        steps: every changing device that carries traffic.
    """
    old = {name: step.old for name, step in steps.items() if step.old is not None}
    new = {name: step.new for name, step in steps.items()}
    moving = [name for name in old if overlay_moves(old[name], new[name])]
    whole = both_ends(steps)
    if len(old) < len(steps) or not (moving or whole.pairs):
        return ()
    found: list[Phase] = []
    state: Models = old
    for title, target in _milestones(old, new, moving):
        found += _toward(fabric, title, state, target)
        state = target
    judged = tuple(replace(phase, order=order_of(fabric, _steps(phase), phase.empty)) for phase in found if phase.new)
    lost = any(phase.order.together or _one_sided(phase, whole) for phase in judged)
    return () if lost else judged


def _one_sided(phase: Phase, whole: BothEnds) -> bool:
    """One end of a link changes in it what both must: a switch's own AS, for one, is not that of a plane."""
    needs = both_ends(_steps(phase)).needs
    return any(
        (min(name, far), max(name, far)) in whole.pairs and name not in needs.get(far, ())
        for name, fars in needs.items()
        for far in fars
    )


def _steps(phase: Phase) -> dict[str, Step]:
    return {name: Step(_NO_TEXT, _NO_TEXT, phase.old[name], model) for name, model in phase.new.items()}


def _milestones(old: Models, new: Models, moving: Iterable[str]) -> list[tuple[str, Models]]:
    """The states between which sessions live on, by what is new in them."""
    if not moving:
        return [("", new)]
    names = set(moving)
    before = {n: with_evpn_below(m, new[n]) if n in names else m for n, m in old.items()}
    after = {n: with_evpn_below(m, old[n]) if n in names else m for n, m in new.items()}
    states = [("EVPN on the underlay's sessions too", before), ("EVPN on old and new sessions", after)]
    return [(title, state) for title, state in states if state not in (old, new)] + [("EVPN on new sessions only", new)]


def _toward(fabric: Fabric, title: str, old: Models, new: Models) -> list[Phase]:
    """From one state to another: what needs no second end, then plane by plane."""
    both = both_ends({name: Step(_NO_TEXT, _NO_TEXT, old[name], new[name]) for name in new}).devices
    ranks = {name: rank for name, rank in planes(fabric).items() if name in both}
    if not ranks:
        # undone in reverse, one plane is back before the leafs are, and one is still there until they are
        return [replace(_phase(title, old, new), first=frozenset(n for n, rank in planes(fabric).items() if rank == 0))]
    waiting = set(ranks)
    state = {name: old[name] if name in ranks else _blend(fabric, name, old, new, waiting) for name in new}
    found = [_phase(title or "what faces no plane", old, state)]
    back: Models = {}
    for rank in sorted(set(ranks.values())):
        spines = frozenset(name for name in ranks if ranks[name] == rank)
        leaving = {name: drained(old[name]) for name in spines}
        found.append(_change_over(state, back, leaving))
        state = {**state, **back, **leaving}
        waiting -= spines
        moved = {name: state[name] if name in ranks else _blend(fabric, name, old, new, waiting) for name in new}
        moved |= {name: drained(new[name]) for name in spines}
        label = f"plane {rank + 1}, the links of {', '.join(sorted(spines))}"
        found.append(replace(_phase(label, state, moved), empty=spines))
        state, back = moved, {name: new[name] for name in spines}
    found.append(_change_over(state, back, {}))
    return found


def _blend(fabric: Fabric, name: str, old: Models, new: Models, waiting: Iterable[str]) -> DeviceModel:
    beside = {link.far(name).device for link in fabric.links_of(name)}
    return blend(old[name], new[name], beside & set(waiting))


def _change_over(state: Models, back: Models, leaving: Models) -> Phase:
    """Spines that are done take traffic again, then the next ones give it away."""
    done, going = _phase("", state, back), _phase("", state, leaving)
    said = [
        f"{verb} {', '.join(sorted(phase.new))}" for verb, phase in (("undrain", done), ("drain", going)) if phase.new
    ]
    return replace(
        _phase(", then ".join(said), state, {**back, **leaving}),
        leaving=frozenset(going.new),
        undrained=frozenset(done.new),
    )


def _phase(name: str, old: Models, new: Models) -> Phase:
    changed = [device for device in new if old[device] != new[device]]
    return Phase(name, {device: old[device] for device in changed}, {device: new[device] for device in changed})
