"""One transaction over many devices: lease, stage, commit wave by wave, then decide, or undo.

Until the decision stands on every participant, whatever happens (and nothing at all) leads back to the old state.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rtmctl.base import Exit, PermanentError, RtmctlError, StateUnknown
from rtmctl.change.errors import Locked, StepFailed
from rtmctl.change.events import DeviceStep, OnEvent, PhaseBegun, Waiting
from rtmctl.change.fleet import Device, Fleet, failures, successes
from rtmctl.change.journal import Entry, Journal
from rtmctl.change.notes import (
    DECISION,
    DRAIN,
    DRAIN_NEXT,
    MANAGED,
    MANAGED_NEXT,
    TRANSACTION,
    Decision,
    Manifest,
    Verdict,
    decision_to_text,
    manifest_to_text,
)
from rtmctl.change.options import Timing
from rtmctl.change.results import DeviceOutcome, Standing
from rtmctl.device.types import DeviceStatus, TransactionState
from rtmctl.model.config import DeviceConfig

PENDING = (TransactionState.ARMED, TransactionState.APPLIED)
_UNCONFIRMED = (*PENDING, TransactionState.REVERTED, TransactionState.STAGED)
_GRACE_S = 10
"""how long after its deadline a device may take to answer as reverted"""


class Transaction:
    """The manifest's devices under one transaction id.

    Attributes:
        fences: the lease's fencing number on each leased device.
        begun: devices whose commit was begun, in order.
    """

    def __init__(
        self, manifest: Manifest, fleet: Fleet, journal: Journal, *, timing: Timing, emit: OnEvent, holder: str
    ) -> None:
        self.manifest = manifest
        self.fleet = fleet
        self.journal = journal
        self.timing = timing
        self.emit = emit
        self.holder = holder
        self.fences: dict[str, int] = {}
        self.begun: list[str] = []
        self.lost: StepFailed | None = None
        """another holder has taken a lease: nothing more may be done forward"""
        self._wave = 0
        self._deadlines: dict[str, float] = {}
        self._deciding = False
        self.decided = False
        self._busy: set[str] = set()
        """with a step under way that may take longer than others; their session is left alone"""
        self._applied: set[str] = set()
        self._undoing = False

    @property
    def id(self) -> str:
        return self.manifest.id

    def reverts_in(self, name: str) -> float:
        """The timer a device should have now, in seconds: a later wave's runs out before an earlier one's."""
        rank = next(i for i, wave in enumerate(self.manifest.waves) if name in wave)
        return self.timing.window_s + max(0, self._wave - rank) * self.timing.stagger_s

    def taken_over(self, *, decision_written: bool) -> None:
        """Continue what another process began: a decision found on a device must be withdrawn before an undo."""
        self._deciding = decision_written

    # leases

    async def take_leases(self, names: Sequence[str], purpose: str) -> None:
        """The first device in name order is the gate: of two operators at once one gets through, not neither.

        Raises:
            Locked: another holds one; whatever was taken is given back.
            StepFailed: a device does not answer; likewise.
        """
        ordered = sorted(names)
        self.emit(PhaseBegun("lease", tuple(ordered)))
        for group in (ordered[:1], ordered[1:]):
            for name in group:
                self.journal.append(Entry.LEASE, name)
            failed = await self._lease(group, purpose)
            if failed:
                await self.release()
                held = next((f for f in failed if f.exit is Exit.LOCKED), None)
                if held is not None:
                    raise Locked(held.message, hint=held.hint or "wait until it ends; `net history` names it")
                raise failed[0]

    async def await_leases(self, names: Sequence[str], purpose: str, stop: asyncio.Event | None = None) -> None:
        """`take_leases`, once the leases of a process that died have run out.

        Raises:
            Locked: a holder renews its lease, so it is alive; or it is still held after one lease time of ours.
            StepFailed: as `take_leases`.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self.timing.lease_ttl_s + 2
        seen: dict[str, tuple[int, float]] = {}
        while True:
            try:
                return await self.take_leases(names, purpose)
            except Locked as locked:
                ends = await self._leases_end(names)
                for name, (fence, end) in ends.items():
                    known, first = seen.setdefault(name, (fence, end))
                    if fence != known or end > first + 1:
                        raise Locked(f"{locked.message}; it is alive and renews its lease", hint=locked.hint) from None
                left = max((end - loop.time() for _, end in ends.values()), default=0.0)
                if loop.time() >= until or (stop is not None and stop.is_set()):
                    raise
                self.emit(Waiting("a lease that nobody renews to run out", max(0.0, min(left, until - loop.time()))))
                await asyncio.sleep(min(1.0, max(left, 0.1)))

    async def _leases_end(self, names: Iterable[str]) -> dict[str, tuple[int, float]]:
        """Others' leases: their fence, and when they end on this loop's clock."""
        statuses = successes(
            await self.fleet.each(names, "status", lambda device: device.status(), self.timing.step_timeout_s)
        )
        now = asyncio.get_running_loop().time()
        return {
            name: (status.lease.fence, now + status.lease.expires_in_s)
            for name, status in statuses.items()
            if status.lease is not None and status.lease.holder != self.holder
        }

    async def _lease(self, names: Iterable[str], purpose: str) -> tuple[StepFailed, ...]:
        results = await self.fleet.each(
            names,
            "lease",
            lambda device: device.lease(self.holder, self.timing.lease_ttl_s, purpose),
            self.timing.step_timeout_s,
        )
        for name, lease in successes(results).items():
            self.fences[name] = lease.fence
        return failures(results)

    async def release(self) -> None:
        """Best effort: a lease that cannot be given back runs out."""
        fences, self.fences = self.fences, {}
        await self.fleet.each(
            fences, "release", lambda device: device.release(fences[device.name]), self.timing.step_timeout_s
        )

    async def keep(self, *, timers: bool = True) -> None:
        """Renew leases, and timers, for ever: a task beside the work. A device that does not answer is left."""
        pause = min(self.timing.window_s, self.timing.lease_ttl_s) / 3
        while True:
            await asyncio.sleep(pause)
            free = [name for name in self.fences if name not in self._busy]
            failed = await self._lease(free, f"change {self.manifest.change}")
            self.lost = self.lost or next((f for f in failed if f.exit is Exit.LOCKED), None)
            if timers and self.lost is None and not self._deciding and not self._undoing:
                await self.extend([name for name in self.begun if name not in self._busy])

    # forward

    async def stage(
        self, targets: Mapping[str, DeviceConfig], managed: Mapping[str, str], drains: Mapping[str, str | None]
    ) -> None:
        """Put manifest and target on every device and have it check the syntax there.

        Args:
            managed: for each device the note of which objects are rtmctl's, in force once it is confirmed.
            drains: likewise the note of who has drained it; None where nobody has.

        Raises:
            StepFailed: of the first device that refuses; nothing has changed anywhere.
        """
        self.emit(PhaseBegun("stage", tuple(targets)))
        text = manifest_to_text(self.manifest)
        for name in targets:
            self.journal.append(Entry.STAGE, name)

        async def one(device: Device) -> None:
            fence = self.fences[device.name]
            await device.set_note(TRANSACTION, text, fence)
            await device.set_note(MANAGED_NEXT, managed.get(device.name), fence)
            await device.set_note(DRAIN_NEXT, drains.get(device.name) or "", fence)
            await device.stage(self.id, fence, targets[device.name])

        results = await self.fleet.each(targets, "stage", one, self.timing.commit_timeout_s)
        self._report("stage", results)
        if failed := failures(results):
            await self.unstage(targets)
            raise failed[0]

    async def restage(self, targets: Mapping[str, DeviceConfig]) -> None:
        """Put another target in the place of the staged one, under the same transaction. Raises StepFailed."""
        results = await self.fleet.each(
            targets,
            "stage",
            lambda device: device.stage(self.id, self.fences[device.name], targets[device.name]),
            self.timing.commit_timeout_s,
        )
        if failed := failures(results):
            raise failed[0]

    async def arm_for(self, seconds: float) -> None:
        """Set the timers for a confirmation by hand: the last wave's to `seconds`, earlier ones' later.

        Raises:
            StepFailed: a device does not take it; everything must be undone.
        """
        self.timing = replace(self.timing, window_s=seconds)
        results = await self._extend(self.manifest.devices)
        self._deciding = True  # no keeper may shorten or lengthen it from here on
        if failed := failures(results):
            self._deciding = False
            raise failed[0]

    async def unstage(self, names: Iterable[str]) -> None:
        """Best effort: a staged target changes nothing and the next one replaces it."""
        await self.fleet.each(
            names,
            "unstage",
            lambda device: device.revert(self.id, self.fences[device.name]),
            self.timing.step_timeout_s,
        )

    async def commit(
        self, wave: int, pre_hashes: Mapping[str, str], *, again: bool = False, only: Sequence[str] | None = None
    ) -> None:
        """Change one wave's devices, each under its revert timer.

        Raises:
            StepFailed: of the first device that failed; it and whatever else has begun must be undone.
        """
        self._wave = max(self._wave, wave)
        names = self.manifest.waves[wave] if only is None else tuple(only)
        await self.extend([name for name in self.begun if name not in names])
        self.begun += [name for name in names if name not in self.begun]
        for name in names:
            self.journal.append(Entry.COMMIT, name)
            self._armed(name)
        with self._at_work(names):
            results = await self.fleet.each(names, "commit", self._commit_one(pre_hashes, again), self._commit_limit())
        self._report("commit", results)
        self._applied.update(successes(results))
        for name in successes(results):
            self.journal.append(Entry.COMMITTED, name)
        if failed := failures(results):
            raise failed[0]

    def _commit_one(self, pre_hashes: Mapping[str, str], again: bool) -> Callable[[Device], Awaitable[None]]:
        async def one(device: Device) -> None:
            name = device.name
            await device.commit(self.id, self.fences[name], pre_hashes[name], self.reverts_in(name), again=again)

        return one

    def _commit_limit(self) -> float:
        return min(self.timing.commit_timeout_s, self.timing.window_s)

    async def extend(self, names: Sequence[str]) -> None:
        """Push the timers of applied devices out; one that does not answer keeps the timer it has."""
        await self._extend(names)

    async def _extend(self, names: Sequence[str]) -> Mapping[str, StepFailed | None]:
        results = await self.fleet.each(
            names,
            "extend",
            lambda device: device.extend(self.id, self.fences[device.name], self.reverts_in(device.name)),
            self.timing.step_timeout_s,
        )
        for name in successes(results):
            self._armed(name)
        return results

    # the decision

    async def decide(self) -> None:
        """Write the decision on every device.

        Raises:
            StepFailed: a device is not applied any more, or cannot take the note, or its timer leaves too little
                time: nobody has been confirmed and everything must be undone.
        """
        names = self.manifest.devices
        self.emit(PhaseBegun("confirm", names))
        await self.extend(names)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        statuses = await self._statuses(names)
        round_s = loop.time() - begun
        for name, status in statuses.items():
            if status.state is not TransactionState.APPLIED or status.transaction != self.id:
                raise StepFailed(
                    name, "confirm", f"is {status.state.value}: {status.failure or 'not applied any more'}"
                )
            # two rounds remain, the note and the confirmation; half as much again is kept in hand
            if (status.reverts_in_s or 0) < 1.5 * 2 * round_s:
                raise StepFailed(name, "confirm", f"only {status.reverts_in_s or 0:.1f} s are left on its revert timer")
        self.journal.append(Entry.DECIDING)
        self._deciding = True
        text = decision_to_text(Decision(self.id, Verdict.COMMIT))
        results = await self.fleet.each(
            names,
            "decide",
            lambda device: device.set_note(DECISION, text, self.fences[device.name]),
            self.timing.step_timeout_s,
        )
        if failed := failures(results):
            raise failed[0]
        self.journal.append(Entry.DECIDED_COMMIT)
        self.decided = True

    async def confirm(self, names: Collection[str] | None = None) -> tuple[DeviceOutcome, ...]:
        """After the decision: bring every device to the new state for good, wave by wave, and say where each stands.

        A device whose timer ran out meanwhile is changed again; both of a redundant pair never at once.
        """
        outcomes: list[DeviceOutcome] = []
        for whole in self.manifest.waves:
            wave = [name for name in whole if names is None or name in names]
            for name in wave:
                self.journal.append(Entry.CONFIRM, name)
            # one that has gone back meanwhile takes a revert and a commit more
            limit = self.timing.step_timeout_s + 2 * self.timing.commit_timeout_s
            with self._at_work(wave):
                results = await self.fleet.each(wave, "confirm", self._confirm_one, limit)
            self._report("confirm", results)
            for name, result in results.items():
                if isinstance(result, StepFailed):
                    outcomes.append(DeviceOutcome(name, Standing.UNKNOWN, result.reason))
                else:
                    self.journal.append(Entry.CONFIRMED, name)
                    outcomes.append(DeviceOutcome(name, Standing.NEW))
        return tuple(outcomes)

    async def _confirm_one(self, device: Device) -> None:
        fence = self.fences[device.name]
        managed = await device.note(MANAGED_NEXT)
        if managed is not None:
            await device.set_note(MANAGED, managed, fence)
        drain = await device.note(DRAIN_NEXT)
        if drain is not None:
            await device.set_note(DRAIN, drain or None, fence)
        try:
            await device.confirm(self.id, fence)
            return
        except RtmctlError:
            status = await device.status()
            if status.transaction != self.id or status.state not in _UNCONFIRMED:
                raise
        loop = asyncio.get_running_loop()
        until = loop.time() + self.timing.commit_timeout_s
        while status.state in PENDING and loop.time() < until:
            await asyncio.sleep(0.2)
            status = await device.status()
        if status.state in (TransactionState.REVERTED, TransactionState.STAGED):
            revert_in_s = max(self.timing.window_s, self.timing.commit_timeout_s)
            await device.commit(self.id, fence, status.pre_hash or "", revert_in_s, again=True)
        await device.confirm(self.id, fence)

    # the way back

    async def undo(self) -> tuple[DeviceOutcome, ...]:
        """Bring every begun device back, the last wave first, and prove it; then say where each stands.

        A device that does not answer is waited for until its own timer must have reverted it.

        Raises:
            StateUnknown: the decision had been written and nobody can take its withdrawal: do not touch anything.
        """
        self._undoing = True
        self.journal.append(Entry.DECIDED_REVERT)
        self.emit(PhaseBegun("undo", tuple(reversed(self.begun))))
        if self._deciding:
            await self._withdraw()
        outcomes: dict[str, DeviceOutcome] = {}
        for wave in reversed(self.manifest.waves):
            names = [name for name in wave if name in self.begun]
            for name in names:
                self.journal.append(Entry.REVERT, name)
            with self._at_work(names):
                results = await self.fleet.each(names, "revert", self._revert_one, self.timing.commit_timeout_s)
            self._report("revert", results)
            for name, result in results.items():
                if not isinstance(result, StepFailed):
                    self.journal.append(Entry.REVERTED, name)
                    outcomes[name] = DeviceOutcome(name, Standing.OLD)
            if len(outcomes) < len(self.begun):
                await self._await_sessions([name for name in names if name in outcomes])
        late = [name for name in self.begun if name not in outcomes]
        waited = await asyncio.gather(*(self._await_own_timer(name) for name in late))
        outcomes |= {outcome.device: outcome for outcome in waited}
        await self.unstage([name for name in self.manifest.devices if name in self.fences and name not in outcomes])
        return tuple(outcomes[name] for name in sorted(outcomes))

    async def _revert_one(self, device: Device) -> None:
        status = await device.status()
        self._refuse_forgotten(device.name, status)
        if status.transaction != self.id or status.state in (TransactionState.NONE, TransactionState.STAGED):
            return  # its commit never began
        if status.state is not TransactionState.REVERTED:
            await device.revert(self.id, self.fences[device.name])
            status = await device.status()
        if status.state is not TransactionState.REVERTED:
            raise PermanentError(f"is {status.state.value}: {status.failure or 'the revert did not take'}")

    def _refuse_forgotten(self, name: str, status: DeviceStatus) -> None:
        """A device that was changed and knows nothing of it has lost its pre-image too."""
        if name in self._applied and status.transaction != self.id:
            raise PermanentError("was changed and has lost its record of it: what it runs is not known")

    async def _await_sessions(self, names: Sequence[str]) -> None:
        """Until the sessions of reverted devices are back, before their partners go; at most one stagger.

        A session that was down before the change costs that wait; a partner reverted too early costs an outage.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self.timing.stagger_s
        waiting = list(names)
        while waiting and loop.time() < until:
            results = await self.fleet.each(
                waiting, "health", lambda device: device.state(), max(0.1, until - loop.time())
            )
            states = successes(results)
            waiting = [n for n in states if any(s.state != "Established" for s in states[n].bgp)]
            if waiting:
                self.emit(Waiting(f"the sessions of {', '.join(waiting)}", max(0.0, until - loop.time())))
                await asyncio.sleep(0.5)

    async def _withdraw(self) -> None:
        text = decision_to_text(Decision(self.id, Verdict.REVERT))
        results = await self.fleet.each(
            list(self.fences),
            "withdraw",
            lambda device: device.set_note(DECISION, text, self.fences[device.name]),
            self.timing.step_timeout_s,
        )
        if not successes(results):
            raise StateUnknown(
                f"the decision for {self.id} may stand on some devices and none of them answers",
                hint="when they do: rtmctl net recover",
            )

    async def _await_own_timer(self, name: str) -> DeviceOutcome:
        loop = asyncio.get_running_loop()
        until = self._deadlines.get(name, loop.time()) + _GRACE_S
        message = ""
        while True:
            self.emit(Waiting(f"{name} to revert by its own timer", max(0.0, until - loop.time())))
            try:
                status = await self.fleet.call(name, "status", lambda d: d.status(), self.timing.step_timeout_s)
                if status.state is TransactionState.BROKEN:
                    return DeviceOutcome(name, Standing.UNKNOWN, f"its revert failed: {status.failure}")
                self._refuse_forgotten(name, status)
                if status.transaction != self.id or status.state not in PENDING:
                    self.journal.append(Entry.REVERTED, name, "by its own timer")
                    return DeviceOutcome(name, Standing.OLD, "reverted by its own timer")
                message = f"still {status.state.value}"
            except StepFailed as failure:
                message = failure.reason
            except PermanentError as lost:
                return DeviceOutcome(name, Standing.UNKNOWN, lost.message)
            if loop.time() >= until:
                hint = "its own timer reverts it; when it answers again: rtmctl net recover"
                return DeviceOutcome(name, Standing.UNKNOWN, f"{message}; {hint}")
            await asyncio.sleep(1)

    # small parts

    @contextlib.contextmanager
    def _at_work(self, names: Collection[str]) -> Iterator[None]:
        """A renewal would queue behind the step on the same session, run out of time, and close it under the step."""
        self._busy.update(names)
        try:
            yield
        finally:
            self._busy.difference_update(names)

    async def _statuses(self, names: Iterable[str]) -> dict[str, DeviceStatus]:
        results = await self.fleet.each(names, "status", lambda device: device.status(), self.timing.step_timeout_s)
        if failed := failures(results):
            raise failed[0]
        return successes(results)

    def _armed(self, name: str) -> None:
        self._deadlines[name] = asyncio.get_running_loop().time() + self.reverts_in(name)

    def _report(self, step: str, results: Mapping[str, object]) -> None:
        for name, result in results.items():
            if isinstance(result, StepFailed):
                self.emit(DeviceStep(name, step, False, result.reason))
            else:
                self.emit(DeviceStep(name, step, True))
