"""One agent on one host, as rtmctl hears it while it runs."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rtmctl.base import RtmctlError
from rtmctl.device.hosts import HostProcess, HostRunner
from rtmctl.probe.types import Interim

Line = Mapping[str, Any]


class Link:
    """What an agent said, and what it is told. `failure` is why it is not to be counted with, "" until then."""

    def __init__(
        self,
        host: str,
        names: Sequence[str],
        heard: Callable[[Interim], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """`names`: of all flows, by number. `failed`: called once, with the host and the reason."""
        self.host = host
        self.failure = ""
        self.lines: list[Line] = []
        self.came: dict[str, asyncio.Event] = {}
        """type of a line to whether it came; all are set at the end"""
        self.asked_ns = self.clock_offset_ns = self.clock_error_ns = 0
        """the host's CLOCK_REALTIME beyond this machine's, from the answer to `go`"""
        self.heard_at = time.monotonic()
        self._names, self._heard, self._failed = names, heard, failed
        self._rows: dict[int, tuple[int, float]] = {}
        self._process: HostProcess | None = None
        self._listening: asyncio.Task[None] | None = None

    async def start(self, hosts: HostRunner, command: Sequence[str], spec: Mapping[str, Any]) -> None:
        try:
            self._process = await hosts.start(self.host, command)
        except RtmctlError as error:
            self._end(error.message)
            return
        self._listening = asyncio.create_task(self._listen(self._process))
        await self.say(json.dumps(spec))

    def waits_for(self, kind: str) -> asyncio.Event:
        return self.came.setdefault(kind, asyncio.Event())

    def one(self, kind: str) -> Line | None:
        return next((line for line in self.lines if line["type"] == kind), None)

    @property
    def runs(self) -> bool:
        return self._process is not None and not self.failure and self.one("done") is None

    async def say(self, word: str) -> None:
        """To an agent that runs; one that is gone is found out by listening."""
        if self._process is not None and not self.failure:
            if word == "go":
                self.asked_ns = time.time_ns()
            with contextlib.suppress(RtmctlError, TimeoutError):
                await asyncio.wait_for(self._process.write(f"{word}\n"), 2)

    async def give_up(self, why: str) -> None:
        """Kill it, and count with it no longer."""
        self._end(why)
        await self.close()

    async def close(self) -> None:
        if self._process is not None:
            await self._process.kill()
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening

    def _end(self, why: str) -> None:
        if self.failure or self.one("done") is not None:
            return  # whatever happens to it after its last word
        self.failure = why.removeprefix(f"{self.host}: ")
        for event in self.came.values():
            event.set()
        self._failed(self.host, self.failure)

    async def _listen(self, process: HostProcess) -> None:
        try:
            while line := await process.readline():
                self.heard_at = time.monotonic()
                self._take(json.loads(line))
            result = await process.wait()
        except ValueError:
            self._end("what the agent said is not JSON")
        except RtmctlError as error:
            self._end(error.message)
        else:
            said = (result.stderr.strip().splitlines() or ["no message"])[-1]
            self._end(f"the agent ended with {result.exit_code}: {said}")

    def _take(self, line: Line) -> None:
        kind = str(line["type"])
        if kind == "now":
            self._rows.update((flow, (count, silent)) for flow, count, silent in line["flows"])
            if not line["more"]:
                self._heard(self._interim(line))
            return
        self.lines.append(line)
        if kind == "failed":
            self._end(str(line["why"]))
        if kind == "began":
            now = time.time_ns()
            self.clock_offset_ns = int(line["at_ns"]) - (self.asked_ns + now) // 2
            self.clock_error_ns = (now - self.asked_ns) // 2
        self.waits_for(kind).set()

    def _interim(self, line: Line) -> Interim:
        return Interim(
            self.host,
            int(line["at_ns"]),
            {self._names[flow]: silent for flow, (_, silent) in self._rows.items()},
            {self._names[flow]: count for flow, (count, _) in self._rows.items()},
            float(line["late_ms"]),
        )
