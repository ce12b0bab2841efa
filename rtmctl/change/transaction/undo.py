"""The way back: the last wave first, each device proven to be as before."""

import asyncio
from collections.abc import Sequence

from rtmctl.base import PermanentError
from rtmctl.change.errors import StepFailed
from rtmctl.change.events import PhaseBegun, Waiting
from rtmctl.change.fleet import Device, successes
from rtmctl.change.journal import Entry
from rtmctl.change.results import DeviceOutcome, Standing
from rtmctl.change.standing import PENDING
from rtmctl.change.transaction.decision import withdraw
from rtmctl.change.transaction.forward import unstage
from rtmctl.change.transaction.state import Transaction
from rtmctl.device.types import DeviceStatus, TransactionState

_GRACE_S = 10
"""how long after its deadline a device may take to answer as reverted"""


async def undo(transaction: Transaction) -> tuple[DeviceOutcome, ...]:
    """Bring every begun device back, the last wave first, and prove it; then say where each stands.

    A device that does not answer is waited for until its own timer must have reverted it.

    Raises:
        StateUnknown: the decision had been written and nobody can take its withdrawal: do not touch anything.
    """
    transaction.undoing = True
    transaction.journal.append(Entry.DECIDED_REVERT)
    transaction.emit(PhaseBegun("undo", tuple(reversed(transaction.begun))))
    if transaction.deciding:
        await withdraw(transaction)
    outcomes: dict[str, DeviceOutcome] = {}

    async def one(device: Device) -> None:
        await _revert(transaction, device)

    for wave in reversed(transaction.manifest.waves):
        names = [name for name in wave if name in transaction.begun]
        for name in names:
            transaction.journal.append(Entry.REVERT, name)
        with transaction.at_work(names):
            results = await transaction.fleet.each(names, "revert", one, transaction.timing.commit_timeout_s)
        transaction.report("revert", results)
        for name, result in results.items():
            if not isinstance(result, StepFailed):
                transaction.journal.append(Entry.REVERTED, name)
                outcomes[name] = DeviceOutcome(name, Standing.OLD)
        if len(outcomes) < len(transaction.begun):
            await _await_sessions(transaction, [name for name in names if name in outcomes])
    late = [name for name in transaction.begun if name not in outcomes]
    waited = await asyncio.gather(*(_await_own_timer(transaction, name) for name in late))
    outcomes |= {outcome.device: outcome for outcome in waited}
    leased = [name for name in transaction.manifest.devices if name in transaction.fences]
    await unstage(transaction, [name for name in leased if name not in outcomes])
    return tuple(outcomes[name] for name in sorted(outcomes))


async def _revert(transaction: Transaction, device: Device) -> None:
    status = await device.status()
    _refuse_forgotten(transaction, device.name, status)
    if status.transaction != transaction.id or status.state in (TransactionState.NONE, TransactionState.STAGED):
        return  # its commit never began
    if status.state is not TransactionState.REVERTED:
        await device.revert(transaction.id, transaction.fences[device.name])
        status = await device.status()
    if status.state is not TransactionState.REVERTED:
        raise PermanentError(f"is {status.state.value}: {status.failure or 'the revert did not take'}")


def _refuse_forgotten(transaction: Transaction, name: str, status: DeviceStatus) -> None:
    """A device that was changed and knows nothing of it has lost its pre-image too."""
    if name in transaction.applied and status.transaction != transaction.id:
        raise PermanentError("was changed and has lost its record of it: what it runs is not known")


async def _await_sessions(transaction: Transaction, names: Sequence[str]) -> None:
    """Until the sessions of reverted devices are back, before their partners go; a bounded time.

    A session that was down before the change costs that wait; a partner reverted too early costs an outage.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + transaction.sessions_wait_s
    waiting = list(names)
    while waiting and loop.time() < until:
        results = await transaction.fleet.each(
            waiting, "health", lambda device: device.state(), max(0.1, until - loop.time())
        )
        states = successes(results)
        waiting = [n for n in states if any(s.state != "Established" for s in states[n].bgp)]
        if waiting:
            transaction.emit(Waiting(f"the sessions of {', '.join(waiting)}", max(0.0, until - loop.time())))
            await asyncio.sleep(0.5)


async def _await_own_timer(transaction: Transaction, name: str) -> DeviceOutcome:
    loop = asyncio.get_running_loop()
    until = transaction.deadlines.get(name, loop.time()) + _GRACE_S
    message = ""
    while True:
        transaction.emit(Waiting(f"{name} to revert by its own timer", max(0.0, until - loop.time())))
        try:
            status = await transaction.fleet.call(
                name, "status", lambda d: d.status(), transaction.timing.step_timeout_s
            )
            if status.state is TransactionState.BROKEN:
                return DeviceOutcome(name, Standing.UNKNOWN, f"its revert failed: {status.failure}")
            _refuse_forgotten(transaction, name, status)
            if status.transaction != transaction.id or status.state not in PENDING:
                transaction.journal.append(Entry.REVERTED, name, "by its own timer")
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
