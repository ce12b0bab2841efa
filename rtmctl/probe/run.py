"""Runs a probe: one agent a host, started together, until its time is over or it is told to stop."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.device.hosts import HostRunner
from rtmctl.device.packing import as_text
from rtmctl.probe import orders
from rtmctl.probe.agent.effort import boot_id
from rtmctl.probe.link import Link
from rtmctl.probe.merge import Told, merge
from rtmctl.probe.orders import hosts_of, order
from rtmctl.probe.types import Interim, ProbeResult, ProbeSpec

HEARTBEAT_S = 1.0
ANSWER_S = 5.0
"""until an agent that does not answer is given up: it is frozen, or the way to it is lost"""
REPORT_S = 25.0
_AGENT = Path(__file__).with_name("agent")


def _ignore(_: Interim) -> None:
    pass


def _ignore_failure(_host: str, _why: str) -> None:
    pass


class RunningProbe:
    """A probe under way. Whoever has one ends it by `stop`, or cancels it by `abandon`."""

    def __init__(
        self,
        spec: ProbeSpec,
        hosts: HostRunner,
        interim: Callable[[Interim], None] = _ignore,
        failed: Callable[[str, str], None] = _ignore_failure,
    ) -> None:
        names = [flow.name for flow in spec.flows]
        self.latest: dict[str, Interim] = {}
        """host to what its agent said last"""
        self._spec, self._hosts, self._interim, self._failed = spec, hosts, interim, failed
        self._links = {host: Link(host, names, self._hear, self._fail) for host in hosts_of(spec)}
        self._started, self._stop = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(self._run())

    async def started(self) -> None:
        """Returns when packets of all flows leave.

        Raises:
            TemporaryError: an agent could not begin; all that could not are named. The others run on until `stop`.
        """
        waiting = asyncio.create_task(self._started.wait())
        await asyncio.wait((waiting, self._running), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._running.done():
            self._running.result()
        if failed := self._failures():
            raise TemporaryError("; ".join(f"{host}: {why}" for host, why in sorted(failed.items())))

    def unheard_s(self) -> dict[str, float]:
        """Host to how long its agent has said nothing; one that ended is not heard any more."""
        now = time.monotonic()
        return {host: now - link.heard_at for host, link in self._links.items()}

    def failures(self) -> dict[str, str]:
        """Host to why its agent has ended before its time."""
        return self._failures()

    async def stop(self) -> ProbeResult:
        """End it, wait for the last packets, and say what was measured; also after it ended by itself."""
        self._stop.set()
        return await self.result()

    async def result(self) -> ProbeResult:
        """What was measured, at the end of its duration."""
        return await asyncio.shield(self._running)

    async def abandon(self) -> None:
        """Kill the agents; there is no result."""
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running

    def _hear(self, interim: Interim) -> None:
        self.latest[interim.host] = interim
        self._interim(interim)

    def _fail(self, host: str, why: str) -> None:
        self._failed(host, why)
        gone = self._failures().keys()
        if all(flow.source in gone or flow.destination in gone for flow in self._spec.flows):
            self._stop.set()  # nothing is left to be measured

    def _failures(self) -> dict[str, str]:
        return {host: link.failure for host, link in self._links.items() if link.failure}

    async def _run(self) -> ProbeResult:
        beating = asyncio.create_task(self._beat())
        try:
            await self._begin()
            self._started.set()
            await self._until_over()
            await self._end()
        finally:
            beating.cancel()
            await asyncio.gather(*(link.close() for link in self._links.values()))
        told = {
            host: Told(link.lines, link.clock_offset_ns, link.clock_error_ns)
            for host, link in self._links.items()
            if not link.failure
        }
        return merge(self._spec, told, self._failures(), boot_id())

    async def _begin(self) -> None:
        """All agents are ready before the first sends: a packet must find its receiver."""
        command = ["python3", "-IS", "-c", await asyncio.to_thread(as_text, _AGENT, "main", "RTMCTL_PROBE")]
        run = secrets.randbits(32)
        links = self._links.values()
        await asyncio.gather(*(link.start(self._hosts, command, order(self._spec, link.host, run)) for link in links))
        await self._all_said("ready", self._spec.start_s)
        await asyncio.gather(*(link.say("go") for link in links))
        await self._all_said("began", ANSWER_S)

    async def _until_over(self) -> None:
        over = asyncio.create_task(self._all_said("stopped", self._spec.duration_s + ANSWER_S))
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait((over, stop), return_when=asyncio.FIRST_COMPLETED)
        for task in (over, stop):
            task.cancel()

    async def _end(self) -> None:
        """All stop before the first reports, so that the last packets of each are still heard by the others."""
        await self._tell("stop", "stopped", ANSWER_S)
        await asyncio.sleep(self._spec.linger_s)
        await self._tell("report", "done", REPORT_S)

    async def _tell(self, word: str, answer: str, timeout_s: float) -> None:
        await asyncio.gather(*(link.say(word) for link in self._links.values()))
        await self._all_said(answer, timeout_s)

    async def _all_said(self, kind: str, timeout_s: float) -> None:
        async def one(link: Link) -> None:
            try:
                await asyncio.wait_for(link.waits_for(kind).wait(), timeout_s)
            except TimeoutError:
                silent = time.monotonic() - link.heard_at
                await link.give_up(
                    f"the agent did not say `{kind}` within {timeout_s:.0f} s, and nothing else for {silent:.1f} s: "
                    "it is frozen, or the way to it is lost"
                )

        await asyncio.gather(*(one(link) for link in self._links.values() if not link.failure))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            running = [link for link in self._links.values() if link.runs]
            await asyncio.gather(*(link.say("") for link in running))
            for link in running if self._started.is_set() else ():
                silent = time.monotonic() - link.heard_at
                if silent > orders.LEASE_S:  # it has lost its lease as well
                    await link.give_up(f"the agent has said nothing for {silent:.0f} s")


async def start_probe(
    spec: ProbeSpec,
    hosts: HostRunner,
    *,
    interim: Callable[[Interim], None] = _ignore,
    failed: Callable[[str, str], None] = _ignore_failure,
) -> RunningProbe:
    """Begin to measure all flows at once, until `stop`, the spec's duration, or nothing is left to be measured.

    Args:
        interim: called with what each agent says about every 100 ms.
        failed: called with a host and the reason as soon as its agent cannot be counted with any more.

    Raises:
        PermanentError: a flow names a host that cannot be entered, or there is no flow.
    """
    _require(hosts_of(spec), hosts)
    return RunningProbe(spec, hosts, interim, failed)


async def run_probe(
    spec: ProbeSpec,
    hosts: HostRunner,
    *,
    stop: asyncio.Event | None = None,
    started: Callable[[], None] | None = None,
    interim: Callable[[Interim], None] = _ignore,
    failed: Callable[[str, str], None] = _ignore_failure,
) -> ProbeResult:
    """Measure all flows at once, to the end.

    Args:
        stop: ends the run before its duration when set; what was sent until then counts.
        started: called when the first packets leave.
        interim, failed: as for `start_probe`.

    Raises:
        PermanentError: a flow names a host that cannot be entered, or there is no flow.
    """
    probe = await start_probe(spec, hosts, interim=interim, failed=failed)
    told = None if stop is None else asyncio.create_task(_stop_when(stop, probe))
    try:
        with contextlib.suppress(TemporaryError):  # the result says so too
            await probe.started()
        if started is not None:
            started()
        return await probe.result()
    finally:
        if told is not None:
            told.cancel()
        await probe.abandon()


async def _stop_when(stop: asyncio.Event, probe: RunningProbe) -> None:
    await stop.wait()
    await probe.stop()


def _require(names: Iterable[str], hosts: HostRunner) -> None:
    unknown = sorted(set(names) - hosts.hosts())
    if unknown:
        raise PermanentError(f"cannot probe from or to {', '.join(unknown)}")
    if not names:
        raise PermanentError("there is no flow to probe")
