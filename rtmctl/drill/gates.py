"""What must hold before a drill touches anything. Each gate changes nothing; all refusals are said at once."""

import asyncio
from collections.abc import Sequence

from rtmctl.base import Refused, RtmctlError
from rtmctl.change.fleet import Fleet
from rtmctl.change.gates import refuse_unsettled
from rtmctl.change.options import Timing
from rtmctl.device.injection import Holder, Injection
from rtmctl.drill.events import OnEvent, Waiting
from rtmctl.drill.holding import close_holders, open_holders, refusals
from rtmctl.drill.site import DrillSite
from rtmctl.drill.steady import Steady, read_steady
from rtmctl.drill.types import DrillPlan
from rtmctl.observe import Sessions

_STEADY_S = 5.0
"""a network that settles within so long is steady"""


async def pass_gates(
    site: DrillSite, plan: DrillPlan, sessions: Sessions, fleet: Fleet, emit: OnEvent
) -> tuple[Steady, tuple[Holder, ...]]:
    """The steady state as it was read, and the holders, open: opening them takes longer than asking them.

    Raises:
        Locked: a change is at work on a switch.
        Refused: every reason there is, in one message.
        StepFailed: a switch does not answer.
    """
    names = sorted(site.network.platforms)
    steady, asked, unsettled = await asyncio.gather(
        read_steady(
            site.around, sessions, _STEADY_S, waiting=lambda why, left: emit(Waiting(f"the steady state: {why}", left))
        ),
        _asked(site, plan.fault.injections),
        refuse_unsettled(fleet, names, Timing()),
        return_exceptions=True,
    )
    holders, cannot = asked if isinstance(asked, tuple) else ((), ())
    try:
        for failure in (unsettled, asked, steady):
            if isinstance(failure, BaseException):
                raise failure
        assert isinstance(steady, Steady)
        reasons = (*plan.refused, *cannot, *(f"the steady state does not hold: {why}" for why in steady.why))
        if reasons:
            raise refused(reasons)
    except BaseException:
        await close_holders(holders)
        raise
    return steady, holders


def refused(reasons: Sequence[str]) -> Refused:
    listed = reasons[0] if len(reasons) == 1 else "".join(f"\n  - {reason}" for reason in reasons)
    return Refused(f"the drill is refused, nothing was touched: {listed}")


async def _asked(site: DrillSite, injections: Sequence[Injection]) -> tuple[tuple[Holder, ...], tuple[str, ...]]:
    """Open holders, and why injections cannot be made where they are to be made."""
    try:
        holders = await open_holders(injections, site.open_holder)
    except RtmctlError as error:
        return (), (error.message,)
    return holders, await refusals(holders)
