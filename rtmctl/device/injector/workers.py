"""Processes that press on a machine: the first that the OOM killer takes, and gone with the lease or its guard.

They are told by their name alone (`comm`), which holds the injection's key, so that an undo finds those of a step that
was killed amid its work. Each looks after itself: it ends when the lease has run out or nobody guards it any more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..onboard import guardian
from ..onboard.durable import read_file
from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from .lease import ends_at
from .mechanism import Change, Wanted

LOOK_S = 0.25
"""between two looks at lease and guard"""
ALONE_S = 3.0
"""how long a worker goes on without a guard: one that was killed is replaced at once"""
END_S = 5.0

Work = Callable[[], Iterator[None]]
"""begins; then each step is short, so that its worker can look at the lease between two"""


def name_of(wanted: Wanted) -> str:
    """A process' name, within the kernel's 15 characters."""
    return f"rd-{wanted.key}"[:15]


def workers(wanted: Wanted) -> list[int]:
    """Those alive, by name."""
    name, found = name_of(wanted), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if read_file(f"/proc/{pid}/comm").rstrip("\n") == name and _lives(int(pid)):
                found.append(int(pid))
    return sorted(found)


def owned(wanted: Wanted) -> dict[str, Any]:
    return {f"processes {name_of(wanted)}": len(workers(wanted))}


def start(machine: Machine, wanted: Wanted, works: list[Work]) -> Change:
    """One process a work; returns once each has begun. Raises AgentError when one cannot."""
    began = time.time_ns()
    told, tell = os.pipe()
    try:
        for work in works:
            _fork(machine, wanted, work, told, tell)
    finally:
        os.close(tell)
    with os.fdopen(told) as lines:
        said = lines.read().split("\n")[:-1]
    failed = [line for line in said if line]
    if failed or len(said) < len(works):
        raise AgentError("failed", "start", failed[0] if failed else "a worker died as it began", permanent=False)
    return Change(began, time.time_ns())


def stop(machine: Machine, wanted: Wanted) -> None:
    """SIGKILL all of them; returns when they are gone, or do not go."""
    until = machine.now() + END_S
    while found := workers(wanted):
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if machine.now() >= until:
            return
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    return read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] not in ("Z", "X")


def _fork(machine: Machine, wanted: Wanted, work: Work, told: int, tell: int) -> None:
    """Double fork: no parent here, no terminal, no file but the pipe on which it tells that it has begun."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.close(told)
        os.setsid()
        if os.fork():
            os._exit(0)
        _live(machine, wanted, work, tell)
    finally:
        os._exit(0)


def _live(machine: Machine, wanted: Wanted, work: Work, tell: int) -> None:
    with open("/proc/self/comm", "w") as file:
        file.write(name_of(wanted))
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.closerange(3, tell)
    os.closerange(tell + 1, 1024)
    os.chdir("/")
    try:
        steps = work()
        next(steps, None)
    except (OSError, MemoryError) as error:
        os.write(tell, f"{error or 'no memory'}\n".encode())
        return
    os.write(tell, b"\n")
    os.close(tell)
    with contextlib.suppress(OSError, MemoryError):  # a disk that is full, memory that is gone: it was pressure enough
        _go_on(machine, wanted, steps)


def _go_on(machine: Machine, wanted: Wanted, steps: Iterator[None]) -> None:
    lock = machine.lock_path(f"{wanted.key}.guard")
    guarded = look = machine.now()
    for _ in steps:
        now = machine.now()
        if now < look:
            continue
        look = now + LOOK_S
        guarded = now if guardian.alive(lock) else guarded
        if now >= (ends_at(machine, wanted.key) or 0.0) or now >= guarded + ALONE_S:
            return
