"""One command, measured by the kernel's own accounting of the finished process and its children."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_s: float
    wall_s: float
    peak_mib: float
    """of the largest single process"""
    exit_code: int
    output: str


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
