"""A change on trial: it stands on one device, never to be confirmed, for as long as somebody extends its timer.

`carry_out` with `confirm_within_s` leaves it so. The device's own timer ends it whatever becomes of who made it.
"""

from collections.abc import Mapping
from dataclasses import replace

from rtmctl.base import PermanentError
from rtmctl.change.events import OnEvent, ignore
from rtmctl.change.fleet import Fleet
from rtmctl.change.holdings import read_holdings
from rtmctl.change.journal import StoreJournal
from rtmctl.change.network import Network
from rtmctl.change.options import Timing
from rtmctl.change.results import DeviceOutcome
from rtmctl.change.settling import seen_of, settle
from rtmctl.change.standing import PENDING, Holding
from rtmctl.change.transaction import Transaction, await_leases, undo
from rtmctl.device.types import Running, TransactionState

_TIMING = Timing()


class Trial:
    """One session to the device, kept open; all that matters is read from the device, so that any machine may go on."""

    def __init__(self, network: Network, device: str, holder: str, emit: OnEvent = ignore) -> None:
        """`holder`: whose lease it goes under; who holds it already keeps it."""
        self.network, self.device, self.holder, self.emit = network, device, holder, emit
        self._fleet = Fleet(network.connect)

    async def look(self) -> Holding:
        """What the device holds of changes. Raises StepFailed when it does not answer."""
        found, _ = await read_holdings(self._fleet, (self.device,), _TIMING)
        if self.device not in found:  # asked once more for the reason
            await self._fleet.call(self.device, "status", lambda device: device.status(), _TIMING.step_timeout_s)
            found, _ = await read_holdings(self._fleet, (self.device,), _TIMING)
        return found[self.device]

    async def running(self) -> Running:
        """What it runs now. Raises StepFailed."""
        return await self._fleet.call(self.device, "running", lambda device: device.running(), _TIMING.step_timeout_s)

    async def extend(self, seconds: float) -> Holding:
        """Push its timer out to so many seconds from now, and the lease with it.

        Raises:
            PermanentError: no change is applied there any more.
            StepFailed: the device does not answer or refuses; the timer it has goes on.
        """
        holding = await self.look()
        change = holding.status.transaction
        if change is None or holding.status.state is not TransactionState.APPLIED:
            why = holding.status.failure or "nothing is left to extend"
            raise PermanentError(f"{self.device}: the change is {holding.status.state.value}: {why}")
        lease = await self._fleet.call(
            self.device,
            "lease",
            lambda device: device.lease(self.holder, max(seconds, _TIMING.lease_ttl_s), f"change {change}"),
            _TIMING.step_timeout_s,
        )
        await self._fleet.call(
            self.device,
            "extend",
            lambda device: device.extend(change, lease.fence, seconds),
            _TIMING.step_timeout_s,
        )
        status = replace(holding.status, lease=lease, reverts_in_s=seconds)
        return replace(holding, status=status)

    async def undo(self) -> DeviceOutcome:
        """Bring the device back to what it ran before, and prove it; a device that does not answer is waited for.

        Raises:
            PermanentError: the device does not say which change it holds.
            Locked: another holder has its lease, and renews it.
            StateUnknown: as `transaction.undo`.
        """
        holding = await self.look()
        if holding.manifest is None or holding.manifest.id != holding.status.transaction:
            raise PermanentError(f"{self.device}: its note of the change is gone", hint="rtmctl net recover")
        transaction = Transaction(
            holding.manifest,
            self._fleet,
            StoreJournal(self.network.store, holding.manifest.change, self.network.now),
            timing=_TIMING,
            emit=self.emit,
            holder=self.holder,
        )
        await await_leases(transaction, (self.device,), f"undo {holding.manifest.id}")
        if holding.status.state in (*PENDING, TransactionState.BROKEN):
            transaction.begun = [self.device]
        outcomes = {outcome.device: outcome for outcome in await undo(transaction)}
        self._settle({self.device: await self.look()})
        return outcomes[self.device]

    async def close(self) -> None:
        await self._fleet.close()

    def _settle(self, found: Mapping[str, Holding]) -> None:
        """The history's end of it, where this store knows the change."""
        settle(self.network.store, self.network.name, seen_of(found), self.network.now())
