"""Where a drill stands, out of the events it reports: what a panel draws and a line sums up. No output here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rtmctl.device.injection import HoldState
from rtmctl.drill.events import (
    Aborting,
    CaseBegun,
    Event,
    FlowNow,
    Happened,
    HoldingStep,
    Planned,
    RunBegun,
    Step,
    StepBegun,
    StepDone,
    Traffic,
    Waiting,
)
from rtmctl.drill.types import DrillPlan, FlowClass

_TOLD = 3
"""moments of one kind that a run tells live; the report holds all"""


@dataclass(frozen=True, slots=True)
class ClassNow:
    """The flows of one class while the probes run."""

    kind: FlowClass
    flows: int
    silent_ms: float
    """of the flow that has been silent longest"""
    worst_ms: float
    """the longest loss of any so far"""


@dataclass(slots=True)
class Standing:
    """Fed with every event, in order, and the time of each (seconds of any steady clock)."""

    plan: DrillPlan | None = None
    case: str = ""
    """'case 3/16', where a matrix walks"""
    run: RunBegun | None = None
    step: str = ""
    step_until: float | None = None
    """when the step is going to end, where that is known"""
    classes: tuple[ClassNow, ...] = ()
    lease_until: dict[str, float] = field(default_factory=dict)
    """node to when its hold ends without another renewal"""
    aborting: str = ""
    _renewed: dict[str, int] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)

    def see(self, event: Event, now: float) -> None:
        match event:
            case Planned():
                self.plan = event.plan
            case CaseBegun():
                self.plan, self.case = event.plan, f"case {event.number}/{event.of}"
            case RunBegun():
                self.run, self.classes, self.aborting = event, (), ""
                self.lease_until, self._renewed, self._told = {}, {}, {}
            case StepBegun():
                self.step = f"{event.step.value}{' ' if event.text else ''}{event.text}"
                self.step_until = None if event.seconds is None else now + event.seconds
            case StepDone():
                self.step_until = None
            case HoldingStep():
                self._hold(event, now)
            case Traffic():
                self.classes = by_class(event.flows)
            case Waiting():
                self.step, self.step_until = f"waiting for {event.what}", now + event.seconds_left
            case Aborting():
                self.aborting = event.reason

    def tells(self, event: Happened) -> bool:
        """Whether this moment is worth a line: the first few of its kind in a run."""
        kind = event.moment.kind
        self._told[kind] = self._told.get(kind, 0) + 1
        return self._told[kind] <= _TOLD

    @property
    def renewals(self) -> int:
        """How often every hold of this run was renewed."""
        return min(self._renewed.values(), default=0)

    def lease_left_s(self, now: float) -> float | None:
        """Until the first hold ends by itself; None: nothing is held."""
        return max(0.0, min(self.lease_until.values()) - now) if self.lease_until else None

    def _hold(self, event: HoldingStep, now: float) -> None:
        node = event.held.injection.node
        self._renewed[node] = self._renewed.get(node, 0) + (event.ok and event.step is Step.HOLD)
        if event.held.state in (HoldState.ARMED, HoldState.ACTIVE) and event.held.expires_in_s is not None:
            self.lease_until[node] = now + event.held.expires_in_s
        else:
            self.lease_until.pop(node, None)


def by_class(flows: Iterable[FlowNow]) -> tuple[ClassNow, ...]:
    """In the order of `FlowClass`."""
    found: dict[FlowClass, list[FlowNow]] = {}
    for flow in flows:
        found.setdefault(flow.kind, []).append(flow)
    return tuple(
        ClassNow(kind, len(found[kind]), max(f.silent_ms for f in found[kind]), max(f.worst_ms for f in found[kind]))
        for kind in FlowClass
        if kind in found
    )
