"""Drift: what devices run against what the site says they should run."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base import Exit
from rtmctl.change.diffs import config_diffs
from rtmctl.change.drains import drain_reason
from rtmctl.change.events import OnEvent, ignore
from rtmctl.change.network import Network
from rtmctl.change.plan_types import SectionDiff
from rtmctl.change.reading import Normaliser, read_fleet
from rtmctl.change.settling import settle
from rtmctl.change.unmanaged import foreign_objects, keep
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


async def find_drift(network: Network, only: tuple[str, ...] = (), emit: OnEvent = ignore) -> DriftReport:
    """Compare what runs with the site; drained devices with their drained targets."""
    names = sorted(name for name in network.platforms if not only or name in only)
    reading = await read_fleet(network.connect, names, emit=emit)
    settle(network.store, network.name, reading.seen, network.now())
    drained = network.drained(reading.drains)
    _, targets = network.build(frozenset(drained))
    wanted = {name: targets[name] for name in names}
    normal = Normaliser(network.platforms, wanted, network.resolve, reading)
    running = normal.running(reading)
    foreign = {n: foreign_objects(r.config, wanted[n], reading.managed.get(n)) for n, r in running.items()}
    return compare_all(
        {name: normal(name, keep(r.config, wanted[name], foreign[name])) for name, r in running.items()},
        running,
        {name: tuple(str(one) for one in found) for name, found in foreign.items()},
        drained={name: drain_reason(row) for name, row in drained.items()},
        unread=reading.failed,
    )


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
