"""A process' identity that survives the reuse of its number: start time, PID namespace and the machine's boot."""

import contextlib
import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    start_ticks: int
    """field 22 of /proc/PID/stat, clock ticks since boot"""
    namespace: str
    """the PID namespace it lives in, 'pid:[4026532…]'"""
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Raises OSError when there is no such process."""
        return cls(pid, _start_ticks(pid), os.readlink(f"/proc/{pid}/ns/pid"), _boot_id())  # noqa: PTH115

    def alive(self) -> bool:
        """The same process still runs (a zombie does not)."""
        try:
            return Process.of(self.pid) == self
        except OSError:
            return False

    def kill(self, timeout_s: float = 30.0) -> bool:
        """SIGKILL it and wait until it is gone, with all of its PID namespace when it is the first there.

        Returns:
            False when it did not go in time.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive():
                return True
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            return bool(poll.poll(timeout_s * 1000))
        except ProcessLookupError:
            return True
        finally:
            os.close(handle)


def running(matches: Callable[[list[str]], bool]) -> tuple[Process, ...]:
    """Processes whose command line, as words, matches."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if matches((entry / "cmdline").read_text(errors="replace").rstrip("\0").split("\0")):
                    found.append(Process.of(int(entry.name)))
    return tuple(found)


def children_of(parent: int) -> tuple[int, ...]:
    """The numbers of a process' children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return tuple(found)


def _start_ticks(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        raise ProcessLookupError(pid)
    return int(fields[19])


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
