"""Processors kept busy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from ...onboard.machine import Machine
from .. import workers
from ..mechanism import Change, Wanted, number_of

PERIOD_S = 0.1


class CpuPressure:
    """Arguments: `percent` of each worker's time that is burnt; `workers`, 0: one a processor that may be used."""

    name = "cpu-pressure"
    summary = "processors kept busy"

    def unable(self, machine: Machine) -> str | None:
        return None

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        _count(wanted)
        number_of(wanted, "percent", 1, 100)
        return None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return workers.owned(wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        busy_s = PERIOD_S * number_of(wanted, "percent", 1, 100) / 100
        return workers.start(machine, wanted, [lambda: burn(busy_s)] * _count(wanted))

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return len(workers.workers(wanted)) == _count(wanted)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        workers.stop(machine, wanted)


def burn(busy_s: float) -> Iterator[None]:
    """Busy for so long in each period."""
    while True:
        until = time.monotonic() + busy_s
        while time.monotonic() < until:
            pass
        if busy_s < PERIOD_S:
            time.sleep(PERIOD_S - busy_s)
        yield


def _count(wanted: Wanted) -> int:
    return int(number_of(wanted, "workers", 0, 1024)) or len(os.sched_getaffinity(0))
