"""Time that no clock step moves, and what tells one boot from another."""

from __future__ import annotations

import time


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """The kernel's boot id; a namespace that was started again tells so by its init's start time."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        kernel = file.read().strip()
    return f"{kernel}:{start_of(1) or 0}"


def start_of(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot (proc(5), field 22), None when there is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return None
