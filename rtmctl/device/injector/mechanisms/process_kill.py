"""Processes of services killed. Of systemd's services alone, because somebody must be able to start them again."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

from ...onboard.machine import Machine
from .. import processes
from ..interfaces import lacks
from ..mechanism import Change, Wanted, must

COMEBACK_S = 20.0
"""how long a service may take to be what it was, once it is started"""
LOOK_S = 0.2


class ProcessKill:
    """Arguments: `process`, `argument`. A unit with Restart= may be back before the drill is over."""

    name = "process-kill"
    summary = "processes of services killed"

    def unable(self, machine: Machine) -> str | None:
        if not os.path.isdir("/run/systemd/system"):
            return "no systemd runs here: nobody would start a killed process again"
        return lacks("systemctl")

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        pids = processes.meant(wanted)
        if not pids:
            return f"no process is {processes.said(wanted)}"
        alone = [pid for pid in pids if processes.unit_of(pid) is None]
        if alone:
            return f"process {alone[0]} is of no service of systemd: nobody would start it again"
        return None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        """The services of those processes, as they were when it was armed."""
        units = [name[len("unit ") :] for name in wanted.before] or sorted(
            {unit for pid in processes.meant(wanted) for unit in [processes.unit_of(pid)] if unit}
        )
        return {f"unit {unit}": _state(machine, unit) for unit in units}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        began = time.time_ns()
        for pid in processes.meant(wanted):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return self.owned(machine, wanted) != wanted.before

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        until = machine.now() + COMEBACK_S
        for name, before in wanted.before.items():
            unit = name[len("unit ") :]
            if _state(machine, unit) != before:
                machine.run(["systemctl", "reset-failed", unit], timeout=10)
                must(machine, "start", ["systemctl", "start", "--no-block", unit])
        while self.owned(machine, wanted) != wanted.before and machine.now() < until:
            time.sleep(LOOK_S)


def _state(machine: Machine, unit: str) -> str:
    """'active running', as systemctl shows it."""
    shown = must(machine, "status", ["systemctl", "show", "--property=ActiveState,SubState", "--value", unit])
    return " ".join(shown.out.split())
