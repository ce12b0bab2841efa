"""What a drill writes down before it does it. The holders know what they hold; the journal tells who asked for it."""

import time
from collections.abc import Callable
from enum import StrEnum

from rtmctl.change.journal import StoreJournal
from rtmctl.store import Store


class Entry(StrEnum):
    """In the order in which a drill meets them; each names the injection's machine and mechanism."""

    BEGIN = "drill"
    ARM = "arm"
    ARMED = "armed"
    INJECT = "inject"
    ACTIVE = "active"
    REVERT = "revert"
    RESTORED = "restored"
    BROKEN = "broken"
    END = "drill end"


_MAY_BE_LOST = frozenset({Entry.ACTIVE, Entry.REVERT, Entry.RESTORED, Entry.BROKEN, Entry.END})


def drill_journal(store: Store, drill: str, now: Callable[[], float] = time.time) -> StoreJournal:
    """A full or lost store keeps nobody from taking a fault back."""
    return StoreJournal(store, drill, now, _MAY_BE_LOST)
