"""The relay as a process: run, start, stop. The lock it holds says that it runs, whatever became of its state file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path

from .daemon import Daemon, write_state
from .lines import FILE, read_lines

RUN = Path("/run/rtmctl")
LOCK = RUN / "dhcp-relay.lock"
STATE = RUN / "dhcp-relay.json"
_PATIENCE_S = 5.0


class Stopped(Exception):
    """By a signal."""


def main(argv: list[str]) -> int:
    verb = argv[1] if len(argv) == 2 else ""
    if verb not in ("run", "start", "stop", "check"):
        print("usage: dhcp-relay run | start | stop | check", file=sys.stderr)
        return 2
    RUN.mkdir(0o700, exist_ok=True)
    try:
        return {"run": run, "start": start, "stop": stop, "check": check}[verb]()
    except (OSError, ValueError) as error:
        print(f"dhcp-relay: {error}", file=sys.stderr)
        return 1


def run() -> int:
    """Serve the file. Raises ValueError naming a line of it, OSError."""
    text = Path("/", FILE).read_text()
    relays = read_lines(text)
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError("another one runs") from None
    if not relays:
        return 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopped)
    try:
        Daemon(relays, lambda state: write_state(STATE, text, state)).serve()
    except Stopped:
        STATE.unlink(missing_ok=True)
    return 0


def check() -> int:
    """Whether standard input could be the file. Raises ValueError naming the line."""
    read_lines(sys.stdin.read())
    return 0


def _stopped(*_: object) -> None:
    raise Stopped


def holder() -> int | None:
    """Process id of the one that runs; 0 when it has not said yet, None when there is none."""
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        return None
    finally:
        os.close(lock)
    try:
        return int(json.loads(STATE.read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return 0


def stop() -> int:
    """Raises OSError when it does not end."""
    deadline = time.monotonic() + _PATIENCE_S
    asked = 0
    while (pid := holder()) is not None:
        if pid and pid != asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            asked = pid
        if time.monotonic() > deadline:
            raise OSError(f"process {pid} does not end")
        time.sleep(0.02)
    STATE.unlink(missing_ok=True)
    return 0


def start() -> int:
    """Returns once it serves; raises OSError, with what it said, when it does not come up."""
    stop()
    said, says = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        if os.fork():
            os._exit(0)
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(says, 2)
        os.closerange(3, 1024)
        os.chdir("/")
        os.execv(sys.executable, [sys.executable, "-IS", sys.argv[0], "run"])
    os.close(says)
    os.waitpid(child, 0)
    deadline = time.monotonic() + _PATIENCE_S
    os.set_blocking(said, False)
    words = b""
    while not holder():
        with contextlib.suppress(BlockingIOError):
            got = os.read(said, 4096)
            words += got
            if not got:
                raise OSError(words.decode(errors="replace").strip() or "it ended at once")
        if time.monotonic() > deadline:
            raise OSError("it does not come up")
        time.sleep(0.02)
    return 0
