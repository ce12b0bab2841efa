"""What a drill reports while it runs: the events of the example, without waiting for any of it."""

from collections.abc import Iterator
from dataclasses import replace

from rtmctl.device.injection import Held, HoldState
from rtmctl.drill.events import (
    Event,
    FlowNow,
    Happened,
    HoldingStep,
    Planned,
    RunBegun,
    RunEnded,
    Step,
    StepBegun,
    StepDone,
    Traffic,
)
from rtmctl.drill.types import DrillReport, Measured, Run

LOOK_MS = 250.0


def events(report: DrillReport) -> Iterator[tuple[float, Event]]:
    """Each with its time, seconds since the drill began."""
    yield 0.0, Planned(report.id, report.plan, len(report.runs))
    drill = report.plan.drill
    for number, run in enumerate(report.runs):
        start = 10.0 * number
        yield start, RunBegun(number + 1, len(report.runs), run.control, drill.before_s + drill.hold_s + drill.after_s)
        for held in run.held:
            yield start + 0.1, _step(Step.ARM, held, HoldState.ARMED)
        yield start + 0.2, StepBegun(Step.BASELINE, seconds=drill.before_s)
        yield start + drill.before_s, StepDone(Step.BASELINE, drill.before_s)
        if not run.control:
            yield from _fault(run, start + drill.before_s, drill.hold_s)
        yield start + 9.0, RunEnded(run)


def _fault(run: Run, at: float, hold_s: float) -> Iterator[tuple[float, Event]]:
    for held in run.held:
        yield at, _step(Step.INJECT, held, HoldState.ACTIVE)
    yield at, StepBegun(Step.HOLD, seconds=hold_s)
    moments = sorted((m for m in run.moments if m.at_ms < hold_s * 1000), key=lambda moment: moment.at_ms)
    for moment in moments:
        yield at + moment.at_ms / 1000, Happened(moment)
    for number in range(int(hold_s * 1000 / LOOK_MS)):
        now = number * LOOK_MS
        if not number % 4:
            for held in run.held:
                yield at + now / 1000, _step(Step.HOLD, held, HoldState.ACTIVE)
        yield at + now / 1000, Traffic(now, tuple(_now(measured, now) for measured in run.flows))
    for held in run.held:
        yield at + hold_s, HoldingStep(Step.REVERT, held, held.state is HoldState.RESTORED, held.failure)


def _step(step: Step, held: Held, state: HoldState) -> HoldingStep:
    return HoldingStep(step, replace(held, state=state, expires_in_s=10.0), ok=True)


def _now(measured: Measured, now: float) -> FlowNow:
    flow, worst = measured.result.flow, measured.result.worst_ms
    silent = now if now < worst else 0.0
    return FlowNow(flow.name, measured.kind, int(now), int(now - min(now, worst)), silent, min(now, worst))
