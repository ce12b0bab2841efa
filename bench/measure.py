"""One command, measured by the kernel's own accounting of the finished process and its children."""

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_s: float
    wall_s: float
    peak_mib: float
    """of the largest single process"""
    exit_code: int
    output: str
    lab_mib: float = 0.0


def tree_mib(first: int) -> float:
    """Memory of a process and all below it: the proportional set size, shared pages by the share (proc(5))."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # gone meanwhile
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    total, waiting = 0, [first]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, ())
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def run(command: Sequence[str], env: Mapping[str, str]) -> Usage:
    """Run to the end; standard error and output are kept together.

    Source: wait4(2): ru_utime + ru_stime include waited-for children; ru_maxrss is in KiB on Linux.
    """
    begin = time.monotonic()
    process = subprocess.Popen(
        list(command), env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(
        usage.ru_utime + usage.ru_stime,
        time.monotonic() - begin,
        usage.ru_maxrss / 1024,
        process.returncode,
        output,
    )
