"""Lines to whoever asked: never waited for, and bounded when nobody reads."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

LIMIT = 8 << 20
"""bytes that wait for a reader; what comes on top is dropped, and that is told"""


class Outlet:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._waiting = bytearray()
        self._dropped = 0
        os.set_blocking(fd, False)

    def line(self, *words: Any) -> None:
        text = json.dumps(words, separators=(",", ":")).encode() + b"\n"
        if len(self._waiting) + len(text) > LIMIT:
            self._dropped += 1
            return
        self._own_up()
        self._waiting += text

    def _own_up(self) -> None:
        if self._dropped:
            lost, self._dropped = self._dropped, 0
            self.line("doubt", time.time_ns(), f"{lost} events were dropped: nobody read them")

    def flush(self) -> bool:
        """Write what goes without waiting. False: the reader is gone."""
        while self._waiting:
            try:
                written = os.write(self._fd, memoryview(self._waiting)[: 1 << 16])
            except BlockingIOError:
                return True
            except OSError:
                return False
            del self._waiting[:written]
        return True

    def finish(self, within_s: float) -> None:
        end = time.monotonic() + within_s
        self.flush()
        self._own_up()
        while self.flush() and self._waiting and time.monotonic() < end:
            select.select([], [self._fd], [], 0.1)
