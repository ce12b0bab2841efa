"""States between old and new, put to the proofs. Pure.

`apply --commit wave` confirms each wave, so whatever stands after one may stay; `--only` leaves devices as they are for
good; and what stands between two stages carries all traffic meanwhile. What fails a proof there and does not fail it
today is the plan's doing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from rtmctl.base import Finding
from rtmctl.base.findings import errors
from rtmctl.change.plan_file import seal
from rtmctl.change.plan_types import Plan
from rtmctl.check.agreement import AGREEMENTS
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel

Models: TypeAlias = Mapping[str, DeviceModel]
_SHOWN = 3
_ROUNDS = 8
"""of naming whom the last ones named need too; beyond that all that is to change is named"""


@dataclass(frozen=True, slots=True)
class MixedFault:
    """A state that fails proofs which hold today."""

    after: str
    """the wave after which it stands"""
    findings: tuple[str, ...]

    def __str__(self) -> str:
        return f"after wave {self.after}: {_said(self.findings)}"


def mixed_faults(
    fabric: Fabric, old: Models, steps: Iterable[tuple[str, Models]], known: Collection[str] = ()
) -> tuple[MixedFault, ...]:
    """Prove every state on the way.

    Args:
        old: the models of all devices as they are now.
        steps: each wave's name and what its devices are after it, in the order of the plan.
        known: faults that are nobody's news, beside those of `old`.
    """
    known = {*known, *_faults(fabric, old)}
    now = dict(old)
    found = []
    for name, models in steps:
        now |= models
        if news := _faults(fabric, now, known):
            found.append(MixedFault(name, news))
    return tuple(found)


def stage_outages(fabric: Fabric, old: Models, stages: Sequence[tuple[str, Models]]) -> tuple[str, ...]:
    """What fails a proof between two stages, and does so neither today nor in the end, a sentence for each state.

    Args:
        old: the models of all devices as they are now.
        stages: each one's name and what its devices are after it, in their order.
    """
    end = dict(old)
    for _, models in stages:
        end |= models
    found = mixed_faults(fabric, old, stages[:-1], _faults(fabric, end))
    return tuple(f"after stage {fault.after}: {_said(fault.findings)}" for fault in found)


def missing_partners(
    fabric: Fabric, old: Models, new: Models, changed: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What fails when only `changed` becomes new, and who must change too: those that the findings name, and theirs.

    Returns:
        (findings, devices to add); the devices are empty where changing all does not help either.
    """
    known = _faults(fabric, old)
    chosen = set(changed)

    def failing(names: Collection[str]) -> tuple[str, ...]:
        return _faults(fabric, {**old, **{name: new[name] for name in names}}, known)

    first = left = failing(chosen)
    behind = {name for name in new if name not in chosen and old.get(name) != new[name]}
    if not first or failing(chosen | behind):
        return first, ()
    for _ in range(_ROUNDS):
        named = {name for text in left for name in words(text)} & (behind - chosen)
        if not left or not named:
            break
        chosen |= named
        left = failing(chosen)
    if left:
        chosen |= behind
    return first, tuple(sorted(chosen - set(changed)))


def words(text: str) -> frozenset[str]:
    """The names in a sentence, without what punctuation stands at them."""
    return frozenset(word.strip(",.:;()'") for word in text.split())


def with_mixed_states(
    plan: Plan, fabric: Fabric, old: Models, new: Models, *, carrying: Collection[str], unread: Collection[str]
) -> Plan:
    """The plan with what its intermediate states would break, and what `--only` would leave broken as an outage.

    Stages are decided together, so that nothing between them can be left standing.

    Args:
        old: what runs, of every device that was read and is a model.
        new: what devices are to be, of every device whose target is a model.
        carrying: devices that carry traffic; what the others are cannot hurt anybody before they do.
        unread: devices that did not answer.
    """
    if plan.empty or not new:
        return plan
    names = [device.name for device in fabric.devices if device.name in new]
    start = {name: old[name] if name in old and name in carrying else new[name] for name in names}
    mixed, warnings, outages = _between(plan, fabric, start, new), [], []
    if plan.left_out:
        findings, add = missing_partners(fabric, start, new, plan.devices)
        if findings:
            what = f"; add to --only: {', '.join(add)}" if add else ""
            outages.append(f"with {', '.join(plan.devices)} alone changed: {_said(findings)}{what}")
    blind = sorted({*unread, *((set(carrying) & set(names)) - set(old))} - set(plan.devices))
    if blind and (plan.left_out or unread):
        warnings.append(f"whether what is left out fits what changes was not looked at on {', '.join(blind)}")
    return seal(replace(plan, mixed=mixed, outages=(*plan.outages, *outages), warnings=(*plan.warnings, *warnings)))


def _between(plan: Plan, fabric: Fabric, start: Models, new: Models) -> tuple[str, ...]:
    waves = plan.stages[0].waves
    if len(plan.stages) > 1 or len(waves) == 1:
        return ()
    if opaque := sorted(set(plan.devices) - set(new)):
        return (f"what {', '.join(opaque)} is to run is no model, so no state between waves is proven",)
    steps = ((wave.name, {name: new[name] for name in wave.devices}) for wave in waves[:-1])
    return tuple(map(str, mixed_faults(fabric, start, steps)))


def _faults(fabric: Fabric, models: Models, known: Collection[str] = ()) -> tuple[str, ...]:
    found = [finding for proof in AGREEMENTS for finding in proof(fabric, models)]
    said = (_text(finding) for finding in errors(found))
    return tuple(sorted({text for text in said if text not in known}))


def _text(finding: Finding) -> str:
    return f"{finding.code}: {finding.message}"


def _said(findings: Sequence[str]) -> str:
    more = f" and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    return "; ".join(findings[:_SHOWN]) + more
