"""Drift: what devices run against what the site says they should run."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base import Exit
from rtmctl.change.diffs import config_diffs
from rtmctl.change.plan_types import SectionDiff
from rtmctl.device.types import Running
from rtmctl.model.config import DeviceConfig


@dataclass(frozen=True, slots=True)
class DeviceDrift:
    """One device that runs something else. The diff leads from the target to what runs."""

    device: str
    diffs: tuple[SectionDiff, ...]
    unmanaged: tuple[str, ...]
    """objects that are not rtmctl's: kept, and no drift"""


@dataclass(frozen=True, slots=True)
class DriftReport:
    differences: tuple[DeviceDrift, ...]
    same: tuple[str, ...]
    drained: Mapping[str, str]
    """devices whose target is the drained one, with who and why"""
    unread: Mapping[str, str]
    """devices that did not answer, with the reason"""

    @property
    def exit(self) -> Exit:
        if self.unread:
            return Exit.STATE_UNKNOWN
        return Exit.DIFFERENT if self.differences else Exit.DONE


def compare_all(
    targets: Mapping[str, DeviceConfig],
    running: Mapping[str, Running],
    foreign: Mapping[str, tuple[str, ...]],
    *,
    drained: Mapping[str, str],
    unread: Mapping[str, str],
) -> DriftReport:
    """Compare normal forms; sections that the target does not have are nobody's drift.

    Args:
        targets: in normal form, with the objects that are not rtmctl's in them.
        foreign: those objects' names, by device.
    """
    found, same = [], []
    for name in sorted(set(targets) & set(running)):
        target, runs = targets[name], running[name].config
        seen = DeviceConfig(tuple((section, runs.get(section)) for section in target.names))
        diffs = config_diffs(target, seen)
        if diffs:
            found.append(DeviceDrift(name, diffs, foreign.get(name, ())))
        else:
            same.append(name)
    return DriftReport(tuple(found), tuple(same), drained, unread)
