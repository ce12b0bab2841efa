"""Drills of the past beside each other: how long each class of flows was lost, and whether that has got worse. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from rtmctl.base import PermanentError
from rtmctl.drill.digest import ClassDigest, by_class
from rtmctl.drill.report_json import drill_report_from_json
from rtmctl.drill.types import DrillReport, FlowClass, Verdict
from rtmctl.store import DrillRow

__all__ = ["MORE", "Past", "Regression", "trend"]

MORE = 1.25
"""so many times the median of the earlier drills is a regression, when none of them was as long either"""


@dataclass(frozen=True, slots=True)
class Regression:
    """The flows of one class were lost for longer than in any earlier drill of the kind that passed."""

    kind: FlowClass
    now_ms: float
    usual_ms: float
    """median of the earlier ones"""
    earlier: int

    def __str__(self) -> str:
        times = "drill" if self.earlier == 1 else f"{self.earlier} drills"
        return f"{self.kind.value} flows {self.now_ms:.0f} ms, the {times} before {self.usual_ms:.0f} ms"


@dataclass(frozen=True, slots=True)
class Past:
    """One drill of the history; where its report is missing or of another version, `classes` is empty."""

    row: DrillRow
    classes: tuple[ClassDigest, ...]
    regressions: tuple[Regression, ...]

    @property
    def kind(self) -> tuple[str, str, str]:
        """Drills of one kind are compared: name, fault, target."""
        return self.row.name, self.row.fault, self.row.target

    def median_ms(self, kind: FlowClass) -> float | None:
        """Of the worst flows of its runs; None where it measured none."""
        return next((one.median_ms for one in self.classes if one.kind is kind and one.worst_by_run), None)


def trend(rows: Iterable[DrillRow]) -> tuple[Past, ...]:
    """The oldest first. Each is compared with those of its kind that passed before it; see `MORE`."""
    found: list[Past] = []
    for row in sorted(rows, key=lambda row: row.begun_at):
        report = _report(row)
        past = Past(row, by_class(report) if report else (), ())
        earlier = [one for one in found if one.kind == past.kind and one.row.outcome == Verdict.PASSED]
        regressions = tuple(_regressions(past, earlier, report)) if report else ()
        found.append(Past(row, past.classes, regressions))
    return tuple(found)


def _report(row: DrillRow) -> DrillReport | None:
    try:
        return drill_report_from_json(row.report, row.id) if row.report else None
    except PermanentError:
        return None


def _regressions(now: Past, earlier: Sequence[Past], report: DrillReport) -> Iterator[Regression]:
    """An inconclusive drill is none; a difference that the probe cannot tell is none either."""
    if report.verdict is Verdict.INCONCLUSIVE:
        return
    resolution = max((run.resolution_ms for run in report.runs), default=0.0)
    for kind in (FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.SPARED):
        value = now.median_ms(kind)
        before = [ms for one in earlier if (ms := one.median_ms(kind)) is not None]
        if value is None or not before:
            continue
        usual = median(before)
        if value > MORE * usual and value > max(before) + resolution:
            yield Regression(kind, value, usual, len(before))
