"""Running instances of a program of this machine, never of a container on it; and how one is started again."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import NamedTuple

from ..onboard.clock import state_of


class Process(NamedTuple):
    pid: int
    command: list[str]
    nice: int
    oom_score_adj: str


def named(program: str) -> list[Process]:
    """Oldest first, without those that are dead and not yet reaped."""
    here = os.readlink("/proc/self/ns/pid")
    found = []
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = [word.decode("utf-8", "surrogateescape") for word in file.read().split(b"\0")[:-1]]
            if not command or os.path.basename(command[0]) != program or state_of(pid) in ("", "Z", "X"):
                continue
            if os.readlink(f"/proc/{pid}/ns/pid") == here:
                with open(f"/proc/{pid}/oom_score_adj") as file:
                    adjusted = file.read().strip()
                found.append(Process(pid, command, os.getpriority(os.PRIO_PROCESS, pid), adjusted))
    return found


def start(command: list[str], nice: int, oom_score_adj: str) -> None:
    """A program as it was: nobody's child, without what this process has for itself (niceness, signals, files)."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write(oom_score_adj)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, 1024)
        os.execv(command[0], command)
    finally:
        os._exit(127)
