"""A pair of processes that keep each other alive until some work is done.

A guardian forks the watchdog, starts it again when it is killed and wakes it when it is stopped; the watchdog makes
itself a new guardian when that one is killed. Under systemd the pair is a unit, which systemd starts again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .clock import stat_of, state_of
from .durable import read_file
from .errors import AgentError
from .programs import run
from .sessions import sign


class Watch(NamedTuple):
    """Work that goes on whoever is killed.

    Attributes:
        lock: path of the file that the watchdog locks and writes its number into.
        unit: prefix of its unit's name under systemd; empty: it lives and dies with the session that it is of.
        command: what calls `guard` with the same work anew, for systemd.
        looks: the work, begun afresh by each watchdog: it yields the seconds until its next look, and ends when done.
        pinned: in memory and before other processes, whatever else presses the machine.
    """

    lock: str
    unit: str
    command: list[str]
    looks: Callable[[], Iterator[float]]
    pinned: bool = False


def alive(lock: str) -> bool:
    """Whether some process holds the watchdog's lock."""
    fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def wait_gone(watch: Watch) -> None:
    """One that has just finished its work is on its way out."""
    for _ in range(200):
        if not alive(watch.lock):
            break
        time.sleep(0.02)


def start(watch: Watch) -> None:
    """Returns once the watchdog runs; raises AgentError when it does not come up.

    Under systemd it is a unit of its own, because a login session's scope may be killed with the session.
    """
    wait_gone(watch)
    if watch.unit and os.path.isdir("/run/systemd/system"):
        unit = f"{watch.unit}-{os.urandom(4).hex()}"
        command = ["systemd-run", "--quiet", "--collect", "--unit", unit, "-p", "OOMScoreAdjust=-1000"]
        command += ["-p", "Restart=on-failure", "-p", "StartLimitIntervalSec=0", "-p", "TimeoutStopSec=1"]
        if run([*command, *watch.command]).rc != 0:
            _fork_guardian(watch)
    else:
        _fork_guardian(watch)
    for _ in range(500):
        if alive(watch.lock):
            return
        time.sleep(0.01)
    raise AgentError("watchdog", "arm", "the revert timer did not start; nothing was changed", permanent=False)


def ensure(watch: Watch) -> None:
    """Somebody may have killed or stopped both of the pair."""
    if not alive(watch.lock):
        start(watch)
        return
    with contextlib.suppress(OSError, ValueError):
        pid = int(read_file(watch.lock))
        for process in (pid, int(stat_of(pid)[1])):
            if state_of(process) == "T":
                os.kill(process, signal.SIGCONT)


def _fork_guardian(watch: Watch) -> None:
    """Double fork: no parent, no terminal, no open file of the session."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, 1024)
        guard(watch)
    finally:
        os._exit(0)


def guard(watch: Watch) -> None:
    """Returns when the watchdog's work is done."""
    _settle_in(watch.pinned)
    while True:
        watchdog = os.fork()
        if not watchdog:
            try:
                _live(watch)
            finally:
                os._exit(0)
        if _keep_alive(watchdog):
            return


def _keep_alive(watchdog: int) -> bool:
    """Waits for the watchdog's end: whether it was by itself, and not by a signal."""
    while True:
        _, status = os.waitpid(watchdog, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.kill(watchdog, signal.SIGCONT)
        else:
            return not os.WIFSIGNALED(status)


def _live(watch: Watch) -> None:
    """The watchdog's life; when its guardian is gone it becomes the guardian of a new one."""
    guardian = os.getppid()
    if watch.pinned:
        _pin()  # a lock on memory is not inherited, mlockall(2)
    fd = os.open(watch.lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    sign(fd)
    for pause in watch.looks():
        if os.getppid() != guardian:
            os.close(fd)
            guard(watch)
            return
        time.sleep(pause)


def _settle_in(pinned: bool) -> None:
    """Signals of a session's end do not end it, nor does a machine that runs out of memory."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    if pinned:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, -20)
    with contextlib.suppress(OSError):  # where there is swap it must not wait for it
        if pinned or len(read_file("/proc/swaps").splitlines()) > 1:
            _pin()


def _pin() -> None:
    import ctypes  # noqa: PLC0415 - this import takes 10 ms, and most switches have no swap

    ctypes.CDLL(None).mlockall(1 | 2 | 4)  # MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT
