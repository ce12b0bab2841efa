"""The write-ahead journal: an entry is durable before what it names is done."""

import json
import time
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Protocol

from rtmctl.store import JournalRow, Store, StoreError


class Entry(StrEnum):
    """Every kind of entry, in the order in which a change meets them."""

    BEGIN = "begin"
    LEASE = "lease"
    STAGE = "stage"
    WAVE = "wave"
    DRAIN = "drain"
    COMMIT = "commit"
    COMMITTED = "committed"
    HEALTHY = "healthy"
    APPLIED = "applied"
    """every wave runs its target, every timer still runs"""
    DECIDING = "deciding"
    """the decision is being written on the devices"""
    DECIDED_COMMIT = "decided: commit"
    DECIDED_REVERT = "decided: revert"
    CONFIRM = "confirm"
    CONFIRMED = "confirmed"
    REVERT = "revert"
    REVERTED = "reverted"
    END = "end"


_WITHOUT_A_RECORD = frozenset(
    {Entry.DECIDED_REVERT, Entry.REVERT, Entry.REVERTED, Entry.CONFIRM, Entry.CONFIRMED, Entry.END}
)
"""the way back, and the way on once it is decided: a store that is full or gone must not leave devices half way"""


class Journal(Protocol):
    """Raises StoreError when an entry on the way forward cannot be made durable; then what it names must not be done.

    On the way back, and once it is decided, the devices hold all that recovery needs, and an entry may be lost.
    """

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None: ...


class StoreJournal:
    """The journal of one change or drill in the store.

    `may_be_lost`: entries of the way back, which go on although the store is full or gone.
    """

    def __init__(
        self,
        store: Store,
        change: str,
        now: Callable[[], float] = time.time,
        may_be_lost: Collection[StrEnum] = _WITHOUT_A_RECORD,
    ) -> None:
        self._store = store
        self._change = change
        self._now = now
        self._may_be_lost = may_be_lost

    def append(self, kind: StrEnum, device: str | None = None, detail: str = "") -> None:
        try:
            self._store.append(self._change, kind.value, device, detail, self._now())
        except StoreError:
            if kind not in self._may_be_lost:
                raise


def last_entries(rows: tuple[JournalRow, ...]) -> str:
    """The journal as JSON lines, for bug reports."""
    return "".join(json.dumps({"kind": row.kind, "device": row.device, "at": row.at}) + "\n" for row in rows)
