"""`net recover` and `net confirm`: finishing what somebody, perhaps on another machine, has left.

Everything is read from the devices; the store may be empty.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from rtmctl.base import Exit, PermanentError
from rtmctl.change.events import Note, OnEvent, PhaseBegun, ignore
from rtmctl.change.finishing import Finisher
from rtmctl.change.fleet import Connect, Fleet
from rtmctl.change.holdings import read_holdings
from rtmctl.change.options import Timing
from rtmctl.change.plan import whoami
from rtmctl.change.results import ChangeResult, Outcome
from rtmctl.change.settling import seen_of, settle
from rtmctl.change.standing import OpenChange, open_changes
from rtmctl.device.types import TransactionState
from rtmctl.store import Store

Agree: TypeAlias = Callable[[OpenChange], bool]
"""whether a change that waits to be confirmed by hand shall be undone; False leaves it alone"""

_TIMING = Timing()


def undo_all(_change: OpenChange) -> bool:
    """For programs: what waits is undone like everything that is not decided."""
    return True


@dataclass(frozen=True, slots=True)
class RecoverReport:
    results: tuple[ChangeResult, ...]
    """one for each change that was open"""
    silent: tuple[str, ...]
    """devices that do not answer; what they hold is not known"""
    left: tuple[str, ...] = ()
    """changes that wait for `net confirm` and were left alone"""

    @property
    def exit(self) -> Exit:
        if self.silent or any(r.outcome is Outcome.UNKNOWN for r in self.results):
            return Exit.STATE_UNKNOWN
        return Exit.DONE


async def recover(
    connect: Connect,
    names: Collection[str],
    store: Store,
    *,
    site: str,
    by: str = "",
    timing: Timing = _TIMING,
    agree: Agree = undo_all,
    emit: OnEvent = ignore,
    now: Callable[[], float] = time.time,
) -> RecoverReport:
    """Settle every change the devices hold: forward where it was decided, back everywhere else, never mixed.

    A lease of the rtmctl that died is waited for; it runs out.

    Args:
        agree: asked for each change that `apply --confirm-within` left waiting, before anything is done.

    Raises:
        Locked: another rtmctl is alive and renews its lease.
    """
    fleet = Fleet(connect)
    try:
        emit(PhaseBegun("recover", tuple(names)))
        holdings, silent = await read_holdings(fleet, names, timing)
        found = open_changes(holdings)
        settle(store, site, seen_of(holdings), now(), but={change.manifest.change for change in found})
        left = tuple(change.manifest.id for change in found if change.waits is not None and not agree(change))
        results = []
        for change in found:
            if change.manifest.id in left:
                emit(Note(f"{change.manifest.id} is left to be confirmed, or to revert by itself"))
            else:
                finisher = Finisher(change, fleet, store, site, by or whoami(), timing, emit, now)
                results.append(await finisher.settle())
        return RecoverReport(tuple(results), silent, left)
    finally:
        await fleet.close()


async def confirm(
    connect: Connect,
    names: Collection[str],
    store: Store,
    change: str,
    *,
    site: str,
    by: str = "",
    timing: Timing = _TIMING,
    emit: OnEvent = ignore,
    now: Callable[[], float] = time.time,
) -> ChangeResult:
    """Confirm a change that `apply --confirm-within` left applied.

    Raises:
        PermanentError: no device holds such a change.
        Refused: it is not applied everywhere (any more); nothing was changed.
        Locked: another rtmctl works on it.
    """
    fleet = Fleet(connect)
    try:
        holdings, _ = await read_holdings(fleet, names, timing)
        settle(store, site, seen_of(holdings), now())
        mine = [c for c in open_changes(holdings) if change in (c.manifest.id, c.manifest.change)]
        if not mine:
            states = {
                name: h.status.state.value
                for name, h in holdings.items()
                if h.manifest is not None and change in (h.manifest.id, h.manifest.change)
            }
            if states and set(states.values()) == {TransactionState.CONFIRMED.value}:
                return ChangeResult(change, Outcome.NOTHING, "it is confirmed already")
            said = ", ".join(f"{name} {state}" for name, state in sorted(states.items()))
            raise PermanentError(
                f"no device holds an unconfirmed change {change}" + (f" ({said})" if said else ""),
                hint="rtmctl net history",
            )
        finisher = Finisher(mine[0], fleet, store, site, by or whoami(), timing, emit, now)
        return await finisher.confirm()
    finally:
        await fleet.close()
