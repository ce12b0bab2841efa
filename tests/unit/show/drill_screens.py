"""Every screen of drills, by name: what prints it."""

from collections.abc import Callable
from dataclasses import replace

from rtmctl.drill.matrix import Case
from rtmctl.drill.report_json import drill_report_to_json
from rtmctl.drill.types import DrillReport
from rtmctl.show.drill import show_history, show_matrix, show_plan, show_report
from rtmctl.show.output import Output
from rtmctl.store import DrillRow
from tests.unit.drill.drill_examples import EXAMPLES, plan, refused, refuted, silent_link


def row(report: DrillReport, day: int) -> DrillRow:
    drill, begun = report.plan.drill, report.began_at + 86400 * day
    told = (drill.name, drill.fault, drill.target, report.by, "", begun, begun + report.lasted_s)
    number = f"202611{23 + day}-160000-d41a07"
    return DrillRow(number, report.site, *told, report.verdict.value, "", drill_report_to_json(report))


def past() -> list[DrillRow]:
    """Four that passed; then one that was slow; and one that has not ended."""
    rows = [row(silent_link(3, seed=day), day) for day in range(4)]
    slow = refuted()
    rows.append(row(replace(slow, runs=slow.runs[2:3]), 4))
    return [*rows, replace(row(silent_link(), 5), ended_at=None, outcome="running", report="")]


def cases() -> list[Case]:
    reports = [make() for make in EXAMPLES.values()]
    return [*(Case(report.plan, report) for report in reports), Case(refused(), None)]


SCREENS: dict[str, Callable[[Output], None]] = {
    "plan": lambda output: show_plan(plan(), output),
    "refused": lambda output: show_plan(refused(), output),
    "many-runs": lambda output: show_report(silent_link(30), output),
    "matrix": lambda output: show_matrix(cases(), output),
    "history": lambda output: show_history(past(), output),
    **{name: lambda output, make=make: show_report(make(), output) for name, make in EXAMPLES.items()},
}
