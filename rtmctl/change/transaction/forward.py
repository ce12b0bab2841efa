"""The way forward: targets are staged and checked on the devices, then committed wave by wave under revert timers."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

from rtmctl.change.events import PhaseBegun
from rtmctl.change.fleet import Device, failures, successes
from rtmctl.change.journal import Entry
from rtmctl.change.notes import DRAIN_NEXT, MANAGED_NEXT, TRANSACTION, manifest_to_text
from rtmctl.change.transaction.keeping import extend
from rtmctl.change.transaction.state import Transaction
from rtmctl.model.config import DeviceConfig


async def stage_targets(
    transaction: Transaction,
    targets: Mapping[str, Sequence[DeviceConfig]],
    managed: Mapping[str, str],
    drains: Mapping[str, str | None],
) -> None:
    """Put manifest and targets on every device and have it check their syntax there.

    Args:
        targets: for each device what it is to run, stage by stage; the first one stays staged.
        managed: for each device the note of which objects are rtmctl's, in force once it is confirmed.
        drains: likewise the note of who has drained it; None where nobody has.

    Raises:
        StepFailed: of the first device that refuses; nothing has changed anywhere.
    """
    transaction.emit(PhaseBegun("stage", tuple(targets)))
    text = manifest_to_text(transaction.manifest)
    for name in targets:
        transaction.journal.append(Entry.STAGE, name)

    async def one(device: Device) -> None:
        fence = transaction.fences[device.name]
        await device.set_note(TRANSACTION, text, fence)
        await device.set_note(MANAGED_NEXT, managed.get(device.name), fence)
        await device.set_note(DRAIN_NEXT, drains.get(device.name) or "", fence)
        for target in reversed(targets[device.name]):
            await device.stage(transaction.id, fence, target)

    results = await transaction.fleet.each(targets, "stage", one, transaction.timing.commit_timeout_s)
    transaction.report("stage", results)
    if failed := failures(results):
        await unstage(transaction, targets)
        raise failed[0]


async def restage_targets(transaction: Transaction, targets: Mapping[str, DeviceConfig]) -> None:
    """Put another target in the place of the staged one, under the same transaction. Raises StepFailed."""
    results = await transaction.fleet.each(
        targets,
        "stage",
        lambda device: device.stage(transaction.id, transaction.fences[device.name], targets[device.name]),
        transaction.timing.commit_timeout_s,
    )
    if failed := failures(results):
        raise failed[0]


async def unstage(transaction: Transaction, names: Iterable[str]) -> None:
    """Best effort: a staged target changes nothing and the next one replaces it."""
    await transaction.fleet.each(
        names,
        "unstage",
        lambda device: device.revert(transaction.id, transaction.fences[device.name]),
        transaction.timing.step_timeout_s,
    )


async def commit_wave(
    transaction: Transaction, names: Collection[str], pre_hashes: Mapping[str, str], *, again: bool = False
) -> None:
    """Change devices together, each under its revert timer.

    Args:
        again: they may run an earlier target of this transaction already; their pre-image stays.

    Raises:
        StepFailed: of the first device that failed; it and whatever else has begun must be undone.
    """
    transaction.wave = max(transaction.wave, *(transaction.rank(name) for name in names))
    await extend(transaction, [name for name in transaction.begun if name not in names])
    transaction.begun += [name for name in names if name not in transaction.begun]
    for name in names:
        transaction.journal.append(Entry.COMMIT, name)
        transaction.armed(name)
    limit = min(transaction.timing.commit_timeout_s, transaction.window_s)
    with transaction.at_work(names):
        results = await transaction.fleet.each(names, "commit", _commit(transaction, pre_hashes, again), limit)
    transaction.report("commit", results)
    transaction.applied.update(successes(results))
    for name in successes(results):
        transaction.journal.append(Entry.COMMITTED, name)
    if failed := failures(results):
        raise failed[0]


def _commit(
    transaction: Transaction, pre_hashes: Mapping[str, str], again: bool
) -> Callable[[Device], Awaitable[None]]:
    async def one(device: Device) -> None:
        name, begun = device.name, asyncio.get_running_loop().time()
        await device.commit(
            transaction.id, transaction.fences[name], pre_hashes[name], transaction.reverts_in(name), again=again
        )
        transaction.took_s[name] = asyncio.get_running_loop().time() - begun

    return one
