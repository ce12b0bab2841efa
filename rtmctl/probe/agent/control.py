"""The caller's words on standard input, and ours on standard output; neither ever holds up the probe."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from typing import Any

LAST_WORDS_S = 30


class Gone(Exception):
    """Nobody listens any more."""


class Control:
    def __init__(self) -> None:
        self.pending = b""
        self.lease_ns = 30_000_000_000
        self.heard_ns = time.monotonic_ns()

    def words(self) -> list[str]:
        """Lines that came since the last call. Raises Gone."""
        while True:
            try:
                data = os.read(0, 65536)
            except BlockingIOError:
                break
            if not data:
                raise Gone
            self.pending += data
            self.heard_ns = time.monotonic_ns()
        if time.monotonic_ns() - self.heard_ns > self.lease_ns:
            raise Gone
        *lines, self.pending = self.pending.split(b"\n")
        return [line.decode() for line in lines if line]

    def await_word(self) -> str:
        """The next line, waited for. Raises Gone."""
        while True:
            found = self.words()
            if found:
                return found[0]
            select.select([0], [], [], 1)

    def begin(self) -> dict[str, Any]:
        os.set_blocking(0, False)
        spec: dict[str, Any] = json.loads(self.await_word())
        self.lease_ns = int(spec["lease_s"] * 1e9)
        return spec

    def tell(self, line: dict[str, Any]) -> None:
        """Say it if there is room: a caller that does not read loses an interim result, not the probe its time."""
        data = json.dumps(line).encode() + b"\n"
        if len(data) <= select.PIPE_BUF and select.select([], [1], [], 0)[1]:
            self._write(data)

    def say(self, *lines: dict[str, Any]) -> None:
        """Say it whatever it takes, within a bound: a caller that is frozen must not keep us."""
        signal.alarm(LAST_WORDS_S)
        self._write("".join(json.dumps(line) + "\n" for line in lines).encode())
        signal.alarm(0)

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(1, data) :]
        except BrokenPipeError:
            raise Gone from None


def leave() -> None:
    """End at once, with nothing more to say."""
    with contextlib.suppress(OSError):
        sys.stdout.close()
    os._exit(1)
