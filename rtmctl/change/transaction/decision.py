"""The decision: written on every participant before anybody is confirmed, and withdrawn before an undo."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from rtmctl.base import RtmctlError, StateUnknown
from rtmctl.change.errors import StepFailed
from rtmctl.change.events import PhaseBegun
from rtmctl.change.fleet import Device, failures, successes
from rtmctl.change.journal import Entry
from rtmctl.change.notes import (
    DECISION,
    DRAIN,
    DRAIN_NEXT,
    MANAGED,
    MANAGED_NEXT,
    Decision,
    Verdict,
    decision_to_text,
)
from rtmctl.change.results import DeviceOutcome, Standing
from rtmctl.change.standing import PENDING
from rtmctl.change.transaction import timers
from rtmctl.change.transaction.keeping import extend
from rtmctl.change.transaction.state import Transaction
from rtmctl.device.types import TransactionState

_UNCONFIRMED = (*PENDING, TransactionState.REVERTED, TransactionState.STAGED)


async def arm_for(transaction: Transaction, seconds: float) -> None:
    """Set the timers for a confirmation by hand: the last wave's to `seconds`, earlier ones' later.

    Raises:
        StepFailed: a device does not take it; everything must be undone.
    """
    transaction.timing = replace(transaction.timing, window_s=seconds)
    results = await extend(transaction, transaction.manifest.devices)
    transaction.deciding = True  # no keeper may shorten or lengthen it from here on
    if failed := failures(results):
        transaction.deciding = False
        raise failed[0]


async def decide(transaction: Transaction) -> None:
    """Write the decision on every device, once every timer has the time that confirming all of them needs.

    Raises:
        StepFailed: a device is not applied any more, or cannot take the note, or its timer leaves too little
            time: nobody has been confirmed and everything must be undone.
    """
    names = transaction.manifest.devices
    transaction.emit(PhaseBegun("confirm", names))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await extend(transaction, names)
    written = loop.time()
    statuses = await transaction.statuses(names)
    needs_s = timers.confirm_needs_s(loop.time() - written, written - begun, len(transaction.manifest.waves))
    if needs_s > transaction.window_s:
        transaction.timing = replace(transaction.timing, window_s=timers.MARGIN * needs_s)
        await extend(transaction, names)
        statuses = await transaction.statuses(names)
    for name, status in statuses.items():
        if status.state is not TransactionState.APPLIED or status.transaction != transaction.id:
            raise StepFailed(name, "confirm", f"is {status.state.value}: {status.failure or 'not applied any more'}")
        left_s = status.reverts_in_s or 0
        if left_s < needs_s:
            text = f"{left_s:.1f} s are left on its revert timer, confirming may take {needs_s:.1f} s"
            raise StepFailed(name, "confirm", text)
    transaction.journal.append(Entry.DECIDING)
    transaction.deciding = True
    text = decision_to_text(Decision(transaction.id, Verdict.COMMIT))
    results = await transaction.fleet.each(
        names,
        "decide",
        lambda device: device.set_note(DECISION, text, transaction.fences[device.name]),
        transaction.timing.step_timeout_s,
    )
    if failed := failures(results):
        raise failed[0]
    transaction.journal.append(Entry.DECIDED_COMMIT)
    transaction.decided = True


async def withdraw(transaction: Transaction) -> None:
    """Take a decision back that nobody has acted on. Raises StateUnknown when no device takes the withdrawal."""
    text = decision_to_text(Decision(transaction.id, Verdict.REVERT))
    results = await transaction.fleet.each(
        list(transaction.fences),
        "withdraw",
        lambda device: device.set_note(DECISION, text, transaction.fences[device.name]),
        transaction.timing.step_timeout_s,
    )
    if not successes(results):
        raise StateUnknown(
            f"the decision for {transaction.id} may stand on some devices and none of them answers",
            hint="when they do: rtmctl net recover",
        )


async def confirm_devices(transaction: Transaction, names: Collection[str] | None = None) -> tuple[DeviceOutcome, ...]:
    """After the decision: bring every device to the new state for good, wave by wave, and say where each stands.

    A device whose timer ran out meanwhile is changed again; both of a redundant pair never at once.
    """
    outcomes: list[DeviceOutcome] = []

    async def one(device: Device) -> None:
        await _confirm(transaction, device)

    for whole in transaction.manifest.waves:
        wave = [name for name in whole if names is None or name in names]
        for name in wave:
            transaction.journal.append(Entry.CONFIRM, name)
        # one that has gone back meanwhile takes a revert and a commit more
        limit = transaction.timing.step_timeout_s + 2 * transaction.timing.commit_timeout_s
        with transaction.at_work(wave):
            results = await transaction.fleet.each(wave, "confirm", one, limit)
        transaction.report("confirm", results)
        for name, result in results.items():
            if isinstance(result, StepFailed):
                outcomes.append(DeviceOutcome(name, Standing.UNKNOWN, result.reason))
            else:
                transaction.journal.append(Entry.CONFIRMED, name)
                outcomes.append(DeviceOutcome(name, Standing.NEW))
    return tuple(outcomes)


async def _confirm(transaction: Transaction, device: Device) -> None:
    fence = transaction.fences[device.name]
    managed = await device.note(MANAGED_NEXT)
    if managed is not None:
        await device.set_note(MANAGED, managed, fence)
    drain = await device.note(DRAIN_NEXT)
    if drain is not None:
        await device.set_note(DRAIN, drain or None, fence)
    try:
        await device.confirm(transaction.id, fence)
        return
    except RtmctlError:
        status = await device.status()
        if status.transaction != transaction.id or status.state not in _UNCONFIRMED:
            raise
    loop = asyncio.get_running_loop()
    until = loop.time() + transaction.timing.commit_timeout_s
    while status.state in PENDING and loop.time() < until:
        await asyncio.sleep(0.2)
        status = await device.status()
    if status.state in (TransactionState.REVERTED, TransactionState.STAGED):
        revert_in_s = max(transaction.window_s, transaction.timing.commit_timeout_s)
        await device.commit(transaction.id, fence, status.pre_hash or "", revert_in_s, again=True)
    await device.confirm(transaction.id, fence)
