"""A device taken out of service and back: drained for good, not for the time of a change (`change.draining`)."""

import asyncio
from dataclasses import replace

from rtmctl.base import PermanentError
from rtmctl.change.auditing import Account
from rtmctl.change.drains import drain_to_text, refuse_stranding
from rtmctl.change.events import Note, OnEvent, ignore
from rtmctl.change.fleet import Device, Fleet
from rtmctl.change.network import Network, carry_out
from rtmctl.change.notes import DRAIN
from rtmctl.change.options import ApplyOptions
from rtmctl.change.plan import PlanOptions, whoami
from rtmctl.change.plan_types import Plan
from rtmctl.change.planning import plan_from, read_to_plan
from rtmctl.change.results import ChangeResult, Outcome
from rtmctl.store import DrainRow

_DEFAULTS = ApplyOptions()


async def drain(
    network: Network,
    device: str,
    *,
    reason: str,
    until: float | None = None,
    strand: bool = False,
    options: ApplyOptions = _DEFAULTS,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
) -> ChangeResult:
    """Move all traffic off a device and keep it so: the record first, then the change that does it.

    Raises:
        Refused: it would strand hosts, or leave no partner; or leafs would forget router MACs (`change.quirks`).
        PermanentError: no such device.
    """
    row = DrainRow(network.name, device, options.by or whoami(), reason, network.now(), until)
    plan = await make_drain(network, row, strand=strand, emit=emit)
    # what is stranded keeps sending: its traffic has nowhere to go, and that was asked for
    options = replace(options, reason=f"drain: {reason}", accept_outage=options.accept_outage or strand)
    return await _drain_change(network, device, row, plan, options=options, emit=emit, stop=stop)


async def make_drain(network: Network, row: DrainRow, *, strand: bool = False, emit: OnEvent = ignore) -> Plan:
    """Read the devices and plan a drain; raises as `drain`."""
    _known(network, row.device)
    reading = await read_to_plan(network, (row.device,), emit, others=True)
    drained = network.drained(reading.drains)
    for text in refuse_stranding(network.fabric, row.device, set(drained) - {row.device}, strand=strand):
        emit(Note(f"stranded, as asked: {text}"))
    return plan_from(network, reading, PlanOptions(only=(row.device,)), {**drained, row.device: row})


async def undrain(
    network: Network,
    device: str,
    *,
    reason: str = "",
    options: ApplyOptions = _DEFAULTS,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
) -> ChangeResult:
    """Let traffic back. Raises PermanentError when there is no such device; undraining twice is nothing to do."""
    _known(network, device)
    reading = await read_to_plan(network, (device,), emit)
    others = {name: row for name, row in network.drained(reading.drains).items() if name != device}
    plan = plan_from(network, reading, PlanOptions(only=(device,)), others)
    options = replace(options, reason=f"undrain {reason}".strip())
    return await _drain_change(network, device, None, plan, options=options, emit=emit, stop=stop)


async def _drain_change(
    network: Network,
    device: str,
    row: DrainRow | None,
    plan: Plan,
    *,
    options: ApplyOptions,
    emit: OnEvent,
    stop: asyncio.Event | None,
) -> ChangeResult:
    """Bring one device to its drained target or back; the note comes with it, and the store's copy after it."""
    kind = "drain" if row else "undrain"
    if plan.empty:
        await _write_note(network, device, drain_to_text(row) if row else None, kind, options, emit)
    result = await carry_out(network, plan, options, emit=emit, stop=stop, kind=kind)
    if result.outcome in (Outcome.CONFIRMED, Outcome.NOTHING):
        network.drained({device: drain_to_text(row) if row else None})
    return result


async def _write_note(
    network: Network, device: str, text: str | None, kind: str, options: ApplyOptions, emit: OnEvent
) -> None:
    """The drain's note alone, for a device that runs its target already. Raises StepFailed, Locked."""

    async def write(session: Device) -> None:
        lease = await session.lease(options.by or whoami(), options.timing.lease_ttl_s, "drain")
        try:
            await session.set_note(DRAIN, text, lease.fence)
        finally:
            await session.release(lease.fence)

    fleet = Fleet(network.connect)
    try:
        await fleet.call(device, "drain", write, options.timing.step_timeout_s)
        account = Account(kind, options.by or whoami(), "", network.name, (device,), options.reason)
        await account.close(network.store, "noted", network.now(), fleet, emit)
    finally:
        await fleet.close()


def _known(network: Network, device: str) -> None:
    if device not in network.platforms:
        raise PermanentError(f"{device}: no such device", hint=f"devices: {', '.join(sorted(network.platforms))}")
