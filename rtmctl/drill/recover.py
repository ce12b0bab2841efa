"""Taking back what drills hold, from any machine: everything is read from the machines, the store may be empty.

To stop a drill is to revert every injection it holds; a drill that still runs finds them held no longer, and ends.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from rtmctl.drill.events import HoldingStep, Note, OnEvent, Step, Waiting, ignore
from rtmctl.drill.holding import PATIENCE_S, not_restored, open_holders, taken_back
from rtmctl.drill.site import DrillSite, Leftovers
from rtmctl.drill.types import Verdict

_ASK_S = 20.0
_PAUSE_S = 1.0
_END_S = 60.0
"""for a drill to end once its fault is taken back; the lease of a dead one runs out sooner"""


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
    alive: tuple[str, ...] = ()
    """drills that still hold a lease on a switch"""

    @property
    def exit(self) -> Exit:
        if not_restored(self.held) or self.silent:
            return Exit.STATE_UNKNOWN
        return Exit.LOCKED if self.alive else Exit.DONE


async def stop(site: DrillSite, drill: str = "", emit: OnEvent = ignore) -> RecoveryReport:
    """Revert what drills hold on the site's machines, until no drill is alive any more.

    Args:
        drill: this one alone; empty: all.
    """
    until = time.monotonic() + _END_S
    ended: dict[str, Held] = {}
    while True:
        taken, failed = await _round(site, sorted(site.leftovers), drill, emit)
        if taken and failed:  # a switch that was off could not answer
            more, failed = await _round(site, sorted(failed), drill, emit)
            taken += more
        ended |= {f"{one.drill} {one.injection}": one for one in taken}
        alive = await _alive(site)
        left = until - time.monotonic()
        if not {name for name in alive if drill in ("", name)} or left <= 0:
            break
        emit(Waiting(f"drill {', '.join(sorted(alive))} to end", left))
        await asyncio.sleep(_PAUSE_S)
    silent = {name: error.message for name, error in sorted(failed.items())}
    report = RecoveryReport(tuple(ended.values()), silent, len(site.leftovers), alive=tuple(sorted(alive)))
    await _account(site, report, emit)
    return report


async def _round(
    site: DrillSite, names: Sequence[str], drill: str, emit: OnEvent
) -> tuple[tuple[Held, ...], Mapping[str, RtmctlError]]:
    """Ask machines, and revert what they hold: how that has ended, and who did not answer."""
    found, failed = await fan_out(names, lambda name: _ask(site.leftovers[name]))
    held = [one for each in found.values() for one in each if drill in ("", one.drill)]
    return tuple(await asyncio.gather(*(_revert(site, one, emit) for one in held))), failed


async def recover(site: DrillSite, drill: str = "", emit: OnEvent = ignore) -> RecoveryReport:
    """`stop`, and the history told of drills whose rtmctl is dead."""
    report = await stop(site, drill, emit)
    return replace(report, settled=_settle(site, report, drill))


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
        ended = await taken_back(holder, held.drill, PATIENCE_S, emit)
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


async def _alive(site: DrillSite) -> frozenset[str]:
    """Drills that hold a lease on a switch; that of a dead one runs out."""
    fleet = Fleet(site.network.connect)
    try:
        holdings, _ = await read_holdings(fleet, sorted(site.network.platforms), Timing())
    finally:
        await fleet.close()
    leases = [holding.status.lease for holding in holdings.values()]
    return frozenset(
        lease.holder.removeprefix(lease_holder(""))
        for lease in leases
        if lease is not None and lease.expires_in_s > 0 and lease.holder.startswith(lease_holder(""))
    )


def _settle(site: DrillSite, report: RecoveryReport, drill: str) -> tuple[str, ...]:
    """Those that hold no lease any more are over, whatever the store thinks."""
    store = site.network.store
    rows = store.drills(site.name, outcomes=("running",), reports=False)
    dead = [row for row in rows if drill in ("", row.id) and row.id not in report.alive and not report.silent]
    for row in dead:
        left = [held for held in report.held if held.drill == row.id]
        said = f"{len(left)} injection(s) taken back" if left else "nothing was left of it"
        store.end_drill(row.id, Verdict.ABORTED.value, f"its rtmctl died; recovered: {said}", "", site.network.now())
    return tuple(row.id for row in dead)
