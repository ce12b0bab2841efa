"""A transaction as one process knows it: who takes part, how far it has come, how long each timer runs."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rtmctl.change.errors import StepFailed
from rtmctl.change.events import DeviceStep, OnEvent
from rtmctl.change.fleet import Fleet, failures, successes
from rtmctl.change.journal import Journal
from rtmctl.change.notes import Manifest
from rtmctl.change.options import Timing
from rtmctl.change.transaction import timers
from rtmctl.device.types import DeviceStatus


@dataclass(slots=True)
class Transaction:
    """The manifest's devices under one transaction id; the devices themselves hold all that recovery needs."""

    manifest: Manifest
    fleet: Fleet
    journal: Journal
    timing: Timing
    emit: OnEvent
    holder: str
    fences: dict[str, int] = field(default_factory=dict)
    """the lease's fencing number on each leased device"""
    begun: list[str] = field(default_factory=list)
    """devices whose commit was begun, in order"""
    applied: set[str] = field(default_factory=set)
    """devices that have said that they run a target"""
    busy: set[str] = field(default_factory=set)
    """with a step under way that may take longer than others: no timer is renewed under it"""
    deadlines: dict[str, float] = field(default_factory=dict)
    """when each armed device reverts, on this loop's clock"""
    return_s: float = timers.SESSIONS_S
    """in which a device's sessions are back after its revert"""
    took_s: dict[str, float] = field(default_factory=dict)
    """each device's commit, as measured"""
    wave: int = 0
    """the latest one begun"""
    lost: StepFailed | None = None
    """another holder has taken a lease: nothing more may be done forward"""
    deciding: bool = False
    """the decision may stand on a device: no keeper touches a timer, and an undo withdraws it first"""
    decided: bool = False
    undoing: bool = False

    @property
    def id(self) -> str:
        return self.manifest.id

    def reverts_in(self, name: str) -> float:
        """The timer a device should have now, in seconds: a later wave's runs out before an earlier one's."""
        return self.window_s + max(0, self.wave - self.rank(name)) * self.stagger_s

    def rank(self, name: str) -> int:
        """The number of its wave in the manifest, from 0."""
        return next(number for number, wave in enumerate(self.manifest.waves) if name in wave)

    @property
    def longest_commit_s(self) -> float:
        """Measured; before the first, as long as one may take."""
        return max(self.took_s.values(), default=self.timing.commit_timeout_s)

    @property
    def stagger_s(self) -> float:
        fixed = self.timing.stagger_s
        return timers.stagger_s(self.longest_commit_s, self.return_s) if fixed is None else fixed

    @property
    def window_s(self) -> float:
        fixed = self.timing.window_s
        return timers.window_s(self.longest_commit_s, self.timing.step_timeout_s) if fixed is None else fixed

    @property
    def sessions_wait_s(self) -> float:
        """How long an attended undo waits for a device's sessions before it goes on."""
        fixed = self.timing.stagger_s
        return timers.MARGIN * self.return_s if fixed is None else fixed

    @property
    def worst_s(self) -> float:
        """How long an unattended undo takes at most, from now."""
        return timers.worst_s(self.window_s, self.stagger_s, self.wave + 1, self.longest_commit_s, self.return_s)

    def armed(self, name: str) -> None:
        self.deadlines[name] = asyncio.get_running_loop().time() + self.reverts_in(name)

    @contextlib.contextmanager
    def at_work(self, names: Collection[str]) -> Iterator[None]:
        self.busy.update(names)
        try:
            yield
        finally:
            self.busy.difference_update(names)

    async def statuses(self, names: Iterable[str]) -> dict[str, DeviceStatus]:
        """Raises StepFailed for the first device that does not answer."""
        results = await self.fleet.each(names, "status", lambda device: device.status(), self.timing.step_timeout_s)
        if failed := failures(results):
            raise failed[0]
        return successes(results)

    def report(self, step: str, results: Mapping[str, object]) -> None:
        for name, result in results.items():
            if isinstance(result, StepFailed):
                self.emit(DeviceStep(name, step, False, result.reason))
            else:
                self.emit(DeviceStep(name, step, True))
