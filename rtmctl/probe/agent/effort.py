"""Keeping the times, and knowing how well they were kept."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import time
from typing import Any

from .tally import Times

STALLS_KEPT = 100
MCL_CURRENT, MCL_FUTURE = 1, 2
PR_SET_TIMERSLACK = 29
CAP_IPC_LOCK = 14


class Keeper:
    """How late packets left: a stall is a stretch in which they left later than the limit."""

    def __init__(self, stall_ns: int) -> None:
        self.stall_ns = stall_ns
        self.worst_ns = 0
        self.late = Times()
        self.count = 0
        self.stalls: list[list[int]] = []
        """[intended time of the first packet, since the start, length], ns"""

    def sent(self, late_ns: int, due_ns: int) -> None:
        """By our own clock, right before. `due_ns`: intended time since the start."""
        self.late.add(late_ns)
        self.left(late_ns, due_ns)

    def left(self, late_ns: int, due_ns: int) -> None:
        """By the kernel's stamp."""
        self.worst_ns = max(self.worst_ns, late_ns)
        if late_ns > self.stall_ns:
            self._stalled(due_ns, late_ns)

    def _stalled(self, due_ns: int, late_ns: int) -> None:
        if self.stalls and due_ns <= sum(self.stalls[-1]):
            begun, length = self.stalls[-1]
            self.stalls[-1][1] = max(length, due_ns + late_ns - begun)
            return
        self.count += 1
        if self.count <= STALLS_KEPT:
            self.stalls.append([due_ns, late_ns])

    def report(self) -> dict[str, Any]:
        return {
            "worst_late_ms": self.worst_ns / 1e6,
            "late": self.late.report(),
            "stall_count": self.count,
            "stalls": [[begun / 1e6, length / 1e6] for begun, length in self.stalls],
        }


class Steps:
    """Whether the wall clock was set meanwhile; NTP's slewing moves both clocks alike and is none."""

    def __init__(self) -> None:
        self.offset = time.time_ns() - time.monotonic_ns()
        self.worst_ns = 0

    def look(self) -> None:
        apart = min(abs(time.time_ns() - time.monotonic_ns() - self.offset) for _ in range(3))  # one may be interrupted
        self.worst_ns = max(self.worst_ns, apart)


def kernel_says(path: str) -> str:
    """One of its small files; pathlib would take a tenth of the start to load. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 65536).decode()
    finally:
        os.close(file)


def boot_id() -> str:
    """Equal on hosts that share a kernel, and so a clock; empty where it is not told."""
    with contextlib.suppress(OSError):
        return kernel_says("/proc/sys/kernel/random/boot_id").strip()
    return ""


def make_urgent() -> bool:
    """Ask for real-time scheduling; a probe that waits for the CPU measures the CPU."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (OSError, AttributeError):
        with contextlib.suppress(OSError):
            os.nice(-10)
        return False
    return True


def lock_memory() -> bool:
    """No page of this process is swapped out or faulted in later; wakes exactly also without real-time scheduling."""
    try:
        import ctypes  # noqa: PLC0415  # not every Python has it

        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
        locked: int = libc.mlockall(MCL_CURRENT | (MCL_FUTURE if may_lock_all() else 0))
    except (ImportError, OSError, AttributeError):
        return False
    return locked == 0


def may_lock_all() -> bool:
    """Whether future pages may be locked too: below a limit an allocation would fail one day."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return True
    with contextlib.suppress(OSError, StopIteration):
        of_this_machine = kernel_says("/proc/self/uid_map").split() == ["0", "0", str(2**32 - 1)]
        status = kernel_says("/proc/self/status").splitlines()
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
        return of_this_machine and bool(effective >> CAP_IPC_LOCK & 1)
    return False


def stop_collecting() -> None:
    gc.collect()
    gc.freeze()
    gc.disable()
