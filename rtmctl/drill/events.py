"""What a drill reports while it works: one frozen event a step, for the terminal and for JSON lines."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from rtmctl.device.injection import Held
from rtmctl.drill.types import DrillPlan, DrillReport, FlowClass, Moment, Run


class Step(StrEnum):
    """The steps of a drill, in the order in which it meets them."""

    GATES = "gates"
    LEASE = "lease"
    START_HOOKS = "hooks at start"
    ARM = "arm"
    PROBES = "probes"
    RECORDERS = "recorders"
    BASELINE = "baseline"
    INJECT = "inject"
    HOLD = "hold"
    REVERT = "revert"
    RESTORED = "restored"
    """the holders' hashes are those of before"""
    AFTER = "after"
    """load once the fault is taken back"""
    STEADY = "steady state"
    COLLECT = "collect"
    """probes and recorders end and hand over what they have"""
    VERDICT = "verdict"
    RELEASE = "release"
    END_HOOKS = "hooks at end"


@dataclass(frozen=True, slots=True)
class Planned:
    """The first event: what is going to be done, and as what."""

    id: str
    plan: DrillPlan
    runs: int
    """control run included"""


@dataclass(frozen=True, slots=True)
class RunBegun:
    number: int
    """from 1"""
    of: int
    control: bool
    lasts_s: float
    """before, hold and after together"""


@dataclass(frozen=True, slots=True)
class StepBegun:
    step: Step
    text: str = ""
    seconds: float | None = None
    """how long it is going to take, where that is known: baseline, hold, after"""


@dataclass(frozen=True, slots=True)
class StepDone:
    step: Step
    seconds: float
    """what it took"""
    text: str = ""


@dataclass(frozen=True, slots=True)
class HoldingStep:
    """One injection has been armed, made, taken back; or could not be."""

    step: Step
    held: Held
    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class FlowNow:
    """Where a flow stands while the probes run."""

    name: str
    kind: FlowClass
    sent: int
    received: int
    silent_ms: float
    """since its last packet arrived, beyond its interval"""
    worst_ms: float
    """its longest loss so far"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """All flows, a few times a second."""

    at_ms: float
    """since the injection began; negative before it"""
    flows: tuple[FlowNow, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """A moment of the timeline as soon as it is known: the fault, and where recorders tell live, what devices saw."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something takes its time: a lease of another to run out, the steady state."""

    what: str
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Aborting:
    """The fault is being taken back before its time."""

    reason: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    run: Run


@dataclass(frozen=True, slots=True)
class CaseBegun:
    """One failure of `--matrix`; the events of its drill follow."""

    number: int
    """from 1"""
    of: int
    plan: DrillPlan


@dataclass(frozen=True, slots=True)
class CaseEnded:
    number: int
    of: int
    report: DrillReport


@dataclass(frozen=True, slots=True)
class Note:
    """Anything else worth a line."""

    text: str


Event: TypeAlias = (
    Planned
    | RunBegun
    | StepBegun
    | StepDone
    | HoldingStep
    | Traffic
    | Happened
    | Waiting
    | Aborting
    | RunEnded
    | CaseBegun
    | CaseEnded
    | Note
)
OnEvent: TypeAlias = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """For those who do not listen."""
