"""Earlier drills of a site: the trend of what each loses, and whether it has become worse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from rtmctl.base import PermanentError
from rtmctl.drill.report_json import drill_report_from_json
from rtmctl.drill.types import DrillReport, FlowClass, Verdict
from rtmctl.store import DrillRow, Store

_SHARE = 1.2
_FLOOR_MS = 2.0
"""worse is what exceeds the worst of the earlier ones by a fifth and by so much: the measurement's own noise"""
_EARLIER = 10
"""the newest of the earlier ones that count"""
_ENOUGH = 2
"""of them, before a trend is claimed"""
_READ = 500
"""rows that one look at the history reads"""
_MEASURED = (Verdict.PASSED.value, Verdict.REFUTED.value)


@dataclass(frozen=True, slots=True)
class Past:
    """One drill of the history."""

    row: DrillRow
    """without its report"""
    worst_ms: Mapping[FlowClass, float] = field(default_factory=dict)
    """by class: the loss of the worst flow, median over the runs; empty where nothing was measured"""
    most_ms: Mapping[FlowClass, float] = field(default_factory=dict)
    """likewise, the maximum"""
    runs: int = 0
    regression: str = ""
    """in which way it is worse than the earlier ones of the same drill and target; empty: it is not"""


def read_history(store: Store, site: str, name: str = "", limit: int = 20) -> tuple[Past, ...]:
    """The newest first. `name`: of this drill or fault alone. Raises StoreError."""
    rows = [row for row in store.drills(site, _READ) if name in ("", row.name, row.fault)]
    return trend(_past(row) for row in rows)[:limit]


def trend(drills: Iterable[Past]) -> tuple[Past, ...]:
    """Each with its regression against the earlier ones; newest first, as given. Pure."""
    ordered = list(drills)
    return tuple(_compared(one, ordered[number + 1 :]) for number, one in enumerate(ordered))


def find_report(store: Store, site: str, drill: str) -> DrillReport:
    """Raises PermanentError when there is no such drill, or it has not ended."""
    row = store.drill(drill)
    if row is None or row.site != site:
        raise PermanentError(f"site {site} has no drill {drill!r} in this store", hint="rtmctl drill history")
    if not row.report:
        raise PermanentError(
            f"drill {drill} has no report: {row.message or row.outcome}",
            hint="rtmctl drill recover, when the rtmctl that ran it is dead",
        )
    return drill_report_from_json(row.report)


def losses(report: DrillReport) -> tuple[dict[FlowClass, float], dict[FlowClass, float]]:
    """By class the worst flow's loss, ms: median and maximum over the runs that made the fault."""
    found: dict[FlowClass, list[float]] = {}
    for run in report.runs:
        if run.control or run.injected_ms is None:
            continue
        for kind in FlowClass:
            mine = [flow.result.worst_ms for flow in run.flows if flow.kind is kind]
            if mine:
                found.setdefault(kind, []).append(max(mine))
    return {kind: median(each) for kind, each in found.items()}, {kind: max(each) for kind, each in found.items()}


def _past(row: DrillRow) -> Past:
    bare = replace(row, report="")
    if not row.report:
        return Past(bare)
    try:
        report = drill_report_from_json(row.report)
    except PermanentError:
        return Past(bare)
    worst, most = losses(report)
    return Past(bare, worst, most, sum(not run.control for run in report.runs))


def _compared(one: Past, earlier: Sequence[Past]) -> Past:
    alike = [past for past in earlier if _same(past.row, one.row) and past.row.outcome in _MEASURED][:_EARLIER]
    if len(alike) < _ENOUGH or one.row.outcome not in _MEASURED:
        return one
    said = []
    if one.row.outcome == Verdict.REFUTED.value and all(past.row.outcome == Verdict.PASSED.value for past in alike):
        said.append(f"refuted, and the {len(alike)} before it passed")
    for kind, now in one.worst_ms.items():
        before = [past.worst_ms[kind] for past in alike if kind in past.worst_ms]
        if kind is not FlowClass.STRANDED and before and now > max(before) * _SHARE and now - max(before) > _FLOOR_MS:
            known = f"never more than {max(before):.0f} ms in {len(before)} before it"
            said.append(f"{kind.value} {now:.0f} ms, and {known}")
    return replace(one, regression="; ".join(said))


def _same(one: DrillRow, other: DrillRow) -> bool:
    return (one.name, one.fault, one.target) == (other.name, other.fault, other.target)
