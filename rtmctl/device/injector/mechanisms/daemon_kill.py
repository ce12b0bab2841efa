"""A daemon of FRR killed; the kernel goes on forwarding."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from ...onboard.machine import Machine
from .. import daemons, frr, instances
from ..mechanism import Change, Wanted


class DaemonKill:
    """Arguments: `daemon`. Where watchfrr runs it starts the daemon again by itself, and the fault is that short."""

    name = "daemon-kill"
    summary = "a daemon of FRR is killed"

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
            os.kill(victim.pid, signal.SIGKILL)
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return not instances.named(daemons.daemon_of(wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        daemons.bring_back(machine, wanted)
