"""Memory taken and touched: a share of what is available when it begins."""

from __future__ import annotations

import mmap
import re
import time
from collections.abc import Iterator
from typing import Any

from ...onboard.durable import read_file
from ...onboard.machine import Machine
from .. import workers
from ..mechanism import Change, Wanted, number_of

STEP = 4 << 20
IDLE_S = 0.1


class MemoryPressure:
    """Arguments: `percent`. What it takes counts for the machine, also where a container sees less of it."""

    name = "memory-pressure"
    summary = "memory taken and touched"

    def unable(self, machine: Machine) -> str | None:
        return None if available() else "/proc/meminfo does not say what is available"

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        number_of(wanted, "percent", 1, 100)
        return None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return workers.owned(wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        size = int(available() * number_of(wanted, "percent", 1, 100) / 100)
        return workers.start(machine, wanted, [lambda: take(size)])

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        """False too when the OOM killer has taken it, as it is meant to be the first."""
        return bool(workers.workers(wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        workers.stop(machine, wanted)


def available() -> int:
    """Bytes that can be had without swapping; 0 when the kernel does not say."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", read_file("/proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def take(size: int) -> Iterator[None]:
    """All of it is written to before the first step ends; then it is touched, so that it is not swapped out."""
    held = mmap.mmap(-1, max(size, mmap.PAGESIZE))
    for page in range(0, len(held), mmap.PAGESIZE):
        held[page] = 1
    while True:
        for at in range(0, len(held), STEP):
            for page in range(at, min(at + STEP, len(held)), mmap.PAGESIZE):
                held[page] = 1
            yield
        time.sleep(IDLE_S)
