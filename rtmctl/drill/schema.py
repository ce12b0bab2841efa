"""What a drill file may hold; `file` makes a `Drill` of it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict, StringConstraints

from rtmctl.drill.faults import FAULTS
from rtmctl.drill.types import Abort, Drill, Hypothesis, Load
from rtmctl.intent.refusals import Kind
from rtmctl.intent.schema._base import Bool, Int, Name, Section, Text

_LOAD, _HYPOTHESIS, _ABORT = Load(), Hypothesis(), Abort()
_DRILL = Drill("", "", "", "")

Seconds = Annotated[float, Strict(), Field(ge=0, le=3600, allow_inf_nan=False)]
Milliseconds = Annotated[float, Strict(), Field(ge=0, le=3_600_000, allow_inf_nan=False)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Pair = Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)]
OptionValue = Annotated[bool, Strict()] | Annotated[int, Strict()] | Annotated[float, Strict()] | str | tuple[str, ...]


class LoadSection(Section):
    pairs: tuple[Pair, ...] = _LOAD.pairs
    """hosts between which packets go, both ways; left out: chosen so that the fault is met, with spared ones beside"""
    per_pair: Annotated[Int, Field(ge=1, le=64)] = _LOAD.per_pair
    """5-tuples each way"""
    rate_pps: Annotated[float, Strict(), Field(ge=1, le=10_000)] = _LOAD.rate_pps
    """packets a second of each flow"""
    size: Annotated[Int, Field(ge=64, le=9000)] = _LOAD.size
    """of the whole IP packet, bytes"""


class HypothesisSection(Section):
    """The longest loss of any one flow; what is left out is derived from what is deployed."""

    local_ms: Milliseconds | None = _HYPOTHESIS.local_ms
    """of flows whose forwarder sees the fault itself"""
    remote_ms: Milliseconds | None = _HYPOTHESIS.remote_ms
    """of flows whose forwarder must be told"""
    spared_ms: Milliseconds = _HYPOTHESIS.spared_ms
    """of flows that do not meet the fault"""
    stranded: Bool = _HYPOTHESIS.stranded
    """flows without another way may be lost for as long as the fault is there"""


class AbortSection(Section):
    """When the fault is taken back at once."""

    spared_ms: Milliseconds = _ABORT.spared_ms
    """a flow that does not meet the fault is silent for so long"""
    loss_ms: Milliseconds = _ABORT.loss_ms
    """a flow that meets it and has another way"""
    telemetry_s: Seconds = _ABORT.telemetry_s
    """a probe agent is not heard for so long"""


def _derived(value: Any) -> Any:
    return {} if value == "derived" else value


class DrillFile(Section):
    """One drill: what is broken, under which load, what is expected, when it is ended early."""

    drill: Name
    """its name"""
    title: Text = ""
    """one line for people"""
    fault: Word
    """as `rtmctl drill list` shows them"""
    target: Word | None = None
    """what is broken; left out: named on the command line"""
    options: dict[str, OptionValue] = Field(default_factory=dict)
    """of the fault"""
    load: LoadSection = LoadSection()
    """what is sent meanwhile"""
    hypothesis: Annotated[HypothesisSection, BeforeValidator(_derived)] = HypothesisSection()
    """`derived`, or what is expected"""
    abort: AbortSection = AbortSection()
    """when it is ended early"""
    before_s: Annotated[Seconds, Field(ge=0.5)] = _DRILL.before_s
    """load before the fault"""
    hold_s: Annotated[Seconds, Field(gt=0)] = _DRILL.hold_s
    """how long the fault is there"""
    after_s: Annotated[Seconds, Field(ge=0.5)] = _DRILL.after_s
    """load after it is taken back"""
    lease_s: Annotated[float, Strict(), Field(ge=3, le=600)] = _DRILL.lease_s
    """the fault is gone so long after the last sign of life"""


DRILL_FILE = Kind(
    DrillFile,
    "the drill",
    begins="a drill file begins with a line `drill: NAME` and needs `fault: NAME`",
    missing={"drill": "begin with a line `drill: NAME`", "fault": "`rtmctl drill list` shows the faults there are"},
)


def drill_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of drill files, for editors."""
    schema = DrillFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "rtmctl drill"
    section = schema["properties"]["hypothesis"]
    section["anyOf"] = [{"const": "derived"}, {"$ref": section.pop("$ref")}]
    schema["properties"]["fault"]["enum"] = list(FAULTS)
    return schema
