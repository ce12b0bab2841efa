"""A clock that jumps. Refused where the clock is not this machine's own: no namespace has a CLOCK_REALTIME of its own
(time_namespaces(7)), so a step in a container would be a step of its host and of all beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any

from ...onboard.durable import read_file, write_file
from ...onboard.errors import AgentError
from ...onboard.machine import Machine
from ..mechanism import Change, Wanted, number_of

FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""PROC_PID_INIT_INO, include/linux/proc_ns.h: the kernel's first; every container has another"""
YEAR_S = 31_536_000.0
NEAR_S = 0.5
"""what a clock may have drifted or been slewed and still stand where it was put"""


class ClockStep:
    """Arguments: `step_s`, forward or back. The way back is counted on CLOCK_BOOTTIME, which no step moves."""

    name = "clock-step"
    summary = "the clock jumps"

    def unable(self, machine: Machine) -> str | None:
        if os.readlink("/proc/self/ns/pid") != FIRST_PID_NAMESPACE:
            return "the clock is shared with the host of this container or namespace: it would jump for all of them"
        return None

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        return None if _step(wanted) else "a step of 0 s is none"

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        """A clock in step has no mark; while one stands, the clock is not where it was."""
        return {"clock": "as it runs" if _mark(machine, wanted) is None else "stepped"}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        offset = time.time() - machine.now()
        write_file(_path(machine, wanted), json.dumps({"offset_s": offset}), lasting=False)
        began, ran = time.time_ns(), time.monotonic_ns()
        _set(machine, offset + _step(wanted))
        return Change(began, began + time.monotonic_ns() - ran)  # as if the clock had not been stepped

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        """False too when the host's NTP has put it right already."""
        offset = _mark(machine, wanted)
        return offset is not None and abs(time.time() - machine.now() - offset) > NEAR_S

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        offset = _mark(machine, wanted)
        if offset is None:
            return
        if self.is_active(machine, wanted):
            _set(machine, offset)
        os.unlink(_path(machine, wanted))


def _step(wanted: Wanted) -> float:
    return number_of(wanted, "step_s", -YEAR_S, YEAR_S)


def _set(machine: Machine, offset_s: float) -> None:
    try:
        time.clock_settime(time.CLOCK_REALTIME, machine.now() + offset_s)
    except OSError as error:
        raise AgentError("failed", "clock", f"the clock cannot be set: {error.strerror}", permanent=False) from None


def _path(machine: Machine, wanted: Wanted) -> str:
    """In memory: a reboot takes it, and the step with it."""
    return os.path.join(machine.run_dir, f"{wanted.key}.clock")


def _mark(machine: Machine, wanted: Wanted) -> float | None:
    """What CLOCK_REALTIME was ahead of CLOCK_BOOTTIME before the step, s; None without one."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return float(json.loads(read_file(_path(machine, wanted)))["offset_s"])
    return None
