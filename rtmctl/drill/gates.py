"""What must hold before a drill touches anything. Each gate changes nothing; all refusals are said at once."""

import asyncio
from collections.abc import Sequence

from rtmctl.base import Refused, RtmctlError
from rtmctl.change.fleet import Fleet
from rtmctl.change.gates import refuse_unsettled
from rtmctl.change.options import Timing
from rtmctl.device.injection import Injection
from rtmctl.drill.events import OnEvent, Waiting
from rtmctl.drill.holding import close_holders, open_holders, refusals
from rtmctl.drill.site import DrillSite
from rtmctl.drill.steady import Steady, read_steady
from rtmctl.drill.types import DrillPlan
from rtmctl.observe import Sessions

_STEADY_S = 5.0
"""a network that settles within so long is steady"""


async def pass_gates(site: DrillSite, plan: DrillPlan, sessions: Sessions, fleet: Fleet, emit: OnEvent) -> Steady:
    """The steady state as it was read.

    Raises:
        Locked: a change is at work on a switch.
        Refused: every reason there is, in one message.
        StepFailed: a switch does not answer.
    """
    names = sorted(site.network.platforms)
    steady, cannot, unsettled = await asyncio.gather(
        read_steady(
            site.around, sessions, _STEADY_S, waiting=lambda why, left: emit(Waiting(f"the steady state: {why}", left))
        ),
        _cannot(site, plan.fault.injections),
        refuse_unsettled(fleet, names, Timing()),
        return_exceptions=True,
    )
    for failure in (unsettled, cannot, steady):
        if isinstance(failure, BaseException):
            raise failure
    assert isinstance(steady, Steady)
    assert isinstance(cannot, tuple)
    reasons = (*plan.refused, *cannot, *(f"the steady state does not hold: {why}" for why in steady.why))
    if reasons:
        raise refused(reasons)
    return steady


def refused(reasons: Sequence[str]) -> Refused:
    listed = reasons[0] if len(reasons) == 1 else "".join(f"\n  - {reason}" for reason in reasons)
    return Refused(f"the drill is refused, nothing was touched: {listed}")


async def _cannot(site: DrillSite, injections: Sequence[Injection]) -> tuple[str, ...]:
    """Why injections cannot be made where they are to be made."""
    try:
        holders = await open_holders(injections, site.open_holder)
    except RtmctlError as error:
        return (error.message,)
    try:
        return await refusals(holders)
    finally:
        await close_holders(holders)
