"""Moving traffic off a device before its sessions are reset: the drained target first, under the same undo."""

import asyncio
from collections.abc import Sequence

from rtmctl.change.errors import StepFailed
from rtmctl.change.events import PhaseBegun, Waiting
from rtmctl.change.journal import Entry
from rtmctl.change.plan_types import DevicePlan
from rtmctl.change.secrets import Resolve, fill
from rtmctl.change.transaction import Transaction
from rtmctl.device.state import DeviceState
from rtmctl.device.types import Session

FLOOR_PPS = 50
"""packets a second on all ports together that BGP, BFD, LLDP and ND make on an idle switch of a few dozen ports"""
_WAIT_S = 30
_STEP_S = 1.0


async def drain_first(transaction: Transaction, wave: int, parts: Sequence[DevicePlan], resolve: Resolve) -> None:
    """Apply the drained targets, wait for the ports' counters to reach their floor, then stage the real targets.

    Raises:
        StepFailed: a device cannot be drained; it must be undone like any failed commit.
    """
    names = tuple(part.device for part in parts)
    transaction.emit(PhaseBegun("drain", names))
    for name in names:
        transaction.journal.append(Entry.DRAIN, name)
    drained = {part.device: fill(part.drain, resolve) for part in parts if part.drain is not None}
    await transaction.restage(drained)
    await transaction.commit(wave, {part.device: part.pre_hash for part in parts}, only=names)
    await asyncio.gather(*(_wait_floor(transaction, name) for name in names))
    await transaction.restage({part.device: fill(part.target, resolve) for part in parts})


async def _wait_floor(transaction: Transaction, name: str) -> None:
    """Until the rate is at its floor, or for `_WAIT_S`: traffic that stays then has nowhere else to go."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _WAIT_S
    before, at = await _packets(transaction, name), loop.time()
    while loop.time() < until:
        await asyncio.sleep(_STEP_S)
        now, seconds = await _packets(transaction, name), loop.time() - at
        rate = (now - before) / max(seconds, 0.1)
        if rate <= FLOOR_PPS:
            return
        transaction.emit(Waiting(f"{name} to drain, {rate:.0f} packets/s", until - loop.time()))
        before, at = now, loop.time()


async def _packets(transaction: Transaction, name: str) -> int:
    async def read(device: Session) -> DeviceState:
        return await device.state()

    try:
        state = await transaction.fleet.call(name, "drain", read, transaction.timing.step_timeout_s)
    except StepFailed as failure:
        raise StepFailed(name, "drain", failure.reason) from failure
    return sum(link.rx_packets + link.tx_packets for link in state.links if link.name.startswith("swp"))
