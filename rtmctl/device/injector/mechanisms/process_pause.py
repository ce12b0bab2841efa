"""Processes that stand still."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

from ...onboard.clock import state_of
from ...onboard.machine import Machine
from .. import processes
from ..mechanism import Change, Wanted


class ProcessPause:
    """Arguments: `process`, `argument`. One that ends meanwhile, because whoever supervises it meets no answer, and is
    started again, is not stopped: that is as it would be without a drill.
    """

    name = "process-pause"
    summary = "processes stand still"

    def unable(self, machine: Machine) -> str | None:
        return None

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        if not processes.meant(wanted):
            return f"no process is {processes.said(wanted)}"
        stopped = _stopped(wanted)
        return f"process {stopped[0]}, {processes.said(wanted)}, is stopped already" if stopped else None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return {f"stopped: {processes.said(wanted)}": len(_stopped(wanted))}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        began = time.time_ns()
        _signal(processes.meant(wanted), signal.SIGSTOP)
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return bool(_stopped(wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        _signal(_stopped(wanted), signal.SIGCONT)


def _stopped(wanted: Wanted) -> list[int]:
    return [pid for pid in processes.meant(wanted) if state_of(pid) == "T"]


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
