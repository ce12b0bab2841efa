"""Time that no clock step moves, what tells one boot from another, and processes by their start."""

from __future__ import annotations

import contextlib
import os
import time


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """The kernel's boot id; a namespace that was started again tells so by its init's start time."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        kernel = file.read().strip()
    return f"{kernel}:{start_of(1) or 0}"


def stat_of(pid: int | str) -> list[str]:
    """Fields of /proc/PID/stat from the third on (proc(5)); raises OSError when there is no such process."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def start_of(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot, None when there is none."""
    try:
        return int(stat_of(pid)[19])
    except (OSError, IndexError):
        return None


def state_of(pid: int) -> str:
    """One letter: `T` is stopped by a signal; empty when there is no such process."""
    try:
        return stat_of(pid)[0]
    except (OSError, IndexError):
        return ""


def parents() -> dict[int, int]:
    """Every process and its parent."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                found[int(name)] = int(stat_of(name)[1])
    return found
