"""BGP and BFD timers that make sense together."""

from collections.abc import Iterator

from rtmctl.base import Finding, Severity
from rtmctl.intent.draft import Draft

SOFTWARE_BFD_MS = 50
"""below this a busy CPU loses sessions that are well; hardware BFD is another matter"""


def check(draft: Draft) -> Iterator[Finding]:
    """Hold time against keepalive (RFC 4271 §10: a third), BFD's detection time against the hold time."""
    timers = draft.intent.fabric.timers
    at = ("fabric", "timers")
    if timers.hold_s < 3 * timers.keepalive_s:
        message = f"hold time {timers.hold_s} s is less than three keepalives of {timers.keepalive_s} s"
        key = "hold_s" if (*at, "hold_s") in draft.positions else "keepalive_s"
        hint = f"hold_s at least {3 * timers.keepalive_s}, or a shorter keepalive_s"
        yield Finding("timer-hold", message, draft.where(*at, key), hint)
    bfd = timers.bfd
    if bfd is None:
        return
    detection_ms = bfd.interval_ms * bfd.multiplier
    if detection_ms >= timers.hold_s * 1000:
        message = f"BFD needs {detection_ms} ms to notice a dead peer, BGP's own hold time only {timers.hold_s} s"
        hint = "a shorter interval_ms, or `bfd: null`"
        yield Finding("timer-bfd", message, draft.where(*at, "bfd", "interval_ms"), hint, Severity.WARNING)
    if bfd.interval_ms < SOFTWARE_BFD_MS:
        message = f"BFD every {bfd.interval_ms} ms is more than software keeps up with under load"
        hint = f"{SOFTWARE_BFD_MS} ms or more, unless the hardware does BFD"
        yield Finding("timer-bfd", message, draft.where(*at, "bfd", "interval_ms"), hint, Severity.WARNING)
