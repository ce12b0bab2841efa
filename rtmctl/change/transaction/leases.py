"""Leases: one holder a device, under a fencing number that only grows."""

import asyncio
from collections.abc import Iterable, Sequence

from rtmctl.base import Exit
from rtmctl.change.errors import Locked, StepFailed
from rtmctl.change.events import PhaseBegun, Waiting
from rtmctl.change.fleet import failures, successes
from rtmctl.change.journal import Entry
from rtmctl.change.transaction.state import Transaction


async def take_leases(transaction: Transaction, names: Sequence[str], purpose: str) -> None:
    """The first device in name order is the gate: of two operators at once one gets through, not neither.

    Raises:
        Locked: another holds one; whatever was taken is given back.
        StepFailed: a device does not answer; likewise.
    """
    ordered = sorted(names)
    transaction.emit(PhaseBegun("lease", tuple(ordered)))
    for group in (ordered[:1], ordered[1:]):
        for name in group:
            transaction.journal.append(Entry.LEASE, name)
        failed = await renew_leases(transaction, group, purpose)
        if failed:
            await release_leases(transaction)
            held = next((f for f in failed if f.exit is Exit.LOCKED), None)
            if held is not None:
                raise Locked(held.message, hint=held.hint or "wait until it ends; `net history` names it")
            raise failed[0]


async def await_leases(
    transaction: Transaction, names: Sequence[str], purpose: str, stop: asyncio.Event | None = None
) -> None:
    """`take_leases`, once the leases of a process that died have run out.

    Raises:
        Locked: a holder renews its lease, so it is alive; or it is still held after one lease time of ours.
        StepFailed: as `take_leases`.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + transaction.timing.lease_ttl_s + 2
    seen: dict[str, tuple[int, float]] = {}
    while True:
        try:
            return await take_leases(transaction, names, purpose)
        except Locked as locked:
            ends = await _leases_end(transaction, names)
            for name, (fence, end) in ends.items():
                known, first = seen.setdefault(name, (fence, end))
                if fence != known or end > first + 1:
                    raise Locked(f"{locked.message}; it is alive and renews its lease", hint=locked.hint) from None
            left = max((end - loop.time() for _, end in ends.values()), default=0.0)
            if loop.time() >= until or (stop is not None and stop.is_set()):
                raise
            pause = max(0.0, min(left, until - loop.time()))
            transaction.emit(Waiting("a lease that nobody renews to run out", pause))
            await asyncio.sleep(min(1.0, max(left, 0.1)))


async def renew_leases(
    transaction: Transaction, names: Iterable[str], purpose: str, *, beside: bool = False
) -> tuple[StepFailed, ...]:
    """Take or renew, and keep the fencing numbers; the failures are returned. `beside`: see Fleet.call."""
    results = await transaction.fleet.each(
        names,
        "lease",
        lambda device: device.lease(transaction.holder, transaction.timing.lease_ttl_s, purpose),
        transaction.timing.step_timeout_s,
        beside=beside,
    )
    for name, lease in successes(results).items():
        transaction.fences[name] = lease.fence
    return failures(results)


async def release_leases(transaction: Transaction) -> None:
    """Best effort: a lease that cannot be given back runs out."""
    fences, transaction.fences = transaction.fences, {}
    await transaction.fleet.each(
        fences, "release", lambda device: device.release(fences[device.name]), transaction.timing.step_timeout_s
    )


async def _leases_end(transaction: Transaction, names: Iterable[str]) -> dict[str, tuple[int, float]]:
    """Others' leases: their fence, and when they end on this loop's clock."""
    statuses = successes(
        await transaction.fleet.each(names, "status", lambda device: device.status(), transaction.timing.step_timeout_s)
    )
    now = asyncio.get_running_loop().time()
    return {
        name: (status.lease.fence, now + status.lease.expires_in_s)
        for name, status in statuses.items()
        if status.lease is not None and status.lease.holder != transaction.holder
    }
