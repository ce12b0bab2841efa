"""Taking back what drills hold, from any machine: everything is read from the machines, the store may be empty.

To stop a drill is to revert every injection it holds; a drill that still runs finds them held no longer, and ends.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base import Exit, RtmctlError, TemporaryError
from rtmctl.change.auditing import Account
from rtmctl.change.events import Event as ChangeEvent
from rtmctl.change.events import Note as ChangeNote
from rtmctl.change.fleet import Fleet
from rtmctl.change.holdings import read_holdings
from rtmctl.change.options import Timing
from rtmctl.change.plan import whoami
from rtmctl.device.fanout import fan_out
from rtmctl.device.injection import Held, lease_holder
from rtmctl.drill.events import HoldingStep, Note, OnEvent, Step, ignore
from rtmctl.drill.holding import not_restored, open_holders, reverted
from rtmctl.drill.site import DrillSite, Leftovers
from rtmctl.drill.types import Verdict

_ASK_S = 20.0


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    held: tuple[Held, ...]
    """how each injection that was found has ended"""
    silent: Mapping[str, str]
    """machines that did not answer, with the reason; what they hold is not known"""
    asked: int
    """machines"""
    settled: tuple[str, ...] = ()
    """drills that the history had as running, and that no switch knows any more"""

    @property
    def exit(self) -> Exit:
        return Exit.STATE_UNKNOWN if not_restored(self.held) or self.silent else Exit.DONE


async def stop(site: DrillSite, drill: str = "", emit: OnEvent = ignore) -> RecoveryReport:
    """Revert what drills hold on the site's machines. `drill`: of this one alone; empty: of all."""
    found, failed = await fan_out(sorted(site.leftovers), lambda name: _ask(site.leftovers[name]))
    held = [one for each in found.values() for one in each if drill in ("", one.drill)]
    ended = tuple(await asyncio.gather(*(_revert(site, one, emit) for one in held)))
    silent = {name: error.message for name, error in sorted(failed.items())}
    report = RecoveryReport(ended, silent, len(site.leftovers))
    await _account(site, report, emit)
    return report


async def recover(site: DrillSite, drill: str = "", emit: OnEvent = ignore) -> RecoveryReport:
    """`stop`, and the history told of drills whose rtmctl is dead."""
    report = await stop(site, drill, emit)
    settled = await _settle(site, report, drill)
    return RecoveryReport(report.held, report.silent, report.asked, settled)


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


async def _account(site: DrillSite, report: RecoveryReport, emit: OnEvent) -> None:
    """One link of the audit chain for each drill whose injections were taken back."""

    def say(event: ChangeEvent) -> None:
        if isinstance(event, ChangeNote):
            emit(Note(event.text))

    for drill in sorted({held.drill for held in report.held}):
        mine = [held for held in report.held if held.drill == drill]
        nodes = sorted({held.injection.node for held in mine} & set(site.network.platforms))
        outcome = "not restored" if not_restored(mine) else "restored"
        fleet = Fleet(site.network.connect)
        try:
            account = Account("drill stop", whoami(), drill, site.name, nodes)
            await account.close(site.network.store, outcome, site.network.now(), fleet, say)
        finally:
            await fleet.close()


async def _settle(site: DrillSite, report: RecoveryReport, drill: str) -> tuple[str, ...]:
    """Those that hold no lease any more are over, whatever the store thinks."""
    store = site.network.store
    rows = [row for row in store.drills(site.name, outcomes=("running",), reports=False) if drill in ("", row.id)]
    if not rows or report.silent:
        return ()
    fleet = Fleet(site.network.connect)
    try:
        holdings, _ = await read_holdings(fleet, sorted(site.network.platforms), Timing())
    finally:
        await fleet.close()
    leases = [holding.status.lease for holding in holdings.values()]
    alive = {lease.holder for lease in leases if lease is not None and lease.expires_in_s > 0}
    dead = [row for row in rows if lease_holder(row.id) not in alive]
    for row in dead:
        left = [held for held in report.held if held.drill == row.id]
        said = f"{len(left)} injection(s) taken back" if left else "nothing was left of it"
        store.end_drill(row.id, Verdict.ABORTED.value, f"its rtmctl died; recovered: {said}", "", site.network.now())
    return tuple(row.id for row in dead)
