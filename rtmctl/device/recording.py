"""One switch's recorder over SSH: started, asked, and read to its end."""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncssh

from rtmctl.device import errors
from rtmctl.device.answers import RECORDER
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.events import ClockOffset, CounterSample, Sighting
from rtmctl.device.frr.recorded import DeviceRecord, Line, counter_sample, read_record, sightings
from rtmctl.device.ssh import open_ssh

LEASE_S = 15.0
"""the recorder ends by itself so long after it heard of us last"""
BEAT_S = 1.0
START_S = 10.0
ANSWER_S = 2.0
SILENT_S = 1.0
"""without a line, where ten a second are due: it is asked no more"""
LINE_LIMIT = 1 << 20
FIRST_CLOCKS = 5
_ANSWER = b'["answer"'


class DeviceRecording:
    """Opened by `start_device`. Its lines are kept as they came and read at the end."""

    def __init__(self, device: str, connection: asyncssh.SSHClientConnection, lease_s: float) -> None:
        self.device = device
        self._connection = connection
        self._lease_s = lease_s
        self._process: asyncssh.SSHClientProcess[bytes] | None = None
        self._lines: list[bytes] = []
        self._asked: dict[int, asyncio.Future[Line]] = {}
        self._number = 0
        self._heard = 0.0
        self._begun = asyncio.Event()
        self._clock = ClockOffset(0, 1 << 62)
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Raises AgentMissing, SudoRefused, Unreachable or TimedOut."""
        try:
            self._process = await self._connection.create_process(
                f"sudo -n {RECORDER} run {self._lease_s:g}", encoding=None
            )
        except (OSError, asyncssh.Error) as error:
            raise errors.Unreachable(self.device, "record", str(error)) from None
        reading = asyncio.create_task(self._read())
        self._tasks = [reading]
        begun = asyncio.create_task(self._begun.wait())
        await asyncio.wait([reading, begun], timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            begun.cancel()
            raise await self._not_begun()
        for _ in range(FIRST_CLOCKS):
            await self._exchange()
        self._tasks.append(asyncio.create_task(self._beat()))

    async def _not_begun(self) -> errors.DeviceError:
        assert self._process is not None
        said = ""
        if self._tasks[0].done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    said = (await self._process.stderr.read()).decode("utf-8", "replace").strip()
        hint = f"install the recorder as {RECORDER} with the sudo rule for it, see the docs on preparing a switch"
        if "command not found" in said:
            return errors.AgentMissing(self.device, "record", "no recorder on the device", hint=hint)
        if said:
            return errors.SudoRefused(self.device, "record", said.splitlines()[-1], hint=hint)
        return errors.TimedOut(self.device, "record", f"the recorder said nothing within {START_S:g} s", hint=hint)

    async def counters(self) -> CounterSample:
        """All counters as they are now. Raises TimedOut."""
        _, at_ns, _, found = await self._ask("counters")
        return counter_sample(self.device, at_ns - self._clock.ns, found)

    async def sample(self, ports: Sequence[str], udp_port: int, window_ms: float) -> tuple[Sighting, ...]:
        """The UDP flows to a port that cross these interfaces within so long. Raises TimedOut, StepFailed."""
        answer = await self._ask(
            "sample", window_ms / 1000 + ANSWER_S, ports=list(ports), udp_port=udp_port, ms=window_ms
        )
        if answer[3]["missing"]:
            raise errors.StepFailed(self.device, "sample", "; ".join(answer[3]["missing"]))
        return sightings(self.device, answer[3])

    async def stop(self) -> tuple[DeviceRecord, str]:
        """What was seen, and why nothing was seen any more before this was called ('' when it was seen to the end)."""
        reading, *beats = self._tasks
        for task in beats:
            task.cancel()
        why = "" if await self._ended(reading) else self._why(reading.done())
        its_own = bool(why) and await self._reachable()
        await self.close()
        record = read_record(self.device, map(json.loads, self._lines), self._clock)
        if its_own:
            return replace(record, doubts=(*record.doubts, why)), ""
        return record, why

    async def close(self) -> None:
        """The recorder ends with its connection."""
        for task in self._tasks:
            task.cancel()
        self._connection.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def silent(self) -> bool:
        return time.monotonic() - self._heard > SILENT_S

    async def _ended(self, reading: "asyncio.Task[None]") -> bool:
        """It was asked to end, said so, and everything that it had to say was read."""
        if reading.done() or self.silent:
            return False
        try:
            await self._ask("end")
        except errors.TimedOut:
            return False
        await asyncio.wait([reading], timeout=ANSWER_S)
        return reading.done()

    def _why(self, ended: bool) -> str:
        ago = time.monotonic() - self._heard
        what = "the recorder ended" if ended else "the recorder fell silent"
        return f"{what} {ago:.1f} s before the end of the recording"

    async def _reachable(self) -> bool:
        """The switch answers, so that it is the recorder that does not."""
        try:
            async with asyncio.timeout(SILENT_S):
                return (await self._connection.run("true")).exit_status == 0
        except (TimeoutError, OSError, asyncssh.Error):
            return False

    async def _read(self) -> None:
        assert self._process is not None
        pending = b""
        with contextlib.suppress(OSError, asyncssh.Error):
            while data := await self._process.stdout.read(1 << 16):
                self._heard = time.monotonic()
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    if line.startswith(_ANSWER):
                        self._answered(json.loads(line))
                    elif line.startswith(b'["hello"'):
                        self._begun.set()
                    self._lines.append(line)
        for waiting in self._asked.values():
            waiting.cancel()

    def _answered(self, line: Line) -> None:
        waiting = self._asked.pop(line[2], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(line)

    async def _ask(self, what: str, timeout_s: float = ANSWER_S, **arguments: Any) -> Line:
        assert self._process is not None
        self._number += 1
        number = self._number
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._process.stdin.write(json.dumps({"id": number, "do": what, **arguments}).encode() + b"\n")
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(waiting)
        except (TimeoutError, BrokenPipeError):
            raise errors.TimedOut(self.device, what, f"the recorder did not answer within {timeout_s:g} s") from None
        except asyncio.CancelledError:
            if waiting.cancelled():
                raise errors.TimedOut(self.device, what, "the recorder ended before its answer") from None
            raise
        finally:
            self._asked.pop(number, None)

    async def _exchange(self) -> None:
        """A question and its answer; the quickest so far is the one that the clocks are compared by."""
        sent = time.time_ns()
        answer = await self._ask("clock")
        got = time.time_ns()
        half = (got - sent) // 2
        if half < self._clock.error_ns:
            self._clock = ClockOffset(answer[1] - (sent + half), half)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(errors.TimedOut):
                await self._exchange()


async def start_device(endpoint: Endpoint, lease_s: float = LEASE_S) -> DeviceRecording:
    """A recording that has begun. Raises rtmctl.device.errors."""
    connection = await open_ssh(endpoint)
    recording = DeviceRecording(endpoint.name, connection, lease_s)
    try:
        await recording.begin()
    except BaseException:
        await recording.close()
        raise
    return recording
