"""A daemon of FRR stands still and answers nobody; the kernel goes on forwarding."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from ...onboard.clock import state_of
from ...onboard.machine import Machine
from .. import daemons, frr, instances
from ..mechanism import Change, Wanted


class DaemonFreeze:
    """Arguments: `daemon`. watchfrr, where it runs, kills one that does not answer for long, and starts it again."""

    name = "daemon-freeze"
    summary = "a daemon of FRR stands still"

    def unable(self, machine: Machine) -> str | None:
        return frr.unable(machine)

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        return daemons.check(machine, wanted)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return daemons.owned(machine, wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        victims = instances.named(daemons.daemon_of(wanted))
        began = time.time_ns()
        for victim in victims:
            os.kill(victim.pid, signal.SIGSTOP)
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return any(state_of(process.pid) == "T" for process in instances.named(daemons.daemon_of(wanted)))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        for process in instances.named(daemons.daemon_of(wanted)):
            os.kill(process.pid, signal.SIGCONT)
        daemons.bring_back(machine, wanted)
