"""Leases: one holder a device, under a fencing number that only grows."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

from rtmctl.base import Exit
from rtmctl.change.errors import Locked, StepFailed
from rtmctl.change.events import OnEvent, PhaseBegun, Waiting
from rtmctl.change.fleet import Fleet, failures, successes
from rtmctl.change.journal import Entry, Journal
from rtmctl.change.options import Timing


class Lessee(Protocol):
    """Who takes leases: a transaction, or a drill."""

    fences: dict[str, int]
    """the lease's fencing number on each leased device"""

    @property
    def fleet(self) -> Fleet: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def timing(self) -> Timing: ...
    @property
    def emit(self) -> OnEvent: ...
    @property
    def holder(self) -> str: ...


async def take_leases(lessee: Lessee, names: Sequence[str], purpose: str) -> None:
    """The first device in name order is the gate: of two operators at once one gets through, not neither.

    Raises:
        Locked: another holds one; whatever was taken is given back.
        StepFailed: a device does not answer; likewise.
    """
    ordered = sorted(names)
    lessee.emit(PhaseBegun("lease", tuple(ordered)))
    for group in (ordered[:1], ordered[1:]):
        for name in group:
            lessee.journal.append(Entry.LEASE, name)
        failed = await renew_leases(lessee, group, purpose)
        if failed:
            await release_leases(lessee)
            held = next((f for f in failed if f.exit is Exit.LOCKED), None)
            if held is not None:
                raise Locked(held.message, hint=held.hint or "wait until it ends; `net history` names it")
            raise failed[0]


async def await_leases(lessee: Lessee, names: Sequence[str], purpose: str, stop: asyncio.Event | None = None) -> None:
    """`take_leases`, once the leases of a process that died have run out.

    Raises:
        Locked: a holder renews its lease, so it is alive; or it is still held after one lease time of ours.
        StepFailed: as `take_leases`.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + lessee.timing.lease_ttl_s + 2
    seen: dict[str, tuple[int, float]] = {}
    while True:
        try:
            return await take_leases(lessee, names, purpose)
        except Locked as locked:
            ends = await _leases_end(lessee, names)
            for name, (fence, end) in ends.items():
                known, first = seen.setdefault(name, (fence, end))
                if fence != known or end > first + 1:
                    raise Locked(f"{locked.message}; it is alive and renews its lease", hint=locked.hint) from None
            left = max((end - loop.time() for _, end in ends.values()), default=0.0)
            if loop.time() >= until or (stop is not None and stop.is_set()):
                raise
            pause = max(0.0, min(left, until - loop.time()))
            lessee.emit(Waiting("a lease that nobody renews to run out", pause))
            await asyncio.sleep(min(1.0, max(left, 0.1)))


async def renew_leases(
    lessee: Lessee, names: Iterable[str], purpose: str, *, beside: bool = False
) -> tuple[StepFailed, ...]:
    """Take or renew, and keep the fencing numbers; the failures are returned. `beside`: see Fleet.call."""
    results = await lessee.fleet.each(
        names,
        "lease",
        lambda device: device.lease(lessee.holder, lessee.timing.lease_ttl_s, purpose),
        lessee.timing.step_timeout_s,
        beside=beside,
    )
    for name, lease in successes(results).items():
        lessee.fences[name] = lease.fence
    return failures(results)


async def release_leases(lessee: Lessee) -> None:
    """Best effort: a lease that cannot be given back runs out."""
    fences, lessee.fences = lessee.fences, {}
    await lessee.fleet.each(
        fences, "release", lambda device: device.release(fences[device.name]), lessee.timing.step_timeout_s
    )


async def _leases_end(lessee: Lessee, names: Iterable[str]) -> dict[str, tuple[int, float]]:
    """Others' leases: their fence, and when they end on this loop's clock."""
    statuses = successes(
        await lessee.fleet.each(names, "status", lambda device: device.status(), lessee.timing.step_timeout_s)
    )
    now = asyncio.get_running_loop().time()
    return {
        name: (status.lease.fence, now + status.lease.expires_in_s)
        for name, status in statuses.items()
        if status.lease is not None and status.lease.holder != lessee.holder
    }
