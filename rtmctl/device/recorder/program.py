"""The front: what is asked on stdin, what was seen on stdout, until one of them or the lease ends."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from .keeper import Beat, keep
from .outlet import Outlet
from .sources import Sources

INTERVAL_S = 0.1
LOOK_S = 0.5
"""between looks for new namespaces and daemons"""
LEASE_S = 15.0
FIRST_S = 0.3
"""until a daemon that does not answer is no longer waited for"""
FLUSH_S = 2.0


class Program:
    def __init__(self, beat: Beat, lease_s: float) -> None:
        self._beat, self._lease_s = beat, lease_s
        self._out = Outlet(1)
        self._sources = Sources(self._out)
        self._input = b""
        self._heard = time.monotonic()
        self._ended = False
        self._due: list[tuple[float, Callable[[], None]]] = []

    def run(self) -> int:
        os.set_blocking(0, False)
        self._sources.add(0, self._asked)
        self._sources.look_for_spaces()
        self._sources.look_for_daemons()
        first = time.monotonic() + FIRST_S
        while time.monotonic() < first and not self._ended and not self._sources.settled:
            self._sources.serve(first)
        self._out.line("hello", time.time_ns(), {"interval_ms": INTERVAL_S * 1000, "sources": self._sources.heard()})
        tick = look = time.monotonic()
        while not self._ended:
            now = time.monotonic()
            if now >= tick:
                self._sources.counters(int((now - tick) * 1e6))
                self._ended |= not self._out.flush()
                self._ended |= now - self._heard > self._lease_s
                tick = max(tick + INTERVAL_S, now)
            if now >= look:
                self._sources.look_for_spaces()
                self._sources.look_for_daemons()
                look = now + LOOK_S
            for job in [job for job in self._due if job[0] <= now]:
                self._due.remove(job)
                job[1]()
            self._sources.serve(min([tick, *(at for at, _ in self._due)]))
        self._out.finish(FLUSH_S)
        return 0

    def _asked(self) -> None:
        try:
            data = os.read(0, 1 << 16)
        except BlockingIOError:
            return
        self._ended |= not data
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):  # not a request: the lease is not renewed
                self._answer(json.loads(line))
                self._heard = time.monotonic()
                self._beat()

    def _answer(self, request: dict[str, Any]) -> None:
        number, what = request["id"], request["do"]
        if what == "sample":
            ms = float(request["ms"])
            end = self._sources.sample(
                list(request["ports"]), int(request["udp_port"]), ms, lambda found: self._tell(number, found)
            )
            self._due.append((time.monotonic() + ms / 1000, end))
            return
        self._tell(number, self._sources.all_counters() if what == "counters" else None)
        self._ended |= what == "end"

    def _tell(self, number: int, found: Any) -> None:
        self._out.line("answer", time.time_ns(), number, found)
        self._out.flush()


def urgent() -> None:
    """A time that is taken late is a wrong time."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def main(argv: list[str]) -> int:
    if argv[1:2] != ["run"] or len(argv) > 3:
        sys.stderr.write("usage: recorder run [LEASE_S]\n")
        return 2
    lease_s = float(argv[2]) if len(argv) > 2 else LEASE_S

    def work(beat: Beat) -> int:
        urgent()
        gc.disable()
        return Program(beat, lease_s).run()

    return keep(work, lease_s)
