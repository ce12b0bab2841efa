"""While rtmctl lives, leases and revert timers are renewed; when it dies they run out."""

import asyncio
from collections.abc import Mapping, Sequence

from rtmctl.base import Exit
from rtmctl.change.errors import StepFailed
from rtmctl.change.fleet import successes
from rtmctl.change.transaction.leases import renew_leases
from rtmctl.change.transaction.state import Transaction


async def keep(transaction: Transaction, *, timers: bool = True) -> None:
    """Renew leases, and timers, for ever: a task beside the work. A device that does not answer is left.

    A lease is renewed under any step. A timer is not renewed under its own device's: that step is to end before it.
    """
    while True:
        await asyncio.sleep(min(transaction.window_s, transaction.timing.lease_ttl_s) / 3)
        names = tuple(transaction.fences)
        failed = await renew_leases(transaction, names, f"change {transaction.manifest.change}", beside=True)
        transaction.lost = transaction.lost or next((f for f in failed if f.exit is Exit.LOCKED), None)
        if timers and transaction.lost is None and not transaction.deciding and not transaction.undoing:
            await extend(transaction, [name for name in transaction.begun if name not in transaction.busy])


async def extend(transaction: Transaction, names: Sequence[str]) -> Mapping[str, StepFailed | None]:
    """Push the timers of applied devices out; one that does not answer keeps the timer it has."""
    results = await transaction.fleet.each(
        names,
        "extend",
        lambda device: device.extend(
            transaction.id, transaction.fences[device.name], transaction.reverts_in(device.name)
        ),
        transaction.timing.step_timeout_s,
    )
    for name in successes(results):
        transaction.armed(name)
    return results
