"""Exit codes: one meaning in every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit status tells the shell and CI."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    """typer's own"""
    INVALID_SITE = 3
    DIFFERENT = 4
    VERIFICATION_FAILED = 5
    REFUTED = 6
    INCONCLUSIVE = 7
    ROLLED_BACK = 8
    """the change was undone; the state is as before"""
    LOCKED = 9
    """another operator, change or drill holds the lease"""
    STALE_PLAN = 10
    STATE_UNKNOWN = 11
    """not known or not restored: act now; outranks all others"""
    REFUSED = 12
    """a safety rule or gate said no"""
    ABORTED = 13
    """aborted and restored"""
    PROOFS_FAILED = 14
    INTERRUPTED = 130
