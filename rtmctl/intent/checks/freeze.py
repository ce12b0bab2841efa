"""Freeze windows that end after they begin."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft


def check(draft: Draft) -> Iterator[Finding]:
    """The schema already asks for a time zone, so the two can be compared."""
    for number, window in enumerate(draft.intent.freeze):
        if window.end <= window.start:
            message = f"the window ends at {window.end.isoformat()}, not after it begins"
            there = draft.where("freeze", number, "start")
            where = draft.where("freeze", number, "end")
            yield Finding("freeze-order", message, where, "swap start and end?", also=(there,) if there else ())
