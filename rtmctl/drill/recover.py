"""Taking back what drills hold, from any machine: everything is read from the machines, the store may be empty.

`drill stop` and `drill recover` are one and the same: the revert of every holder that is found. A drill that still
runs finds its injections held no longer, and ends.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base import Exit, RtmctlError, TemporaryError
from rtmctl.device.fanout import fan_out
from rtmctl.device.injection import Held
from rtmctl.drill.events import HoldingStep, OnEvent, Step, ignore
from rtmctl.drill.holding import not_restored, open_holders, reverted
from rtmctl.drill.site import DrillSite, Leftovers

_ASK_S = 20.0


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """`held`: how each injection that was found has ended."""

    held: tuple[Held, ...]
    silent: Mapping[str, str]
    """machines that did not answer, with the reason; what they hold is not known"""

    @property
    def exit(self) -> Exit:
        return Exit.STATE_UNKNOWN if not_restored(self.held) or self.silent else Exit.DONE


async def take_back(site: DrillSite, drill: str = "", emit: OnEvent = ignore) -> RecoveryReport:
    """Revert whatever drills hold on the site's machines.

    Args:
        drill: of this one alone; empty: of all.
    """
    found, failed = await fan_out(sorted(site.leftovers), lambda name: _ask(site.leftovers[name]))
    held = [one for each in found.values() for one in each if drill in ("", one.drill)]
    ended = await asyncio.gather(*(_revert(site, one, emit) for one in held))
    return RecoveryReport(tuple(ended), {name: error.message for name, error in sorted(failed.items())})


async def _ask(leftovers: Leftovers) -> tuple[Held, ...]:
    try:
        return await asyncio.wait_for(leftovers(), _ASK_S)
    except TimeoutError:
        raise TemporaryError(f"no answer within {_ASK_S:g} s") from None


async def _revert(site: DrillSite, held: Held, emit: OnEvent) -> Held:
    try:
        (holder,) = await open_holders((held.injection,), site.open_holder)
    except RtmctlError as error:
        return Held(held.injection, held.drill, held.state, failure=error.message)
    try:
        ended = await reverted(holder, held.drill)
    finally:
        await holder.close()
    emit(HoldingStep(Step.REVERT, ended, ok=not not_restored((ended,)), message=ended.failure))
    return ended
