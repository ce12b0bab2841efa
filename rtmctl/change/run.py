"""One change on its way: gates, leases, staging, waves, decision; and back when something is not as it should be."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rtmctl.base import PermanentError, RtmctlError, StateUnknown
from rtmctl.change.advance import Advance, Stopped, undo_order
from rtmctl.change.auditing import Account
from rtmctl.change.checkup import Checkup
from rtmctl.change.events import Note, OnEvent, PhaseBegun
from rtmctl.change.fleet import Fleet
from rtmctl.change.gates import refuse_degraded, refuse_stale, refuse_unsettled
from rtmctl.change.journal import Entry, Journal
from rtmctl.change.notes import Manifest
from rtmctl.change.options import ApplyOptions, CommitMode
from rtmctl.change.plan_types import Plan, Stage
from rtmctl.change.results import ChangeResult, DeviceOutcome, Outcome, Standing, lost, unknown
from rtmctl.change.secrets import Resolve
from rtmctl.change.settling import seen_of, settle
from rtmctl.change.transaction import (
    Transaction,
    arm_for,
    await_leases,
    confirm_devices,
    decide,
    keep,
    release_leases,
    sessions_return_s,
    undo,
)
from rtmctl.intent.schema.management import Freeze
from rtmctl.model.types import DeviceModel
from rtmctl.store import Store, StoreError


def no_secrets(reference: str) -> str:
    """For plans without secrets."""
    raise PermanentError(f"secret {reference} is needed and no way to resolve it was given")


@dataclass(frozen=True, slots=True)
class Site:
    """What a change needs of the site beside its plan."""

    targets: Mapping[str, DeviceModel] = field(default_factory=dict)
    """the models after the change: what health may expect"""
    freezes: tuple[Freeze, ...] = ()
    resolve: Resolve = no_secrets
    plan_key: bytes = b""


@dataclass
class ChangeRun:
    """The state of one `apply`. Made by `apply`, used once."""

    plan: Plan
    change: str
    by: str
    store: Store
    journal: Journal
    fleet: Fleet
    site: Site
    options: ApplyOptions
    emit: OnEvent
    stop: asyncio.Event
    now: Callable[[], float]
    kind: str = "apply"
    _fences: dict[str, int] = field(default_factory=dict)
    _transaction: Transaction | None = None
    _done: dict[str, DeviceOutcome] = field(default_factory=dict)
    """devices of earlier rounds, confirmed already"""

    async def carry_out(self) -> ChangeResult:
        """See `apply`; the history gets its end whatever happens, unless the process dies."""
        begun = asyncio.get_running_loop().time()
        account = Account(self.kind, self.by, self.change, self.plan.site, self.plan.devices, self.options.reason)
        account.write(self.store, "begun", self.now())
        try:
            result = await self._all_rounds()
        except asyncio.CancelledError:
            result = self._left_armed()
        except RtmctlError as error:
            self._remember("nothing changed", error.message)
            await account.close(self.store, "nothing changed", self.now(), self.fleet, self.emit)
            raise
        else:
            await account.close(self.store, result.outcome.value, self.now(), self.fleet, self.emit)
        finally:
            await self._let_go()
        self.journal.append(Entry.END, detail=result.outcome.value)
        self._remember(result.outcome.value, result.message)
        seconds = asyncio.get_running_loop().time() - begun
        return ChangeResult(
            result.change, result.outcome, result.message, result.devices, hint=result.hint, seconds=seconds
        )

    def _remember(self, outcome: str, message: str) -> None:
        """The history's end of it. What the devices did stands, although a full or lost store cannot tell later."""
        try:
            self.store.end_change(self.change, outcome, message, self.now())
        except StoreError as error:
            self.emit(Note(f"the history does not know the end of {self.change}: {error.message}"))

    async def _all_rounds(self) -> ChangeResult:
        rounds = _rounds(self.plan, self.options.commit)
        self.journal.append(Entry.BEGIN, detail=str(len(rounds)))
        parts = [part for stage in self.plan.stages for part in stage.devices]
        names = self.plan.devices
        timing = self.options.timing
        holdings = await refuse_unsettled(self.fleet, names, timing)
        settle(self.store, self.plan.site, seen_of(holdings), self.now(), but={self.change})
        for text in await refuse_degraded(self.fleet, parts, timing, override=self.options.degraded):
            self.emit(Note(f"degraded: {text}"))
        result: ChangeResult | None = None
        for number, stages in enumerate(rounds, 1):
            transaction = self._new_transaction(number, len(rounds), stages)
            if number == 1:
                await await_leases(transaction, names, f"change {self.change}", self.stop)
            keeper = asyncio.create_task(keep(transaction))
            try:
                result = await self._round(transaction, stages, number - 1, last=number == len(rounds))
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
                self._fences = transaction.fences
            if result.outcome is not Outcome.CONFIRMED:
                return result
            self._done |= {outcome.device: outcome for outcome in result.devices}
        assert result is not None  # a plan that is not empty has a round
        return result

    def _new_transaction(self, number: int, of: int, stages: tuple[Stage, ...]) -> Transaction:
        manifest = Manifest(
            id=self.change if of == 1 else f"{self.change}.{number}",
            change=self.change,
            site=self.plan.site,
            by=self.by,
            reason=self.options.reason,
            waves=undo_order(stages),
            confirm_within_s=self.options.confirm_within_s,
        )
        transaction = Transaction(
            manifest,
            self.fleet,
            self.journal,
            timing=self.options.timing,
            emit=self.emit,
            holder=self.options.holder or f"{self.by} {self.change}",
            return_s=sessions_return_s(self.site.targets[n] for n in self.plan.devices if n in self.site.targets),
        )
        transaction.fences = self._fences
        self._transaction = transaction
        return transaction

    async def _round(
        self, transaction: Transaction, stages: tuple[Stage, ...], rounds_before: int, *, last: bool
    ) -> ChangeResult:
        parts = [part for stage in stages for part in stage.devices]
        names = {part.device for part in parts}
        checkup = Checkup(
            self.fleet,
            names | {partner for part in parts for partner in part.partners},
            timing=self.options.timing,
            emit=self.emit,
            stop=self.stop,
        )
        advance = Advance(
            stages,
            transaction,
            checkup,
            self.site.targets,
            self.site.resolve,
            self.options,
            self.stop,
            waves_before=rounds_before,
            waves_in_all=sum(len(stage.waves) for stage in self.plan.stages),
        )
        self.emit(PhaseBegun("check", tuple(sorted(names))))
        try:
            if not self._done:
                await refuse_stale(self.fleet, parts, self.options.timing)
            if not all(part.idle for part in parts):
                await checkup.take_baseline()
            await advance.prepare()
        except RtmctlError as error:
            if not self._done:
                raise
            return self._result(Outcome.REVERTED, f"{error.message}; earlier waves stay", ())
        try:
            await advance.go()
            if last and self.options.confirm_within_s is not None:
                return await self._leave_unconfirmed(transaction)
            await decide(transaction)
        except RtmctlError as error:
            return await self._undo(transaction, error)
        return self._confirmed(await confirm_devices(transaction))

    async def _leave_unconfirmed(self, transaction: Transaction) -> ChangeResult:
        seconds = self.options.confirm_within_s or 0
        await arm_for(transaction, seconds)
        outcomes = tuple(DeviceOutcome(n, Standing.PENDING) for n in transaction.manifest.devices)
        return self._result(
            Outcome.UNCONFIRMED,
            f"unless confirmed the devices revert in {seconds:g} to {transaction.worst_s:.0f} s",
            outcomes,
            hint=f"rtmctl net confirm {self.change}",
        )

    async def _undo(self, transaction: Transaction, error: RtmctlError) -> ChangeResult:
        try:
            outcomes = await undo(transaction)
        except StateUnknown as silence:
            devices = unknown(transaction.manifest.devices)
            return self._result(Outcome.UNKNOWN, f"{error.message}; {silence.message}", devices, hint=silence.hint)
        if gone := lost(outcomes):
            return self._result(
                Outcome.UNKNOWN,
                f"{error.message}; all others are as before, unknown: {', '.join(gone)}",
                outcomes,
                hint="look at them now; when they answer: rtmctl net recover",
            )
        ended = Outcome.ABORTED if isinstance(error, Stopped) else Outcome.REVERTED
        where = "every other device stays as confirmed" if self._done else "every device is as before"
        return self._result(ended, f"{error.message}; {where}", outcomes, hint=error.hint)

    def _confirmed(self, outcomes: tuple[DeviceOutcome, ...]) -> ChangeResult:
        if gone := lost(outcomes):
            return self._result(
                Outcome.UNKNOWN,
                f"decided, but not confirmed on {', '.join(gone)}",
                outcomes,
                hint="rtmctl net recover goes on to the new state",
            )
        number = len({*self._done, *(outcome.device for outcome in outcomes)})
        return self._result(Outcome.CONFIRMED, f"{number} device{'s' if number != 1 else ''} changed", outcomes)

    def _left_armed(self) -> ChangeResult:
        transaction = self._transaction
        if transaction is None or not transaction.begun:
            return self._result(Outcome.ABORTED, "interrupted before anything was changed", ())
        outcomes = tuple(DeviceOutcome(name, Standing.PENDING) for name in transaction.begun)
        if transaction.decided:
            text, hint = "interrupted after the decision", "rtmctl net recover goes on to the new state"
        else:
            seconds = max(transaction.reverts_in(name) for name in transaction.begun)
            text = f"every device reverts by itself within {seconds:.0f} s"
            hint = "rtmctl net recover reverts at once"
        return self._result(Outcome.ARMED, text, outcomes, hint=hint)

    def _result(
        self, outcome: Outcome, message: str, devices: tuple[DeviceOutcome, ...], hint: str = ""
    ) -> ChangeResult:
        merged = self._done | {device.device: device for device in devices}
        return ChangeResult(self.change, outcome, message, tuple(merged[name] for name in sorted(merged)), hint=hint)

    async def _let_go(self) -> None:
        if self._transaction is not None and not self.options.holder:
            await release_leases(self._transaction)
        await self.fleet.close()


def _rounds(plan: Plan, mode: CommitMode) -> list[tuple[Stage, ...]]:
    """What is decided together: all stages, or each wave of the only one by itself."""
    if mode is CommitMode.ALL:
        return [plan.stages]
    return [
        (Stage(stage.name, tuple(stage.device(name) for name in wave.devices), (wave,)),)
        for stage in plan.stages
        for wave in stage.waves
    ]
