"""One open change on its way to an end: taken over from whoever left it, then forward, or back, or confirmed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from rtmctl.base import Exit, Refused, StateUnknown
from rtmctl.change.auditing import Account
from rtmctl.change.errors import StepFailed
from rtmctl.change.events import Note, OnEvent
from rtmctl.change.fleet import Fleet
from rtmctl.change.holdings import read_holdings
from rtmctl.change.journal import Entry, Journal, StoreJournal
from rtmctl.change.options import Timing
from rtmctl.change.results import ChangeResult, DeviceOutcome, Outcome, Standing, lost, unknown
from rtmctl.change.settling import seen_of, settle_one
from rtmctl.change.standing import UNSETTLED, Direction, OpenChange, stands
from rtmctl.change.transaction import Transaction, await_leases, confirm_devices, decide, keep, release_leases, undo
from rtmctl.device.types import TransactionState
from rtmctl.store import ChangeRow, StandingRow, Store

_BACK = (
    "does not answer; what it has of this change goes back by its own timer, or when it boots; "
    "when it answers again: rtmctl net recover"
)
_FORWARD = (
    "does not answer; unless it is confirmed already its own timer takes it back to the old state; "
    "when it answers again: rtmctl net recover brings it to the new one"
)


@dataclass
class Finisher:
    """Made for one change by `recover` or `confirm`, used once."""

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
        """Forward when it was decided, else back: as it stands once the leases are ours.

        Raises:
            Locked: another rtmctl is at it.
            StepFailed: a device that answers gives no lease.
        """
        transaction = await self._take_over()
        try:
            if self.change.direction is Direction.SETTLED:
                self._note_settled()
                return self._result(Outcome.NOTHING, "somebody else has settled it meanwhile", ())
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
        """Decide for the new state, and go there.

        Raises:
            Refused: it is not applied everywhere (any more); nothing was changed.
            Locked, StepFailed: as `settle`.
        """
        self._refuse_incomplete()
        transaction = await self._take_over()
        try:
            self._refuse_incomplete()
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

    def _refuse_incomplete(self) -> None:
        manifest = self.change.manifest
        wrong = [
            f"{name} is {holding.status.state.value}"
            for name, holding in sorted(self.change.holdings.items())
            if holding.status.transaction != manifest.id or holding.status.state is not TransactionState.APPLIED
        ]
        wrong += [f"{name} does not answer" for name in self.change.silent]
        if wrong and self.change.direction is not Direction.FORWARD:
            raise Refused(f"change {manifest.id} cannot be confirmed: {', '.join(wrong)}", hint="rtmctl net recover")

    async def _let_go(self, transaction: Transaction) -> None:
        if self.keeper is not None:
            self.keeper.cancel()
            await asyncio.gather(self.keeper, return_exceptions=True)
        await release_leases(transaction)

    def _answering(self) -> tuple[str, ...]:
        return tuple(self.change.holdings)

    async def _take_over(self) -> Transaction:
        """Leases on all that answer; what was read before is read again, for others may have acted until now."""
        manifest = self.change.manifest
        transaction = Transaction(
            manifest,
            self.fleet,
            self._journal(),
            timing=self.timing,
            emit=self.emit,
            holder=f"{self.by} recover {manifest.id}",
        )
        while True:
            try:
                await await_leases(transaction, self._answering(), f"recover {manifest.id}")
                break
            except StepFailed as failure:
                silent = len(self.change.silent)
                await self._look_again()
                if failure.exit is Exit.LOCKED or len(self.change.silent) <= silent or not self.change.holdings:
                    raise
        self.keeper = asyncio.create_task(keep(transaction, timers=False))
        try:
            await self._look_again()
        except BaseException:
            await self._let_go(transaction)
            raise
        transaction.begun = [
            name
            for name in manifest.devices
            if name in self.change.holdings
            and self.change.holdings[name].status.transaction == manifest.id
            and self.change.holdings[name].status.state in UNSETTLED
        ]
        # a decision found on a device must be withdrawn before an undo
        transaction.deciding = any(
            h.decision is not None and h.decision.transaction == manifest.id for h in self.change.holdings.values()
        )
        return transaction

    async def _look_again(self) -> None:
        devices = self.change.manifest.devices
        holdings, _ = await read_holdings(self.fleet, devices, self.timing)
        self.change = stands(self.change.manifest, holdings)

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

    def _note_settled(self) -> None:
        row = self.store.change(self.change.manifest.change)
        assert row is not None  # the journal has begun one
        settle_one(self.store, row, seen_of(self.change.holdings), self.now(), devices=self._answering())

    async def _back(self, transaction: Transaction, why: str = "") -> ChangeResult:
        try:
            outcomes = await undo(transaction)
        except StateUnknown as silence:
            devices = unknown(self.change.manifest.devices)
            return self._result(Outcome.UNKNOWN, silence.message, devices, silence.hint)
        told = {outcome.device for outcome in outcomes}
        others = tuple(DeviceOutcome(name, Standing.OLD) for name in self.change.holdings if name not in told)
        every = self._with_silent((*outcomes, *others), _BACK)
        if gone := lost(every):
            text = f"{why}; " if why else ""
            message = f"{text}back to the old state, but for {', '.join(gone)}"
            return self._result(Outcome.UNKNOWN, message, every, _again(gone))
        return self._result(Outcome.REVERTED, why or "it was not decided; every device is as before", every)

    def _forward(self, outcomes: tuple[DeviceOutcome, ...]) -> ChangeResult:
        every = self._with_silent(outcomes, _FORWARD)
        if gone := lost(every):
            message = f"decided, but not confirmed on {', '.join(gone)}"
            return self._result(Outcome.UNKNOWN, message, every, _again(gone))
        return self._result(Outcome.CONFIRMED, f"{len(every)} devices confirmed", every)

    def _with_silent(self, outcomes: tuple[DeviceOutcome, ...], message: str) -> tuple[DeviceOutcome, ...]:
        every = (*outcomes, *unknown(self.change.silent, message))
        return tuple(sorted(every, key=lambda outcome: outcome.device))

    def _result(
        self, outcome: Outcome, message: str, devices: tuple[DeviceOutcome, ...], hint: str = ""
    ) -> ChangeResult:
        return ChangeResult(self.change.manifest.change, outcome, message, devices, hint=hint)

    async def _record(self, result: ChangeResult, action: str) -> None:
        StoreJournal(self.store, result.change, self.now).append(Entry.END, detail=result.outcome.value)
        self.store.end_change(result.change, result.outcome.value, result.message, self.now())
        self.store.set_standings(
            StandingRow(result.change, one.device, one.standing.value, one.message, self.now())
            for one in result.devices
        )
        account = Account(action, self.by, result.change, self.site, self._answering(), self.change.manifest.reason)
        await account.close(self.store, result.outcome.value, self.now(), self.fleet, self.emit)


def _again(names: tuple[str, ...]) -> str:
    return f"bring {', '.join(names)} back and repeat rtmctl net recover; until then nothing else is changed there"
