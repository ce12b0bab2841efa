"""What a drill is, what it is expected to do, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rtmctl.base import Exit
from rtmctl.device.events import Moment
from rtmctl.device.injection import Argument, Held, Injection
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel
from rtmctl.probe.types import Flow, FlowResult

__all__ = [
    "Abort",
    "Bound",
    "Detection",
    "Drill",
    "DrillPlan",
    "DrillReport",
    "Fault",
    "FaultPlan",
    "FlowClass",
    "Hypothesis",
    "Load",
    "Measured",
    "Moment",
    "Option",
    "PlannedFlow",
    "Radius",
    "Removed",
    "Run",
    "Surroundings",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a fault is planned over."""

    fabric: Fabric
    models: Mapping[str, DeviceModel]


@dataclass(frozen=True, slots=True)
class Removed:
    """What the fabric is without while the fault is there."""

    devices: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    """identities, 'spine1:leaf3'"""
    hosts: frozenset[str] = frozenset()
    host_ports: frozenset[tuple[str, str]] = frozenset()
    """(leaf, port)"""


class Detection(StrEnum):
    """How the network learns of the fault; what the derived bound is computed from."""

    CARRIER = "carrier"
    """both ends lose the carrier"""
    BFD = "bfd"
    """packets vanish, the carrier stays: the BFD detection time, RFC 5880 §6.8.4; BGP's hold time without BFD"""
    PLANNED = "planned"
    """drained first: nothing is to be lost"""
    NONE = "none"
    """the data plane goes on: nothing is to be lost (a daemon killed where the kernel keeps its routes)"""
    ENDURED = "endured"
    """nobody routes around it: loss, delay, or a last way that is gone"""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A fault on its target, ready to be held."""

    fault: str
    target: str
    said: str
    """one line for an operator: 'silent link spine1:leaf1, both directions'"""
    injections: tuple[Injection, ...]
    removed: Removed
    detection: Detection
    momentary: bool = False
    """over as soon as it is made (a session reset): nothing is held"""
    touches: Removed | None = None
    """what a flow must cross to meet the fault, where nothing is removed (pressure on a host); None: `removed`"""

    @property
    def met(self) -> Removed:
        """What a flow must cross to meet the fault."""
        return self.removed if self.touches is None else self.touches


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a fault. The default's type is the option's; text from a command line is read as that type."""

    name: str
    default: Argument
    about: str
    """one line for help, with what the value means"""
    low: float | None = None
    high: float | None = None
    """limits of a number, inclusive"""
    choices: tuple[str, ...] = ()
    required: bool = False
    """`default` tells the type alone"""


class Fault(Protocol):
    """One kind of fault; one file in `faults/`, one line in its list."""

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def target(self) -> str:
        """What its target is, for help: 'LINK', 'SWITCH', 'HOST'."""
        ...

    @property
    def options(self) -> tuple[Option, ...]: ...
    def plan(self, around: Surroundings, target: str, options: Mapping[str, Argument]) -> FaultPlan:
        """Raises PermanentError for a target that is not there (the nearest names in the hint) or a wrong option."""
        ...


class FlowClass(StrEnum):
    LOCAL = "local"
    """the device that forwards the flow at the fault sees it itself and has another way"""
    REMOTE = "remote"
    """another device must be told first: a withdrawal crosses the fabric"""
    STRANDED = "stranded"
    """no way is left: lost for as long as the fault is there"""
    SPARED = "spared"
    """does not touch what the fault removes"""


@dataclass(frozen=True, slots=True)
class Load:
    """Flows of the drill: between `pairs` of hosts, both directions, `per_pair` 5-tuples each way."""

    pairs: tuple[tuple[str, str], ...] = ()
    """empty: chosen so that the fault is met, with spared ones beside"""
    per_pair: int = 8
    rate_pps: float = 1000.0
    size: int = 128


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Longest loss of any one flow, ms; None: derived from what is deployed."""

    local_ms: float | None = None
    remote_ms: float | None = None
    spared_ms: float = 0.0
    stranded: bool = False
    """flows may be lost for as long as the fault is there"""


@dataclass(frozen=True, slots=True)
class Abort:
    spared_ms: float = 1000.0
    """a flow outside the hypothesis is silent for so long"""
    loss_ms: float = 15000.0
    """a flow inside it, of those not stranded"""
    telemetry_s: float = 3.0
    """a probe agent has not been heard for so long"""


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill as its file or the command line states it."""

    name: str
    title: str
    fault: str
    target: str
    options: Mapping[str, Argument] = field(default_factory=dict)
    load: Load = Load()
    hypothesis: Hypothesis = Hypothesis()
    abort: Abort = Abort()
    before_s: float = 2.0
    """load before the fault"""
    hold_s: float = 3.0
    after_s: float = 2.0
    """load after the fault is taken back"""
    lease_s: float = 10.0
    """the fault is gone so long after the last sign of life"""


@dataclass(frozen=True, slots=True)
class PlannedFlow:
    flow: Flow
    kind: FlowClass
    via: tuple[str, ...]
    """switches the models predict for it, in order; where several share it, each"""


@dataclass(frozen=True, slots=True)
class Bound:
    """The longest loss that what is deployed explains, and what it is made of."""

    kind: FlowClass
    limit_ms: float
    parts: tuple[tuple[str, float], ...]
    """('BFD detection leaf1-spine1: 3 × max(100, 100)', 300.0), in order"""
    dominating: str
    """the largest part, with the change that would help"""


@dataclass(frozen=True, slots=True)
class Radius:
    """The blast radius: who loses what while the fault is there, computed from the fabric."""

    hosts_lost: tuple[str, ...]
    """no way in or out"""
    hosts_degraded: tuple[str, ...]
    """one way of several less"""
    segments: tuple[str, ...]
    """that have a host lost or degraded"""
    pairs: int
    """pairs of hosts whose flows are allowed; the externals that bring a tenant one prefix count as a host"""
    pairs_lost: int
    pairs_degraded: int
    externals_lost: tuple[str, ...] = ()
    """ways out of the site that no border brings any more"""

    @property
    def impact(self) -> float:
        """Share of allowed pairs that lose reachability, 0 to 1; what --max-impact limits."""
        return self.pairs_lost / self.pairs if self.pairs else 0.0


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """What a run will do: printed by --dry-run, and kept in the report."""

    drill: Drill
    fault: FaultPlan
    radius: Radius
    flows: tuple[PlannedFlow, ...]
    bounds: tuple[Bound, ...]
    refused: tuple[str, ...] = ()
    """why it may not run, each with what overrides it; empty: it may"""


class Verdict(StrEnum):
    PASSED = "passed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Measured:
    """One flow of one run against its bound."""

    result: FlowResult
    kind: FlowClass
    limit_ms: float | None
    """None: nothing is claimed of it"""
    carried: bool
    """counters showed its packets on the path that the fault broke (SPARED: on its own)"""


@dataclass(frozen=True, slots=True)
class Run:
    """One injection, from baseline to steady state."""

    number: int
    control: bool
    """without the fault: the noise floor"""
    began_ns: int
    """wall-clock time of the first packet"""
    injected_ms: float | None
    """since the first packet; None in a control run"""
    reverted_ms: float | None
    flows: tuple[Measured, ...]
    moments: tuple[Moment, ...]
    held: tuple[Held, ...]
    """how each injection ended"""
    verdict: Verdict
    reasons: tuple[str, ...]
    """why the verdict is not `passed`"""
    resolution_ms: float
    steady: bool
    """the network was verified and back at its steady state at the end"""
    ended_early: str = ""
    """why the fault was taken back before its time"""
    imprecise: tuple[str, ...] = ()
    """switches whose moments may stand in the wrong order, with the error of their times"""


@dataclass(frozen=True, slots=True)
class DrillReport:
    """All runs of one drill."""

    id: str
    site: str
    plan: DrillPlan
    by: str
    began_at: float
    """seconds since the epoch"""
    lasted_s: float
    runs: tuple[Run, ...]
    verdict: Verdict
    """the worst of the runs"""
    restored: bool
    exit: Exit
    versions: Mapping[str, str]
    """device to its network operating system's version"""
    timers: Mapping[str, str]
    """what is deployed and negotiated: 'leaf1-spine1 BFD' to '3 × 100 ms'"""
