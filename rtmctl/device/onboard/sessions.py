"""Who is at work on the machine, so that a watchdog can end what is left of them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

from .clock import start_of
from .durable import read_file
from .programs import kill_tree


def own_session() -> None:
    """A session of this step's own, which a watchdog may kill whole without meeting anybody else."""
    try:
        os.setsid()
    except PermissionError:  # the leader of a process group, or of its session already
        if os.getsid(0) == os.getpid():
            return
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
        os.setsid()


def session_of_this() -> dict[str, Any]:
    return {"session": os.getsid(0), "session_start": start_of(os.getsid(0))}


def kill_session(record: Mapping[str, Any]) -> None:
    """SIGKILL what is left of a step: the program that made it and the programs it had started."""
    session = record["session"]
    if session == os.getsid(0) or start_of(session) not in (None, record["session_start"]):
        return
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(name)) == session:
                    os.kill(int(name), signal.SIGKILL)


def sign(fd: int) -> None:
    """Write into a lock file who holds it, over what stands there: where memory is full that needs none."""
    with contextlib.suppress(OSError):
        os.pwrite(fd, str(os.getpid()).ljust(12, "\n").encode(), 0)


def kill_holder(lock: str) -> None:
    """SIGKILL whoever holds a lock file and does not let go: a step of another session that hangs, wherever it does."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and holds(name, lock):
            kill_tree(int(name))


def holds(pid: str, lock: str) -> bool:
    """The kernel's word for it, proc(5): one that is stopped before it has signed the file holds it too."""
    with contextlib.suppress(OSError):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{fd}") == lock and "FLOCK" in read_file(f"/proc/{pid}/fdinfo/{fd}"):
                return True
    return False
