"""What must hold on the devices before anything is changed. Each gate changes nothing and says what to do."""

import asyncio
from collections.abc import Iterable, Mapping

from rtmctl.base import Refused
from rtmctl.change.errors import Locked, StalePlan, StepFailed
from rtmctl.change.fleet import Fleet, failures, successes
from rtmctl.change.holdings import read_holdings
from rtmctl.change.options import Timing
from rtmctl.change.plan_types import DevicePlan
from rtmctl.change.standing import UNSETTLED, Direction, Holding, open_changes
from rtmctl.device.state import DeviceState
from rtmctl.device.types import Running

_NO_SESSION = "has no BGP session up"
_SETTLE_TRIES = 8


async def refuse_unsettled(fleet: Fleet, names: Iterable[str], timing: Timing) -> Mapping[str, Holding]:
    """No other change may be half done on these devices. A target that is only staged does not count.

    Returns:
        what the devices hold.

    Raises:
        Locked: one is, and the rtmctl that does it holds its lease.
        Refused: one is, and nobody works on it; its id and what to do are named.
        StepFailed: a device does not answer.
    """
    wanted = set(names)
    holdings, silent = await read_holdings(fleet, wanted, timing)
    if gone := sorted(wanted & set(silent)):
        await fleet.call(gone[0], "status", lambda device: device.status(), timing.step_timeout_s)
    for change in open_changes(holdings):
        held = [
            f"{name} ({holding.status.state.value})"
            for name, holding in sorted(change.holdings.items())
            if holding.status.transaction == change.manifest.id
            and (change.direction is Direction.FORWARD or holding.status.state in UNSETTLED)
        ]
        if held and wanted & set(change.manifest.devices):
            number = change.manifest.id
            leases = [holding.status.lease for holding in change.holdings.values()]
            alive = [
                lease for lease in leases if lease and lease.expires_in_s > 0 and change.manifest.change in lease.holder
            ]
            if alive:
                raise Locked(
                    f"change {number} is at work: {', '.join(held)}; "
                    f"{alive[0].holder} holds the lease for {alive[0].expires_in_s:.0f} s more",
                    hint="wait until it ends; if its rtmctl is dead: rtmctl net recover",
                )
            raise Refused(
                f"change {number} is not settled: {', '.join(held)}",
                hint=f"rtmctl net confirm {number}, or rtmctl net recover",
            )
    return holdings


async def refuse_stale(fleet: Fleet, parts: Iterable[DevicePlan], timing: Timing) -> dict[str, Running]:
    """What runs must be what the plan was made against.

    Raises:
        StalePlan: all devices for which it is not, in one message.
        StepFailed: a device does not answer.
    """
    wanted = {part.device: part.pre_hash for part in parts}
    results = await fleet.each(wanted, "check", lambda device: device.running(), timing.step_timeout_s)
    _raise_first(failures(results))
    running = successes(results)
    stale = sorted(name for name, found in running.items() if found.hash != wanted[name])
    if stale:
        raise StalePlan(
            f"{', '.join(stale)} changed since the plan was made; nothing was changed", hint="make the plan again"
        )
    return running


async def refuse_degraded(
    fleet: Fleet, parts: Iterable[DevicePlan], timing: Timing, *, override: bool
) -> tuple[str, ...]:
    """The redundant partners of what changes must be up.

    Returns:
        what was overridden, a sentence each.

    Raises:
        Refused: a partner is down and nothing overrides it.
    """
    pairs = {(partner, part.device) for part in parts if not part.idle for partner in part.partners}
    names = sorted({partner for partner, _ in pairs})
    reasons = await _downs(fleet, names, timing)
    for _ in range(_SETTLE_TRIES):
        if not any(reason == _NO_SESSION for reason in reasons.values()):
            break
        await asyncio.sleep(1)  # sessions of a device that has just been configured take a few seconds
        reasons |= await _downs(fleet, [name for name, reason in reasons.items() if reason == _NO_SESSION], timing)
    found = sorted(
        f"{partner}, which stands in for {device}, {reasons[partner]}" for partner, device in pairs if reasons[partner]
    )
    if found and not override:
        raise Refused("; ".join(found), hint="bring it back first, or change anyway with --degraded")
    return tuple(found)


async def _downs(fleet: Fleet, names: Iterable[str], timing: Timing) -> dict[str, str]:
    results = await fleet.each(names, "partner", lambda device: device.state(), timing.step_timeout_s)
    return {name: _down(result) for name, result in results.items()}


def _down(result: DeviceState | StepFailed) -> str:
    if isinstance(result, StepFailed):
        return f"does not answer ({result.reason})"
    if result.stopped:
        return f"runs without {' and '.join(result.stopped)}"
    if result.bgp and not any(session.state == "Established" for session in result.bgp):
        return _NO_SESSION
    return ""


def _raise_first(failed: tuple[StepFailed, ...]) -> None:
    if failed:
        raise failed[0]
