"""Two processes, so that neither a stopped nor a hanging recorder stays on a switch."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
from collections.abc import Callable

GRACE_S = 2.0
PR_SET_PDEATHSIG = 1

Beat = Callable[[], None]


def keep(work: Callable[[Beat], int], lease_s: float) -> int:
    """Run `work` in a child; without a beat for `lease_s` it is killed, whatever state it is in. Its exit code."""
    parent = os.getpid()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os._exit(_worked(work, theirs) if os.getppid() == parent else 1)
    os.close(theirs)
    for standard in (0, 1):
        os.close(standard)  # the channel ends with the child
    while True:
        ready, _, _ = select.select([ours], [], [], lease_s + GRACE_S)
        if not ready:
            os.kill(child, signal.SIGKILL)
        if not ready or not os.read(ours, 4096):
            break
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _worked(work: Callable[[Beat], int], pipe: int) -> int:
    os.set_blocking(pipe, False)

    def beat() -> None:
        with contextlib.suppress(OSError):  # full: the keeper is stopped, and has enough to read
            os.write(pipe, b".")

    try:
        return work(beat)
    finally:
        os.killpg(0, signal.SIGCONT)  # a stopped keeper, or sudo above it, would stay
