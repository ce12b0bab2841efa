"""The tables of the page as rows of text: flows, moments, runs, holders. Times are ms."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from rtmctl.base.order import natural_key
from rtmctl.drill.digest import over, real_runs
from rtmctl.drill.types import DrillReport, FlowClass, Measured, Run
from rtmctl.show.drill.words import arguments, clock, ms

MOMENTS = 400
"""that the page lists; the JSON form holds all"""
FLOW_HEADS = (
    *("flow", "class", "predicted switches", "worst", "median", "bound"),
    *("lost", "out of order", "twice", "p99", "slowest", "carried"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    sort: float | None = None
    """what a column of numbers is sorted by"""
    mark: str = ""
    """'bad': not as it should be"""


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is its place in the page; `note` what is left out."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    sortable: bool = False


def flow_table(report: DrillReport) -> Table:
    """A row a flow over all runs, the worst first."""
    ways = {planned.flow.name: planned.via for planned in report.plan.flows}
    found: dict[str, list[Measured]] = {}
    for run in real_runs(report) or report.runs:
        for measured in run.flows:
            found.setdefault(measured.result.flow.name, []).append(measured)
    worst = sorted(found, key=lambda name: (-max(m.result.worst_ms for m in found[name]), natural_key(name)))
    rows = tuple(tuple(_flow(name, found[name], ways.get(name, ()))) for name in worst)
    return Table("flows", FLOW_HEADS, rows, sortable=True)


def _flow(name: str, runs: list[Measured], via: tuple[str, ...]) -> Iterator[Cell]:
    losses = [m.result.worst_ms for m in runs]
    limit = runs[0].limit_ms
    yield Cell(name)
    yield Cell(runs[0].kind.value)
    yield Cell(" ".join(via) or "none")
    yield Cell(ms(max(losses)), max(losses), "bad" if any(map(over, runs)) else "")
    yield Cell(ms(median(losses)), median(losses))
    yield Cell(ms(limit), -1.0 if limit is None else limit)
    results = [m.result for m in runs]
    yield from (_count(sum(result.lost for result in results)), _count(sum(r.reordered for r in results)))
    yield _count(sum(result.duplicates for result in results))
    delays = [m.result.latency for m in runs if m.result.latency]
    for slowest in (max((d.p99_ms for d in delays), default=None), max((d.max_ms for d in delays), default=None)):
        yield Cell("–" if slowest is None else f"{slowest:.2f}", -1.0 if slowest is None else slowest)
    idle = sum(not m.carried for m in runs)
    yield Cell("no" if idle == len(runs) else f"not in {idle}" if idle else "yes", idle, "bad" if idle else "")


def _count(number: int) -> Cell:
    return Cell(str(number), number)


def moment_table(run: Run | None) -> Table:
    moments = sorted(run.moments, key=lambda moment: moment.at_ms) if run else []
    rows = tuple((Cell(f"{m.at_ms:.1f}", m.at_ms), Cell(m.node), Cell(m.kind), Cell(m.text)) for m in moments[:MOMENTS])
    more = (f"{len(moments) - MOMENTS} more: the JSON form holds all",) if len(moments) > MOMENTS else ()
    note = "; ".join((*more, *(run.imprecise if run else ())))
    return Table("moments", ("ms since the fault", "node", "kind", "what"), rows, note)


def run_table(report: DrillReport) -> Table:
    """A row a run, with the longest loss by class."""
    kinds = [kind for kind in FlowClass if any(m.kind is kind for run in report.runs for m in run.flows)]
    heads = ("run", "began (UTC)", *(f"worst {kind.value}" for kind in kinds), "verdict", "steady state", "why")
    return Table("runs", heads, tuple(tuple(_run(run, kinds)) for run in report.runs))


def _run(run: Run, kinds: list[FlowClass]) -> Iterator[Cell]:
    yield Cell("control" if run.control else str(run.number), run.number)
    yield Cell(clock(run.began_ns / 1e9))
    for kind in kinds:
        losses = [m.result.worst_ms for m in run.flows if m.kind is kind]
        yield Cell(ms(max(losses, default=None)), max(losses, default=-1.0))
    yield Cell(run.verdict.value, mark="" if run.verdict.value == "passed" else "bad")
    yield Cell("back" if run.steady else "not back", mark="" if run.steady else "bad")
    yield Cell("; ".join(run.reasons))


def holder_table(report: DrillReport) -> Table:
    """How each injection ended: the hash over what it owns, before and after."""
    rows = tuple(
        (
            Cell(str(run.number), run.number),
            Cell(held.injection.node),
            Cell(arguments(held.injection)),
            Cell(held.before[:16] or "–"),
            Cell(held.after[:16] or "–", mark="" if held.after == held.before else "bad"),
            Cell(held.state.value, mark="" if held.state.value == "restored" else "bad"),
            Cell(held.failure),
        )
        for run in report.runs
        for held in run.held
    )
    return Table("holders", ("run", "node", "fault", "hash before", "hash after", "state", "what is wrong"), rows)


def bound_table(report: DrillReport) -> Table:
    """Each bound by its parts, the dominating one beside its sum."""
    rows: list[tuple[Cell, ...]] = []
    for bound in report.plan.bounds:
        what = f"in all; dominated by {bound.dominating}" if bound.dominating else "in all"
        rows += [(Cell(bound.kind.value), Cell(ms(part), part), Cell(said)) for said, part in bound.parts]
        rows.append((Cell(bound.kind.value), Cell(ms(bound.limit_ms), bound.limit_ms, "sum"), Cell(what)))
    return Table("bounds", ("class", "ms", "part"), tuple(rows))
