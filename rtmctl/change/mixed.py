"""States between old and new that a plan would leave standing, put to the proofs. Pure.

`apply --commit wave` confirms each wave, so whatever stands after one may stay; `--only` leaves devices as they are for
good. What fails a proof there and does not fail it today is the plan's doing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from rtmctl.base import Finding
from rtmctl.base.findings import errors
from rtmctl.change.plan_file import seal
from rtmctl.change.plan_types import DevicePlan, Plan
from rtmctl.check.agreement import AGREEMENTS
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel

Models: TypeAlias = Mapping[str, DeviceModel]
ReadModel: TypeAlias = Callable[[DevicePlan], DeviceModel | None]
"""what a device runs after its part of a stage; None where that cannot be read as a model"""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class MixedFault:
    """A state that fails proofs which hold today."""

    after: str
    """the wave after which it stands"""
    findings: tuple[str, ...]

    def __str__(self) -> str:
        return f"after wave {self.after}: {_said(self.findings)}"


def mixed_faults(fabric: Fabric, old: Models, steps: Iterable[tuple[str, Models]]) -> tuple[MixedFault, ...]:
    """Prove every state on the way.

    Args:
        old: the models of all devices as they are now.
        steps: each wave's name and what its devices are after it, in the order of the plan.
    """
    known = _faults(fabric, old)
    now = dict(old)
    found = []
    for name, models in steps:
        now |= models
        if news := _faults(fabric, now, known):
            found.append(MixedFault(name, news))
    return tuple(found)


def missing_partners(
    fabric: Fabric, old: Models, new: Models, changed: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What fails when only `changed` becomes new, and the fewest found that make it hold when they change too.

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
    while left:
        named = [name for name in sorted(behind - chosen) if any(name in words(text) for text in left)]
        best = min(named or sorted(behind - chosen), key=lambda name: (len(failing({*chosen, name})), name))
        chosen.add(best)
        left = failing(chosen)
    return first, tuple(sorted(chosen - set(changed)))


def words(text: str) -> frozenset[str]:
    """The names in a sentence, without what punctuation stands at them."""
    return frozenset(word.strip(",.:;()'") for word in text.split())


def with_mixed_states(
    plan: Plan,
    fabric: Fabric,
    old: Models,
    new: Models,
    read: ReadModel,
    *,
    carrying: Collection[str],
    unread: Collection[str],
) -> Plan:
    """The plan with what its intermediate states would break, and what `--only` would leave broken as an outage.

    Args:
        old: what runs, of every device that was read and is a model.
        new: what all devices are to be.
        carrying: devices that carry traffic; what the others are cannot hurt anybody before they do.
        unread: devices that did not answer.
    """
    if plan.empty or not new:
        return plan
    names = [device.name for device in fabric.devices if device.name in new]
    start = {name: old[name] if name in old and name in carrying else new[name] for name in names}
    warnings, outages = [], []
    steps, opaque = _steps(plan, read)
    found = tuple(map(str, mixed_faults(fabric, start, steps[:-1]))) if not opaque else ()
    if opaque and len(steps) > 1:
        found = (f"what {', '.join(opaque)} are to run is no model, so no state between waves is proven",)
    if plan.left_out:
        findings, add = missing_partners(fabric, start, new, plan.devices)
        if findings:
            what = f"; add to --only: {', '.join(add)}" if add else ""
            outages.append(f"with {', '.join(plan.devices)} alone changed: {_said(findings)}{what}")
    blind = sorted({*unread, *((set(carrying) & set(names)) - set(old))} - set(plan.devices))
    if blind and (plan.left_out or unread):
        warnings.append(f"whether what is left out fits what changes was not looked at on {', '.join(blind)}")
    return seal(
        replace(
            plan,
            mixed=found,
            outages=(*plan.outages, *outages),
            warnings=(*plan.warnings, *warnings),
        )
    )


def _steps(plan: Plan, read: ReadModel) -> tuple[list[tuple[str, Models]], list[str]]:
    """Each wave with its models, and the devices whose targets cannot be read as models."""
    found: list[tuple[str, Models]] = []
    opaque: set[str] = set()
    for stage in plan.stages:
        prefix = f"{stage.name}: " if len(plan.stages) > 1 else ""
        for wave in stage.waves:
            models = {name: read(stage.device(name)) for name in wave.devices}
            opaque |= {name for name, model in models.items() if model is None}
            found.append((prefix + wave.name, {name: model for name, model in models.items() if model is not None}))
    return found, sorted(opaque)


def _faults(fabric: Fabric, models: Models, known: Collection[str] = ()) -> tuple[str, ...]:
    found = [finding for proof in AGREEMENTS for finding in proof(fabric, models)]
    said = (_text(finding) for finding in errors(found))
    return tuple(sorted({text for text in said if text not in known}))


def _text(finding: Finding) -> str:
    return f"{finding.code}: {finding.message}"


def _said(findings: Sequence[str]) -> str:
    more = f" and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    return "; ".join(findings[:_SHOWN]) + more
