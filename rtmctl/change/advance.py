"""The way forward through the stages of a change: drain, commit, health, wave by wave, up to the decision."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base import PermanentError
from rtmctl.change.checkup import Checkup
from rtmctl.change.draining import Floor, drain_first
from rtmctl.change.events import Note, PhaseBegun, StageBegun, WaveBegun
from rtmctl.change.health import in_short
from rtmctl.change.journal import Entry
from rtmctl.change.options import ApplyOptions
from rtmctl.change.plan_types import DevicePlan, Stage, Wave
from rtmctl.change.secrets import Resolve, fill
from rtmctl.change.transaction import Transaction, commit_wave, restage_targets, stage_targets
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel


class Stopped(PermanentError):
    """The operator asked for an end."""


class Unhealthy(PermanentError):
    """A wave left something worse than before."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Stages that are decided together, under one transaction."""

    stages: tuple[Stage, ...]
    transaction: Transaction
    checkup: Checkup
    targets: Mapping[str, DeviceModel]
    """what devices run in the end"""
    resolve: Resolve
    options: ApplyOptions
    stop: asyncio.Event
    waves_before: int = 0
    """waves of the change that were confirmed already"""
    waves_in_all: int = 0

    async def prepare(self) -> None:
        """Put every target of every stage on its device and have it checked there. Raises StepFailed."""
        parts: dict[str, list[DevicePlan]] = {}
        for stage in self.stages:
            for part in stage.devices:
                parts.setdefault(part.device, []).append(part)
        await stage_targets(
            self.transaction,
            {name: [self._filled(part) for part in found] for name, found in parts.items()},
            {name: found[-1].managed for name, found in parts.items()},
            {name: found[-1].drain_note for name, found in parts.items()},
        )

    async def go(self) -> None:
        """Raises StepFailed, Stopped, Unhealthy: all that has begun must be undone."""
        number = self.waves_before
        for place, stage in enumerate(self.stages):
            if len(self.stages) > 1:
                self.transaction.emit(StageBegun(place + 1, len(self.stages), stage.name))
            begun = [part for part in stage.devices if part.device in self.transaction.begun]
            await restage_targets(self.transaction, {part.device: self._filled(part) for part in begun})
            self._expect(place)
            for index, wave in enumerate(stage.waves):
                number += 1
                self._go_on()
                self.transaction.emit(WaveBegun(number, self.waves_in_all, wave.name, wave.devices))
                await self._wave(stage, wave, stage.waves[index + 1 :])
        self._go_on()
        worst_s = self.transaction.worst_s
        self.transaction.emit(Note(f"from now, should rtmctl die, every device is as before within {worst_s:.0f} s"))
        self.transaction.journal.append(Entry.APPLIED)

    async def _wave(self, stage: Stage, wave: Wave, later: tuple[Wave, ...]) -> None:
        transaction, parts = self.transaction, [stage.device(name) for name in wave.devices]
        transaction.journal.append(Entry.WAVE, detail=f"{stage.name}: {wave.name}")
        drained = [part for part in parts if part.drain is not None and self.options.drain]
        if drained:
            await drain_first(transaction, drained, self._floor(drained), self.resolve)
        for part in parts:
            self.checkup.follow(part)
        await commit_wave(transaction, wave.devices, {part.device: part.pre_hash for part in parts}, again=True)
        if not all(part.idle for part in parts):
            transaction.emit(PhaseBegun("health", wave.devices))
            await self._refuse_worse(stage, wave, later, self.options.timing.soak_s)
        if leaving := [part for part in parts if part.leaves]:
            await self._floor(leaving).wait(transaction)
            await self._refuse_worse(stage, wave, later, 0)  # what is silent may be drained, or cut off
        transaction.journal.append(Entry.HEALTHY, detail=wave.name)

    async def _refuse_worse(self, stage: Stage, wave: Wave, later: tuple[Wave, ...], soak_s: float) -> None:
        worse = await self.checkup.wait_healthy(soak_s, _pending(stage, later))
        if worse:
            raise Unhealthy(f"after wave {wave.name}: {in_short(worse)}")

    def _expect(self, place: int) -> None:
        """On the way only texts tell what is to run; in the end models do."""
        texts = {part.device: part.before for stage in reversed(self.stages) for part in stage.devices}
        texts |= {part.device: part.target for stage in self.stages[: place + 1] for part in stage.devices}
        last = place == len(self.stages) - 1
        self.checkup.expect(self.targets if last else {}, {name: text.to_text() for name, text in texts.items()})

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise Stopped("stopped by the operator")
        if self.transaction.lost is not None:
            raise self.transaction.lost

    def _filled(self, part: DevicePlan) -> DeviceConfig:
        return fill(part.target, self.resolve)

    def _floor(self, parts: list[DevicePlan]) -> Floor:
        models = {part.device: self.targets[part.device] for part in parts if part.device in self.targets}
        return Floor(models, go_on=self.options.accept_outage)


def undo_order(stages: tuple[Stage, ...]) -> tuple[tuple[str, ...], ...]:
    """Devices in the order in which they come to what they run in the end; an undo goes the other way.

    With planes changed one by one, the last plane is back before any leaf is, and the first stays until all leafs are:
    at every moment of an undo one of each leaf pair has a plane that works.
    """
    last: dict[str, tuple[int, int]] = {}
    for place, stage in enumerate(stages):
        for index, wave in enumerate(stage.waves):
            last |= dict.fromkeys(wave.devices, (place, index))
    return tuple(tuple(name for name in last if last[name] == when) for when in sorted(set(last.values())))


def _pending(stage: Stage, later: tuple[Wave, ...]) -> frozenset[tuple[str, str]]:
    """Sessions, as (device, session), of which one end has not changed yet."""
    rest = {name for wave in later for name in wave.devices}
    return frozenset(
        (part.device, session) for part in stage.devices for session, far in part.waits if {part.device, far} & rest
    )
