"""A drill while it works: lines, with a panel below them on a terminal; where JSON is wanted one object a line."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from rtmctl.drill.events import (
    Aborting,
    CaseBegun,
    CaseEnded,
    Event,
    Happened,
    HoldingStep,
    Note,
    OnEvent,
    Planned,
    RunBegun,
    RunEnded,
    Step,
    StepBegun,
    StepDone,
    Traffic,
    Waiting,
)
from rtmctl.drill.verdict import limit_ms
from rtmctl.show.drill.event_json import event_to_json
from rtmctl.show.drill.standing import Standing
from rtmctl.show.drill.words import STYLES, arguments, count, ms, verdict_text
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not
from rtmctl.show.terminal import terminal

EVERY_S = 5.0
"""between two lines about traffic or a wait, where there is no panel"""
COARSE_MS = 50.0
"""what is told while packets still fly is no measurement: less than this alarms nobody"""
_HOLDS = {Step.ARM: "armed", Step.INJECT: "fault made", Step.REVERT: "taken back", Step.RESTORED: "hashes as before"}


@contextmanager
def reporting(output: Output) -> Iterator[OnEvent]:
    """Takes the events of a drill and says them on standard error. Whether anybody hears them is no matter."""
    if output is not Output.TEXT:
        yield _objects if output is Output.JSON else _Lines(terminal(stderr=True))
        return
    console = terminal(stderr=True)
    if not sys.stderr.isatty():
        yield _Lines(console)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield _Panel(live)


def _objects(event: Event) -> None:
    with heard_or_not():
        print(event_to_json(event), file=sys.stderr, flush=True)


class _Lines:
    """For a log: what began, what was done, and traffic now and then."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._standing, self._said = Standing(), float("-inf")

    def __call__(self, event: Event) -> None:
        now = self._clock()
        self._standing.see(event, now)
        if isinstance(event, Traffic | Waiting):
            if now - self._said < EVERY_S:
                return
            self._said = now
        with heard_or_not():
            for line in _lines(event, self._standing):
                self._console.print(line)


class _Panel:
    """For a person: the same lines but for traffic and steps, and below them how it stands, drawn anew."""

    def __init__(self, live: Live, clock: Callable[[], float] = time.monotonic) -> None:
        self._live, self._clock = live, clock
        self._standing = Standing()

    def __call__(self, event: Event) -> None:
        now = self._clock()
        self._standing.see(event, now)
        with heard_or_not():
            if not isinstance(event, Traffic | Waiting | StepBegun):
                for line in _lines(event, self._standing):
                    self._live.console.print(line)
            self._live.update(panel(self._standing, now), refresh=True)


def panel(standing: Standing, now: float) -> RenderableType:
    """Where the drill stands at `now`, seconds of the clock that the standing was fed with."""
    parts: list[RenderableType] = []
    run = standing.run
    place = [standing.case, f"run {run.number}/{run.of}" if run else "", "control" if run and run.control else ""]
    said = standing.plan.fault.said if standing.plan else ""
    parts.append(Text.assemble((said, "bold"), *(f"  {word}" for word in place if word)))
    left = None if standing.step_until is None else max(0.0, standing.step_until - now)
    parts.append(Text(f"{standing.step}{'' if left is None else f', {left:.1f} s left'}"))
    lease = standing.lease_left_s(now)
    if lease is not None:
        nodes = ", ".join(sorted(standing.lease_until))
        renewed = f", renewed {count(standing.renewals, 'time')}" if standing.renewals else ""
        parts.append(Text(f"held on {nodes}{renewed}; gone in {lease:.0f} s without a sign of life", style="yellow"))
    if standing.classes:
        parts.append(_traffic(standing))
    if standing.aborting:
        parts.append(Text(f"aborting: {standing.aborting}", style="bold red"))
    return Group(*parts)


def _traffic(standing: Standing) -> Grid:
    numbers = ("flows", "silent now ms", "worst ms", "bound ms")
    table = Grid("class", *numbers, right=numbers)
    plan = standing.plan
    bounds = {bound.kind: bound for bound in plan.bounds} if plan else {}
    for now in standing.classes:
        limit = limit_ms(now.kind, plan.drill.hypothesis, bounds) if plan else None
        over = limit is not None and now.worst_ms > limit + COARSE_MS
        worst = Text(ms(now.worst_ms), style="bold red" if over else "green")
        silent = Text(ms(now.silent_ms), style="yellow" if now.silent_ms > COARSE_MS else "dim")
        table.add(now.kind.value, str(now.flows), silent, worst, Text(ms(limit)))
    return table


def _lines(event: Event, standing: Standing) -> Iterator[Text]:
    match event:
        case Planned():
            runs = f", {count(event.runs, 'run')}" if event.runs > 1 else ""
            yield Text.assemble(f"drill {event.id}: ", (event.plan.fault.said, "bold"), runs)
        case CaseBegun():
            yield Text.assemble((f"case {event.number}/{event.of} ", "bold"), event.plan.fault.said)
        case RunBegun():
            what = ", without the fault" if event.control else ""
            yield Text.assemble((f"run {event.number}/{event.of}", "bold"), f"{what}: {event.lasts_s:.0f} s of load")
        case StepBegun():
            seconds = f", {event.seconds:.0f} s" if event.seconds else ""
            text = f": {event.text}" if event.text else ""
            yield Text(f"  {event.step.value}{text}{seconds}", style="dim")
        case StepDone() if event.text:
            yield Text(f"  {event.step.value}: {event.text}", style="dim")
        case HoldingStep(ok=False):
            what = f"  {event.held.injection.node}: {event.step.value} "
            yield Text.assemble(what, ("failed", "bold red"), f": {event.message or event.held.failure}")
        case HoldingStep() if event.step in _HOLDS:
            what = f" ({arguments(event.held.injection)})" if event.step is Step.INJECT else ""
            yield Text.assemble(f"  {event.held.injection.node}: ", (_HOLDS[event.step], "green"), what)
        case Traffic():
            now = ", ".join(
                f"{one.kind.value} {ms(one.silent_ms)} (worst {ms(one.worst_ms)})" for one in standing.classes
            )
            at = f"at {event.at_ms / 1000:.1f} s, " if event.at_ms > 0 else ""
            yield Text(f"  {at}ms silent: {now}", style="dim")
        case Happened(moment=moment) if standing.tells(event):
            yield Text(f"  {moment.at_ms:.1f} ms  {moment.node}: {moment.text}")
        case Waiting():
            yield Text(f"  waiting for {event.what}, at most {event.seconds_left:.0f} s more")
        case Note():
            yield Text(f"  {event.text}")
        case _:
            yield from _ends(event)


def _ends(event: Event) -> Iterator[Text]:
    match event:
        case Aborting():
            yield Text.assemble(("  aborting", "bold red"), f": {event.reason}")
        case RunEnded(run=run) if not run.control:
            yield Text.assemble(f"run {run.number}: ", (run.verdict.value, STYLES[run.verdict]), _why(run.reasons))
        case CaseEnded(report=report):
            yield Text.assemble(f"case {event.number}/{event.of}: ", verdict_text(report))


def _why(reasons: tuple[str, ...]) -> str:
    return f": {'; '.join(reasons)}" if reasons else ""
