"""`net recover` and `net confirm`: finishing what somebody, perhaps on another machine, has left.

Everything is read from the devices; the store may be empty.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError, Refused, StateUnknown
from rtmctl.change.auditing import Account
from rtmctl.change.errors import StepFailed
from rtmctl.change.events import Note, OnEvent, PhaseBegun, ignore
from rtmctl.change.fleet import Connect, Fleet
from rtmctl.change.holdings import read_holdings
from rtmctl.change.journal import Entry, Journal, StoreJournal
from rtmctl.change.options import Timing
from rtmctl.change.plan import whoami
from rtmctl.change.results import ChangeResult, DeviceOutcome, Outcome, Standing
from rtmctl.change.standing import PENDING, Direction, OpenChange, open_changes
from rtmctl.change.transaction import Transaction, await_leases, confirm_devices, decide, keep, release_leases, undo
from rtmctl.device.types import TransactionState
from rtmctl.store import ChangeRow, Store

_TIMING = Timing()


@dataclass(frozen=True, slots=True)
class RecoverReport:
    results: tuple[ChangeResult, ...]
    """one for each change that was open"""
    silent: tuple[str, ...]
    """devices that do not answer; what they hold is not known"""

    @property
    def exit(self) -> Exit:
        if self.silent or any(r.outcome is Outcome.UNKNOWN for r in self.results):
            return Exit.STATE_UNKNOWN
        return Exit.DONE


async def recover(
    connect: Connect,
    names: Collection[str],
    store: Store,
    *,
    site: str,
    by: str = "",
    timing: Timing = _TIMING,
    emit: OnEvent = ignore,
    now: Callable[[], float] = time.time,
) -> RecoverReport:
    """Settle every change the devices hold: forward where it was decided, back everywhere else, never mixed.

    A lease of the rtmctl that died is waited for; it runs out.

    Raises:
        Locked: another rtmctl is alive and renews its lease.
    """
    fleet = Fleet(connect)
    try:
        emit(PhaseBegun("recover", tuple(names)))
        holdings, silent = await read_holdings(fleet, names, timing)
        results = []
        for change in open_changes(holdings):
            finisher = _Finisher(change, fleet, store, site, by or whoami(), timing, emit, now)
            results.append(await finisher.settle())
        return RecoverReport(tuple(results), silent)
    finally:
        await fleet.close()


async def confirm(
    connect: Connect,
    names: Collection[str],
    store: Store,
    change: str,
    *,
    site: str,
    by: str = "",
    timing: Timing = _TIMING,
    emit: OnEvent = ignore,
    now: Callable[[], float] = time.time,
) -> ChangeResult:
    """Confirm a change that `apply --confirm-within` left applied.

    Raises:
        PermanentError: no device holds such a change.
        Refused: it is not applied everywhere (any more); nothing was changed.
        Locked: another rtmctl works on it.
    """
    fleet = Fleet(connect)
    try:
        holdings, _ = await read_holdings(fleet, names, timing)
        mine = [c for c in open_changes(holdings) if change in (c.manifest.id, c.manifest.change)]
        if not mine:
            states = {
                name: h.status.state.value
                for name, h in holdings.items()
                if h.manifest is not None and change in (h.manifest.id, h.manifest.change)
            }
            if states and set(states.values()) == {TransactionState.CONFIRMED.value}:
                return ChangeResult(change, Outcome.NOTHING, "it is confirmed already")
            said = ", ".join(f"{name} {state}" for name, state in sorted(states.items()))
            raise PermanentError(
                f"no device holds an unconfirmed change {change}" + (f" ({said})" if said else ""),
                hint="rtmctl net history",
            )
        finisher = _Finisher(mine[0], fleet, store, site, by or whoami(), timing, emit, now)
        return await finisher.confirm()
    finally:
        await fleet.close()


@dataclass
class _Finisher:
    """One open change on its way to an end."""

    change: OpenChange
    fleet: Fleet
    store: Store
    site: str
    by: str
    timing: Timing
    emit: OnEvent
    now: Callable[[], float]
    keeper: asyncio.Task[None] | None = None

    async def settle(self) -> ChangeResult:
        transaction = await self._take_over()
        try:
            if self.change.direction is Direction.FORWARD:
                self.emit(Note(f"{self.change.manifest.id} was decided: going forward"))
                result = self._forward(await confirm_devices(transaction, self._answering()))
            else:
                self.emit(Note(f"{self.change.manifest.id} was not decided: going back"))
                result = await self._back(transaction)
        finally:
            await self._let_go(transaction)
        await self._record(result, "recover")
        return result

    async def confirm(self) -> ChangeResult:
        manifest = self.change.manifest
        wrong = [
            f"{name} is {holding.status.state.value}"
            for name, holding in sorted(self.change.holdings.items())
            if holding.status.transaction != manifest.id or holding.status.state is not TransactionState.APPLIED
        ]
        wrong += [f"{name} does not answer" for name in self.change.silent]
        if wrong and self.change.direction is not Direction.FORWARD:
            raise Refused(f"change {manifest.id} cannot be confirmed: {', '.join(wrong)}", hint="rtmctl net recover")
        transaction = await self._take_over()
        try:
            if self.change.direction is not Direction.FORWARD:
                try:
                    await decide(transaction)
                except StepFailed as failure:
                    result = await self._back(transaction, failure.message)
                    await self._record(result, "confirm")
                    return result
            result = self._forward(await confirm_devices(transaction, self._answering()))
        finally:
            await self._let_go(transaction)
        await self._record(result, "confirm")
        return result

    async def _let_go(self, transaction: Transaction) -> None:
        if self.keeper is not None:
            self.keeper.cancel()
            await asyncio.gather(self.keeper, return_exceptions=True)
        await release_leases(transaction)

    def _answering(self) -> tuple[str, ...]:
        return tuple(self.change.holdings)

    async def _take_over(self) -> Transaction:
        manifest = self.change.manifest
        transaction = Transaction(
            manifest,
            self.fleet,
            self._journal(),
            timing=self.timing,
            emit=self.emit,
            holder=f"{self.by} recover {manifest.id}",
        )
        transaction.begun = [
            name
            for name in manifest.devices
            if name in self.change.holdings
            and self.change.holdings[name].status.transaction == manifest.id
            and self.change.holdings[name].status.state in (*PENDING, TransactionState.BROKEN)
        ]
        # a decision found on a device must be withdrawn before an undo
        transaction.deciding = any(
            h.decision is not None and h.decision.transaction == manifest.id for h in self.change.holdings.values()
        )
        await await_leases(transaction, self._answering(), f"recover {manifest.id}")
        self.keeper = asyncio.create_task(keep(transaction, timers=False))
        return transaction

    def _journal(self) -> Journal:
        """In the change's own journal when this store knows it, else in a new one of the same id."""
        manifest = self.change.manifest
        if self.store.change(manifest.change) is None:
            self.store.begin_change(
                ChangeRow(
                    id=manifest.change,
                    site=self.site,
                    kind="recover",
                    by=self.by,
                    reason=f"found on the devices; begun by {manifest.by or 'somebody'}: {manifest.reason}",
                    begun_at=self.now(),
                    ended_at=None,
                    outcome=Outcome.RUNNING.value,
                    message="",
                    plan="",
                )
            )
        return StoreJournal(self.store, manifest.change, self.now)

    async def _back(self, transaction: Transaction, why: str = "") -> ChangeResult:
        try:
            outcomes = await undo(transaction)
        except StateUnknown as unknown:
            lost = tuple(DeviceOutcome(name, Standing.UNKNOWN) for name in self.change.manifest.devices)
            return self._result(Outcome.UNKNOWN, unknown.message, lost, unknown.hint)
        missing = tuple(
            DeviceOutcome(name, Standing.UNKNOWN, "does not answer; its own timer reverts it")
            for name in self.change.silent
        )
        others = tuple(
            DeviceOutcome(name, Standing.OLD)
            for name in self.change.holdings
            if name not in {outcome.device for outcome in outcomes}
        )
        every = tuple(sorted((*outcomes, *missing, *others), key=lambda o: o.device))
        lost_names = [o.device for o in every if o.standing is Standing.UNKNOWN]
        if lost_names:
            text = f"{why}; " if why else ""
            return self._result(
                Outcome.UNKNOWN,
                f"{text}back to the old state, but for {', '.join(lost_names)}",
                every,
                "when they answer: rtmctl net recover",
            )
        return self._result(Outcome.REVERTED, why or "it was not decided; every device is as before", every)

    def _forward(self, outcomes: tuple[DeviceOutcome, ...]) -> ChangeResult:
        missing = tuple(DeviceOutcome(name, Standing.UNKNOWN, "does not answer") for name in self.change.silent)
        every = tuple(sorted((*outcomes, *missing), key=lambda o: o.device))
        lost = [o.device for o in every if o.standing is Standing.UNKNOWN]
        if lost:
            return self._result(
                Outcome.UNKNOWN,
                f"decided, but not confirmed on {', '.join(lost)}",
                every,
                "when they answer: rtmctl net recover",
            )
        return self._result(Outcome.CONFIRMED, f"{len(every)} devices confirmed", every)

    def _result(
        self, outcome: Outcome, message: str, devices: tuple[DeviceOutcome, ...], hint: str = ""
    ) -> ChangeResult:
        return ChangeResult(self.change.manifest.change, outcome, message, devices, hint=hint)

    async def _record(self, result: ChangeResult, action: str) -> None:
        StoreJournal(self.store, result.change, self.now).append(Entry.END, detail=result.outcome.value)
        self.store.end_change(result.change, result.outcome.value, result.message, self.now())
        account = Account(action, self.by, result.change, self.site, self._answering(), self.change.manifest.reason)
        await account.close(self.store, result.outcome.value, self.now(), self.fleet, self.emit)
