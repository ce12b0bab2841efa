"""A report by flow class: what a summary of it shows, in whatever form, and what a trend compares. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from rtmctl.drill.bounds import explain
from rtmctl.drill.types import Bound, DrillReport, FlowClass, Measured, Run, Verdict


@dataclass(frozen=True)
class ClassDigest:
    """The flows of one class over all runs."""

    kind: FlowClass
    flows: int
    worst_by_run: tuple[float, ...]
    """the longest loss of any flow, ms, a value a run with the fault"""
    noise_ms: float | None
    """the same of the control runs; None without one"""
    limit_ms: float | None
    """None: nothing is claimed"""
    bound: Bound | None
    """what the limit is made of, where it was derived"""
    worst: Measured | None
    worst_run: int
    exceeded: bool
    """a flow was lost for longer than its own limit, in a run that can vouch for itself"""

    @property
    def explanation(self) -> str:
        """Where the loss comes from when its bound does not fit; '' when it does, or nothing was derived."""
        return explain(self.bound, self.max_ms) if self.bound and self.worst_by_run else ""

    @cached_property
    def max_ms(self) -> float:
        return max(self.worst_by_run, default=0.0)

    @cached_property
    def median_ms(self) -> float:
        return median(self.worst_by_run) if self.worst_by_run else 0.0


def by_class(report: DrillReport) -> tuple[ClassDigest, ...]:
    """In the order of `FlowClass`; classes without a flow are left out."""
    return tuple(_digest(report, kind) for kind in FlowClass if any(_of(run, kind) for run in report.runs))


def real_runs(report: DrillReport) -> tuple[Run, ...]:
    """Those with the fault."""
    return tuple(run for run in report.runs if not run.control)


def telling_run(report: DrillReport) -> Run | None:
    """The run to look at: the one that failed, else the one with the longest loss; None when none began."""
    runs = real_runs(report) or report.runs
    return max(runs, key=lambda run: (run.verdict is report.verdict, _worst_claimed(run)), default=None)


def over(measured: Measured) -> bool:
    """Lost for longer than the hypothesis allows."""
    return measured.limit_ms is not None and measured.result.worst_ms > measured.limit_ms


def _digest(report: DrillReport, kind: FlowClass) -> ClassDigest:
    runs = [(run, found) for run in real_runs(report) if (found := _of(run, kind))]
    noise = [_worst_ms(_of(run, kind)) for run in report.runs if run.control]
    measured = [(run, m) for run, found in runs for m in found]
    worst = max(measured, key=lambda pair: pair[1].result.worst_ms, default=None)
    limits = [m.limit_ms for run in report.runs for m in _of(run, kind) if m.limit_ms is not None]
    return ClassDigest(
        kind,
        len({m.result.flow.name for run in report.runs for m in _of(run, kind)}),
        tuple(_worst_ms(found) for _, found in runs),
        max(noise, default=None),
        min(limits, default=None),
        next((bound for bound in report.plan.bounds if bound.kind is kind), None),
        worst[1] if worst else None,
        worst[0].number if worst else 0,
        any(over(m) for run, m in measured if run.verdict is not Verdict.INCONCLUSIVE),
    )


def _of(run: Run, kind: FlowClass) -> tuple[Measured, ...]:
    return tuple(measured for measured in run.flows if measured.kind is kind)


def _worst_ms(flows: Iterable[Measured]) -> float:
    return max((measured.result.worst_ms for measured in flows), default=0.0)


def _worst_claimed(run: Run) -> float:
    return _worst_ms(measured for measured in run.flows if measured.kind is not FlowClass.STRANDED)
