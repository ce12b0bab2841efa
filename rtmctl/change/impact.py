"""What a change resets and whom it may touch, in the words of the plan."""

from collections.abc import Iterable
from dataclasses import dataclass

from rtmctl.change.plan_types import SectionDiff
from rtmctl.model.diff import diff_models
from rtmctl.model.types import DeviceModel

HARMLESS_SECTIONS = frozenset({"lldpd", "sysctl"})
"""a change of these resets no session"""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Effect:
    resets: tuple[str, ...] = ()
    impact: tuple[str, ...] = ()


def device_effect(current: DeviceModel | None, target: DeviceModel | None, diffs: Iterable[SectionDiff]) -> Effect:
    """The effect of going from one model to the other.

    Where what runs is not known as a model, anything but harmless sections counts as resetting every session.
    """
    if {diff.section for diff in diffs} <= HARMLESS_SECTIONS:
        return Effect()
    if current is None or target is None:
        return Effect(("what runs cannot be read as a model: any session may reset",))
    found = diff_models(current, target)
    resets = tuple(
        f"BGP session {reset.vrf} {reset.neighbor}"
        + (f" to {reset.remote_device}" if reset.remote_device else "")
        + f": {', '.join(reset.reasons)}"
        for reset in found.resets
    )
    impact = []
    if found.whole_device:
        impact.append("everything through this device")
    impact += _named("hosts", found.hosts) + _named("segments", found.segments)
    return Effect(resets, tuple(impact))


def _named(what: str, names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{what} {', '.join(names[:_SHOWN])}{more}"]
