"""One run: load, fault, load; and back to the steady state, whatever happens between.

What may end it early is asked twenty times a second: the operator, a hold that is lost, an abort condition.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rtmctl.base import RtmctlError
from rtmctl.change.interrupt import Stop
from rtmctl.change.journal import StoreJournal
from rtmctl.device.hosts import HostRunner
from rtmctl.device.injection import Held, Holder, OpenHolder
from rtmctl.drill.events import (
    Aborting,
    Happened,
    OnEvent,
    RunBegun,
    RunEnded,
    Step,
    StepBegun,
    StepDone,
    Traffic,
    Waiting,
)
from rtmctl.drill.holding import Holding, close_holders, not_restored, open_holders
from rtmctl.drill.instruments import Recorded, Recorder
from rtmctl.drill.measuring import measured
from rtmctl.drill.moments import fault_moments, traffic_moments
from rtmctl.drill.planning import Prepared
from rtmctl.drill.steady import Steady, read_steady
from rtmctl.drill.types import DrillPlan, Run
from rtmctl.drill.verdict import Evidence, judge
from rtmctl.drill.watch import Breach, Watch
from rtmctl.observe import Sessions
from rtmctl.probe import ProbeResult, ProbeSpec, RunningProbe, start_probe

_T = TypeVar("_T")

_LOOK_S = 0.05
_TRAFFIC_S = 0.25
_STEADY_S = 30.0
"""longest wait for the steady state after a run"""
_SLACK_S = 120.0
"""a probe outlives its run: it is told to stop, and ends by itself when nobody tells it"""
_CLEAN_MS = 50.0
"""a flow that is silent for longer ahead of the fault would be blamed on it"""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the runs of one drill share."""

    id: str
    prepared: Prepared
    hosts: HostRunner
    sessions: Sessions
    recorder: Recorder
    open_holder: OpenHolder
    holders: tuple[Holder, ...]
    """of the fault's injections, where they are open already; else none"""
    journal: StoreJournal
    emit: OnEvent
    stop: Stop
    lost: Callable[[], str]
    """why the drill may not go on, as its leases see it; empty: it may"""

    @property
    def plan(self) -> DrillPlan:
        return self.prepared.plan


@dataclass(slots=True)
class OneRun:
    """Used once."""

    bench: Bench
    number: int
    of: int
    control: bool
    _watch: Watch = field(init=False)
    _holding: Holding | None = None
    _probe: RunningProbe | None = None
    _injected: tuple[Held, ...] = ()
    _held: tuple[Held, ...] = ()
    _injected_ns: int | None = None
    _reverted_ns: int | None = None
    _sending_since: float = 0.0
    _told: float = 0.0

    def __post_init__(self) -> None:
        self._watch = Watch.over(self.bench.plan)

    async def carry_out(self) -> Run:
        """Raises RtmctlError when it could not begin: nothing was broken, and what was armed is let go."""
        drill = self.bench.plan.drill
        lasts_s = drill.before_s + drill.hold_s + drill.after_s
        self.bench.emit(RunBegun(self.number, self.of, self.control, lasts_s))
        try:
            await self._begin()
        except BaseException:
            await self._take_back()
            await self._abandon()
            raise
        try:
            breach = await self._load()
        except RtmctlError as error:
            breach = Breach(f"the fault could not be made: {error.message}")
            self.bench.emit(Aborting(breach.text))
        finally:
            await self._take_back()
        return await self._conclude(breach or await self._spend(Step.AFTER, drill.after_s))

    async def _begin(self) -> None:
        """Probes, recorders and guards start beside each other; packets flow when this returns."""
        bench, drill = self.bench, self.bench.plan.drill
        duration_s = drill.before_s + drill.hold_s + drill.after_s + _SLACK_S
        gone = frozenset[str]() if self.control else bench.plan.fault.removed.hosts
        spec = ProbeSpec(tuple(one.flow for one in bench.plan.flows), duration_s, may_vanish=gone)
        starts: list[Awaitable[object]] = [
            self._step(Step.PROBES, self._start_probe(spec)),
            self._step(Step.RECORDERS, bench.recorder.start(bench.plan.flows, spec)),
        ]
        if not self.control:
            holders = bench.holders or await open_holders(bench.plan.fault.injections, bench.open_holder)
            self._holding = Holding(bench.id, holders, drill.lease_s, bench.journal, bench.emit)
            starts.append(self._step(Step.ARM, self._holding.arm()))
        results = await asyncio.gather(*starts, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        self._sending_since = time.monotonic()
        self._watch.begin(self._sending_since)

    async def _start_probe(self, spec: ProbeSpec) -> None:
        self._probe = await start_probe(
            spec, self.bench.hosts, interim=lambda interim: self._watch.take(interim, time.monotonic())
        )
        await self._probe.started()

    async def _load(self) -> Breach | None:
        """Until the fault is to be taken back; why it must be taken back early."""
        drill = self.bench.plan.drill
        breach = await self._spend(Step.BASELINE, drill.before_s)
        if breach is None and (bad := self._watch.unclean(_CLEAN_MS)):
            breach = Breach(f"no fault was made: {', '.join(bad[:4])} lost packets before it", blind=True)
        if breach is not None:
            return breach
        await self.bench.recorder.before_fault()
        if self._holding is not None:
            self._injected_ns = time.time_ns()
            self._injected = await self._step(Step.INJECT, self._holding.inject())
            self._injected_ns = min(held.began_ns or self._injected_ns for held in self._injected)
            for moment in fault_moments(self._injected, self._injected_ns):
                self.bench.emit(Happened(moment))
        return await self._spend(Step.HOLD, drill.hold_s)

    async def _take_back(self) -> None:
        """Everything, at once, whoever asks for an end meanwhile."""
        if self._holding is None:
            return
        begun = time.monotonic()
        self.bench.emit(StepBegun(Step.REVERT))
        self._held = await asyncio.shield(self._holding.revert())
        self.bench.emit(StepDone(Step.REVERT, time.monotonic() - begun))
        times = [held.reverted_ns for held in self._held if held.reverted_ns is not None]
        self._reverted_ns = max(times, default=time.time_ns())
        broken = not_restored(self._held)
        said = f"{len(broken)} of {len(self._held)} not as before" if broken else f"{len(self._held)} as before"
        self.bench.emit(StepDone(Step.RESTORED, 0.0, said))

    async def _abandon(self) -> None:
        if self._probe is not None:
            await self._probe.abandon()
        await self.bench.recorder.stop(time.time_ns())
        await self._close()

    async def _close(self) -> None:
        if self._holding is not None:
            await close_holders(self._holding.holders)

    async def _conclude(self, breach: Breach | None) -> Run:
        bench = self.bench
        assert self._probe is not None
        began_ns = self._injected_ns or time.time_ns()
        with self._timed(Step.COLLECT):
            probed, recorded = await asyncio.gather(self._probe.stop(), bench.recorder.stop(began_ns))
        await self._close()
        steady = await self._step(Step.STEADY, self._steady())
        run = self._judged(probed, recorded, steady, breach)
        bench.emit(RunEnded(run))
        return run

    def _judged(self, probed: ProbeResult, recorded: Recorded, steady: Steady, breach: Breach | None) -> Run:
        plan = self.bench.plan
        injected_ms = self._since(probed, self._injected_ns)
        flows = measured(self.bench.prepared, probed, recorded)
        evidence = Evidence(
            flows=flows,
            planned=sum(not {one.flow.source, one.flow.destination} & {*probed.vanished} for one in plan.flows),
            doubts=(*probed.doubts, *(() if self.control else recorded.doubts_about(plan.fault))),
            injected_ms=injected_ms,
            control=self.control,
            deviations=steady.why,
            aborted=breach.text if breach else "",
            blind=breach.blind if breach else False,
            claimed=frozenset(bound.kind for bound in plan.bounds),
        )
        verdict, reasons = judge(evidence)
        made = fault_moments(self._held or self._injected, self._injected_ns)
        moments = (*made, *recorded.moments, *traffic_moments(flows, injected_ms))
        return Run(
            number=self.number,
            control=self.control,
            began_ns=probed.began_ns,
            injected_ms=injected_ms,
            reverted_ms=self._since(probed, self._reverted_ns) if injected_ms is not None else None,
            flows=flows,
            moments=tuple(sorted(moments, key=lambda moment: moment.at_ms)),
            held=self._held,
            verdict=verdict,
            reasons=reasons,
            resolution_ms=probed.resolution_ms,
            steady=steady.holds,
            ended_early=evidence.aborted,
            imprecise=recorded.imprecise,
        )

    async def _steady(self) -> Steady:
        return await read_steady(
            self.bench.prepared.around,
            self.bench.sessions,
            _STEADY_S,
            waiting=lambda why, left: self.bench.emit(Waiting(f"the steady state: {why}", left)),
        )

    async def _spend(self, step: Step, seconds: float) -> Breach | None:
        """Let the time pass unless something ends it."""
        with self._timed(step, seconds):
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                breach = self._why_now()
                if breach is not None:
                    self.bench.emit(Aborting(breach.text))
                    return breach
                self._tell()
                await asyncio.sleep(min(_LOOK_S, left))
        return None

    def _why_now(self) -> Breach | None:
        bench = self.bench
        if bench.stop.is_set():
            return Breach("interrupted")
        if self._holding is not None and self._holding.lost.is_set():
            return Breach(self._holding.why_lost)
        if why := bench.lost():
            return Breach(why)
        return self._watch.breach(time.monotonic())

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told >= _TRAFFIC_S:
            self._told = now
            at_ms = (time.time_ns() - self._injected_ns) / 1e6 if self._injected_ns else -1.0
            self.bench.emit(Traffic(at_ms, tuple(self._watch.flows_now(now - self._sending_since))))

    async def _step(self, step: Step, work: Awaitable[_T]) -> _T:
        with self._timed(step):
            return await work

    @contextmanager
    def _timed(self, step: Step, seconds: float | None = None) -> Iterator[None]:
        begun = time.monotonic()
        self.bench.emit(StepBegun(step, seconds=seconds))
        yield
        self.bench.emit(StepDone(step, time.monotonic() - begun))

    @staticmethod
    def _since(probed: ProbeResult, at_ns: int | None) -> float | None:
        return None if at_ns is None else (at_ns - probed.began_ns) / 1e6
