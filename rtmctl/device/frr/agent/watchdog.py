"""The process that outlives a change's maker and puts the device back when nobody confirms."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from .clock import boottime, start_of
from .device import Device
from .durable import read_file
from .errors import AgentError
from .programs import run
from .record import PENDING
from .undo import revert

ARMING_S = 30.0
"""how long a watchdog waits for the record it was started for"""
KILL_AFTER_S = 3.0
"""how long an expired timer waits for a change still in progress before it kills it"""
RETRY_S = 5.0
"""until the next try after something that no undo should meet: an input/output error, a damaged record"""


def watchdog_alive(run_dir: str) -> bool:
    """Whether some process holds the watchdog's lock."""
    fd = os.open(os.path.join(run_dir, "watchdog.lock"), os.O_RDWR | os.O_CREAT, 0o600)
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
        command += ["-p", "Restart=on-failure"]  # whoever kills it, it comes back
        command += [os.path.abspath(sys.argv[0]), "watchdog", f"transaction={transaction}", f"starter={starter}"]
        if run(command).rc != 0:
            fork_watchdog(device, transaction, starter)
    else:
        fork_watchdog(device, transaction, starter)
    for _ in range(500):
        if watchdog_alive(device.run_dir):
            return
        time.sleep(0.01)
    raise AgentError("watchdog", "arm", "the revert timer did not start; nothing was changed", permanent=False)


def ensure_watchdog(device: Device, record: Mapping[str, Any]) -> None:
    """Somebody killed the watchdog, or the machine came up without `boot`: a pending change always has one."""
    if not watchdog_alive(device.run_dir):
        device.watch(device, record["transaction"])


def fork_watchdog(device: Device, transaction: str, starter: int) -> None:
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
        while (watchdog := os.fork()) and os.WIFSIGNALED(os.waitpid(watchdog, 0)[1]):
            continue  # killed, whoever did it: the change is still to be undone
        if not watchdog:
            Watchdog(device, transaction, starter).main()
    finally:
        os._exit(0)


def stay_in_memory() -> None:
    """Where there is swap, a watchdog must not wait for it: mlockall(2), pages as they are used."""
    with contextlib.suppress(OSError):
        if len(read_file("/proc/swaps").splitlines()) > 1:
            import ctypes  # noqa: PLC0415 - most switches have no swap, and this import takes 10 ms

            ctypes.CDLL(None).mlockall(1 | 2 | 4)  # MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT


class Watchdog:
    """Waits for the deadline in the record and reverts; ends as soon as the change is decided."""

    def __init__(self, device: Device, transaction: str, starter: int) -> None:
        self.device, self.transaction, self.starter = device, transaction, starter
        self.starter_start = start_of(starter)
        self.record: dict[str, Any] = {}
        self.pre: dict[str, Any] = {}

    def main(self) -> None:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        fd = os.open(os.path.join(self.device.run_dir, "watchdog.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("-1000")
        stay_in_memory()
        give_up = boottime() + ARMING_S
        while True:
            try:
                pause = self.look(give_up)
            except (
                AgentError,
                OSError,
                KeyError,
            ):  # a disk that fails must not end the only one who would undo the change
                pause = RETRY_S
            if pause is None:
                return
            time.sleep(pause)

    def look(self, give_up: float) -> float | None:
        """One look at the record: seconds until the next, or None when the work is done."""
        device = self.device
        record = self.read_record()
        if record.get("transaction") != self.transaction or record["state"] == "staged":
            orphan = start_of(self.starter) != self.starter_start or self.starter_start is None
            return None if orphan or boottime() > give_up else 0.1
        if record["state"] not in PENDING:
            return None
        self.remember(record)
        expired = record["boot_id"] != device.boot_id() or device.now() >= record["deadline"]
        if expired or record["state"] == "armed":
            try:
                with device.lock(wait_s=KILL_AFTER_S if expired else 0):
                    self.act()
                    return 0.0
            except AgentError as failure:
                if failure.code == "busy" and expired:
                    kill_session(record)
                    return 0.05
                if failure.code == "broken":
                    return None
        return min(0.5, max(0.01, float(record["deadline"]) - device.now()))

    def remember(self, record: dict[str, Any]) -> None:
        """Record and pre-image in memory too: somebody may remove the state directory."""
        if record != self.record:
            self.record, self.pre = record, self.device.load("pre.json")

    def read_record(self) -> dict[str, Any]:
        """The record; put back on disk, with its pre-image, when the state directory was removed under it."""
        record = self.device.load("record.json")
        if record or not self.record:
            return record
        with self.device.lock():
            self.device.save("pre.json", self.pre)
            self.device.save("record.json", self.record)
        return self.record

    def act(self) -> None:
        """The lock is held, so no change is in progress: `armed` now means that whoever made it is dead."""
        device = self.device
        record = device.load("record.json")
        if record.get("transaction") != self.transaction or record["state"] not in PENDING:
            return
        if record["state"] == "armed":
            kill_session(record)
            revert(device, f"the change stopped halfway at step {record['step']}")
        elif record["boot_id"] != device.boot_id() or device.now() >= record["deadline"]:
            revert(device, "the revert timer ran out unconfirmed")


def kill_session(record: Mapping[str, Any]) -> None:
    """SIGKILL what is left of a change: the agent that made it and the programs it had started."""
    session = record["session"]
    if session == os.getsid(0) or start_of(session) not in (None, record["session_start"]):
        return
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(name)) == session:
                    os.kill(int(name), signal.SIGKILL)
