"""Who starts a watchdog and keeps it alive.

A guardian forks the watchdog, starts it again when it is killed and wakes it when it is stopped; the watchdog makes
itself a new guardian when that one is killed. Under systemd the pair is a unit, which systemd starts again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from .clock import start_of, state_of
from .device import Device
from .errors import AgentError
from .programs import run
from .watchdog import Watchdog, settle_in

LOCK = "watchdog.lock"


def watchdog_alive(run_dir: str) -> bool:
    """Whether some process holds the watchdog's lock."""
    fd = os.open(os.path.join(run_dir, LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def start_watchdog(device: Device, transaction: str) -> None:
    """Returns once the watchdog runs; raises AgentError when it does not come up.

    Under systemd it is a unit of its own, because a login session's scope may be killed with the session.
    """
    for _ in range(200):
        if not watchdog_alive(device.run_dir):
            break
        time.sleep(0.02)  # one that has just finished its work is on its way out
    starter = os.getpid()
    if os.path.isdir("/run/systemd/system"):
        unit = f"rtmctl-watchdog-{os.urandom(4).hex()}"
        command = ["systemd-run", "--quiet", "--collect", "--unit", unit, "-p", "OOMScoreAdjust=-1000"]
        command += ["-p", "Restart=on-failure", "-p", "StartLimitIntervalSec=0", "-p", "TimeoutStopSec=1"]
        command += [os.path.abspath(sys.argv[0]), "watchdog", f"transaction={transaction}", f"starter={starter}"]
        if run(command).rc != 0:
            fork_guardian(device, transaction, starter)
    else:
        fork_guardian(device, transaction, starter)
    for _ in range(500):
        if watchdog_alive(device.run_dir):
            return
        time.sleep(0.01)
    raise AgentError("watchdog", "arm", "the revert timer did not start; nothing was changed", permanent=False)


def ensure_watchdog(device: Device, record: Mapping[str, Any]) -> None:
    """A pending change always has a watchdog that runs: somebody may have killed or stopped it and its guardian."""
    if not watchdog_alive(device.run_dir):
        device.watch(device, record["transaction"])
        return
    with contextlib.suppress(OSError, ValueError), open(os.path.join(device.run_dir, LOCK)) as file:
        pid = int(file.read())
        if state_of(pid) == "T":
            os.kill(pid, signal.SIGCONT)


def fork_guardian(device: Device, transaction: str, starter: int) -> None:
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
        guard(device, transaction, starter)
    finally:
        os._exit(0)


def guard(device: Device, transaction: str, starter: int) -> None:
    """Returns when the watchdog's work is done."""
    settle_in()
    starter_start = start_of(starter)
    while True:
        watchdog = os.fork()
        if not watchdog:
            try:
                watch(Watchdog(device, transaction, starter, starter_start))
            finally:
                os._exit(0)
        if keep_alive(watchdog):
            return


def keep_alive(watchdog: int) -> bool:
    """Waits for the watchdog's end: whether it was by itself, and not by a signal."""
    while True:
        _, status = os.waitpid(watchdog, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.kill(watchdog, signal.SIGCONT)
        else:
            return not os.WIFSIGNALED(status)


def watch(watchdog: Watchdog) -> None:
    """The watchdog's life; when its guardian is gone it becomes the guardian of a new one."""
    guardian = os.getppid()
    fd = os.open(os.path.join(watchdog.device.run_dir, LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(os.getpid()).encode(), 0)
    for pause in watchdog.looks():
        if os.getppid() != guardian:
            os.close(fd)
            guard(watchdog.device, watchdog.transaction, watchdog.starter)
            return
        time.sleep(pause)
