"""History settles itself: whenever devices are read, they tell what became of changes whose end nobody saw.

Only what a device says is taken: a device that was not read leaves its change open.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rtmctl.base import PermanentError
from rtmctl.change.journal import Entry
from rtmctl.change.plan_file import plan_from_json
from rtmctl.change.results import Outcome, Standing
from rtmctl.change.standing import Holding
from rtmctl.device.types import DeviceStatus, TransactionState
from rtmctl.store import ChangeRow, StandingRow, Store, StoreError

OPEN = frozenset(outcome.value for outcome in (Outcome.RUNNING, Outcome.UNCONFIRMED, Outcome.ARMED, Outcome.UNKNOWN))
"""what was known when rtmctl ended, or died: its devices may have settled it since"""
_LOOKED_AT = 200
_YOUNG_S = 120
"""a change that began so lately may still be on its way to its first lease"""
_FINAL = frozenset({Standing.OLD.value, Standing.NEW.value})


@dataclass(frozen=True, slots=True)
class Seen:
    """What one device said."""

    status: DeviceStatus
    running_hash: str = ""
    """of what it runs; empty where only its status was read"""


def seen_of(holdings: Mapping[str, Holding]) -> dict[str, Seen]:
    """What devices hold of changes, without what they run."""
    return {name: Seen(holding.status) for name, holding in holdings.items()}


def settle(
    store: Store, site: str, seen: Mapping[str, Seen], now: float, *, but: Collection[str] = ()
) -> tuple[str, ...]:
    """Bring the open changes of the history up to what was just read.

    Args:
        but: changes that the caller has in hand.

    Returns:
        the ids of changes of which something new is known. A store that cannot be written settles nothing.
    """
    found = []
    with contextlib.suppress(StoreError):
        for row in store.changes(site, _LOOKED_AT, outcomes=OPEN):
            due = row.id not in but and not _at_work(row, seen.values(), now)
            if due and settle_one(store, row, seen, now):
                found.append(row.id)
    return tuple(found)


def settle_one(
    store: Store, row: ChangeRow, seen: Mapping[str, Seen], now: float, *, devices: Collection[str] = ()
) -> bool:
    """Bring one change up to what was just read, whoever is at work on it.

    Args:
        devices: what is known to take part in it, beside its plan and what was noted before.

    Returns:
        whether something new is known. Raises StoreError.
    """
    known = {one.device: one for one in store.standings((row.id,))}
    before = dict.fromkeys((*devices, *known), "")
    if row.plan:  # none where a recover on another machine began the record
        try:
            plan = plan_from_json(row.plan, f"the plan of change {row.id}")
        except PermanentError:  # as another version of rtmctl wrote it
            return False
        before |= {part.device: part.pre_hash for stage in reversed(plan.stages) for part in stage.devices}
    news = []
    for device in sorted(set(before) & set(seen)):
        judged = standing_of(row.id, seen[device], before[device])
        told = device in known and known[device].standing in _FINAL
        if judged is not None and not (told and judged[0].value not in _FINAL):
            news.append(StandingRow(row.id, device, judged[0].value, judged[1], now))
    store.set_standings(news)
    known |= {one.device: one for one in news}
    if known and set(known) >= set(before):
        end = outcome_of(tuple(known.values()), rounds=_rounds(store, row.id), reached=_reached(row.id, seen))
        if end is not None and end[0].value != row.outcome:
            store.settle_change(row.id, end[0].value, end[1])
    return bool(news)


def standing_of(change: str, seen: Seen, pre_hash: str) -> tuple[Standing, str] | None:
    """Where a device stands in a change, and by which sign; None where it gives none."""
    if part_of(change, seen.status.transaction) is not None:
        return _by_its_record(seen.status)
    if not seen.running_hash:
        return None
    if seen.running_hash == pre_hash:
        return Standing.OLD, "it runs what it ran before"
    if seen.status.transaction is not None:
        return Standing.UNKNOWN, f"change {seen.status.transaction} has been there since"
    return Standing.UNKNOWN, "it knows nothing of the change and does not run what it ran before"


def _by_its_record(status: DeviceStatus) -> tuple[Standing, str]:
    match status.state:
        case TransactionState.CONFIRMED:
            return Standing.NEW, "confirmed"
        case TransactionState.REVERTED:
            return Standing.OLD, status.failure or "reverted"
        case TransactionState.STAGED:
            return Standing.OLD, "its change never began"
        case TransactionState.ARMED | TransactionState.APPLIED:
            left = f" in {status.reverts_in_s:.0f} s" if status.reverts_in_s is not None else ""
            return Standing.PENDING, f"reverts{left} unless confirmed"
        case _:
            return Standing.UNKNOWN, status.failure or f"it is {status.state.value}"


def outcome_of(standings: Collection[StandingRow], *, rounds: int = 1, reached: int = 1) -> tuple[Outcome, str] | None:
    """What a change came to, all its devices being known, and the history's sentence; None while a timer runs.

    Args:
        rounds: how many decisions the change is made of.
        reached: the last of them of which a device tells.
    """
    by: dict[str, list[StandingRow]] = {}
    for row in standings:
        by.setdefault(row.standing, []).append(row)
    if Standing.PENDING.value in by:
        return None
    at = f"seen at {moment(max(row.seen_at for row in standings))}"
    if lost := by.get(Standing.UNKNOWN.value):
        return Outcome.UNKNOWN, f"{'; '.join(f'{row.device}: {row.reason}' for row in lost)}; {at}"
    old, new = by.get(Standing.OLD.value, []), by.get(Standing.NEW.value, [])
    why = ", ".join(dict.fromkeys(row.reason for row in old))
    if not new:
        return Outcome.REVERTED, f"every device is as before ({why}), {at}"
    if not old and reached >= rounds:
        return Outcome.CONFIRMED, f"every device is confirmed, {at}"
    said = f"confirmed on {', '.join(row.device for row in new)}"
    said += f"; as before on {', '.join(row.device for row in old)} ({why})" if old else ""
    said += f"; decision {reached} of {rounds} was the last" if rounds > 1 else ""
    return Outcome.PARTLY, f"{said}; {at}"


def part_of(change: str, transaction: str | None) -> int | None:
    """Which decision of the change a transaction is, from 1; None when it is another change's."""
    if transaction is None:
        return None
    whole, dot, number = transaction.rpartition(".")
    if dot and whole == change and number.isdigit():
        return int(number)
    return 1 if transaction == change else None


def moment(at: float) -> str:
    """As the history writes a time: UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def unsettled(rows: Iterable[ChangeRow]) -> tuple[ChangeRow, ...]:
    """Those of which the history knows no end."""
    return tuple(row for row in rows if row.outcome in OPEN)


def _at_work(row: ChangeRow, seen: Iterable[Seen], now: float) -> bool:
    """Whether an rtmctl is on it: it holds a lease, or has only just begun."""
    if row.outcome == Outcome.RUNNING.value and now - row.begun_at < _YOUNG_S:
        return True
    return any(one.status.lease is not None and row.id in one.status.lease.holder for one in seen)


def _rounds(store: Store, change: str) -> int:
    """As the change's first journal entry says."""
    said = next((entry.detail for entry in store.journal(change) if entry.kind == Entry.BEGIN.value), "")
    return int(said) if said.isdigit() else 1


def _reached(change: str, seen: Mapping[str, Seen]) -> int:
    return max((part_of(change, one.status.transaction) or 0 for one in seen.values()), default=0)
