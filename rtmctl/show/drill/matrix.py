"""`drill run --matrix`: every single failure in one table, predicted beside measured."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from rtmctl.drill.digest import by_class
from rtmctl.drill.matrix import Case
from rtmctl.drill.report_json import drill_plan_to_json, drill_report_to_json
from rtmctl.drill.types import DrillPlan, FlowClass
from rtmctl.show.drill.words import STYLES, count, ms, reasons, verdict_word
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not
from rtmctl.show.terminal import terminal


def show_matrix(cases: Sequence[Case], output: Output) -> None:
    """JSON: the report of each case in a line of its own, the plan of one that was refused."""
    with heard_or_not():
        if output is Output.JSON:
            for case in cases:
                print(drill_report_to_json(case.report) if case.report else drill_plan_to_json(case.plan))
        else:
            _print_matrix(cases)


def _print_matrix(cases: Sequence[Case]) -> None:
    console = terminal()
    table = Grid("failure", "predicted", "measured ms", "bound ms", "verdict", wraps=("predicted",))
    for case in cases:
        verdict, style = _verdict(case)
        measured, bound = _figures(case)
        table.add(Text(case.plan.fault.said), Text(predicted(case.plan)), measured, bound, Text(verdict, style=style))
    console.print(table)
    for case in cases:
        for why in reasons(case.report) if case.report else case.plan.refused:
            console.print(Text.assemble(("  ! ", "red"), f"{case.plan.fault.said}: {why}"))
    totals = Counter(_verdict(case)[0] for case in cases)
    said = ", ".join(f"{number} {word}" for word, number in totals.items())
    passed = set(totals) <= {"passed"}
    console.print(Text(f"\n{count(len(cases), 'failure')}: {said}", style="bold green" if passed else "bold red"))


def predicted(plan: DrillPlan) -> str:
    """'4 local, 4 remote, 16 spared; 2 pairs lost'."""
    flows = Counter(one.kind for one in plan.flows)
    said = ", ".join(f"{flows[kind]} {kind.value}" for kind in FlowClass if flows[kind])
    return f"{said}; {count(plan.radius.pairs_lost, 'pair')} lost" if plan.radius.pairs_lost else said


def _figures(case: Case) -> tuple[Text, Text]:
    """Worst of each class that the fault meets, and of spared flows when they lost something; their bounds."""
    shown = [one for one in by_class(case.report) if _tells(one.kind, one.max_ms)] if case.report else []
    measured = Text(", ").join(
        Text(f"{one.kind.value} {ms(one.max_ms)}", style="bold red" if one.exceeded else "") for one in shown
    )
    return measured, Text(", ".join(ms(one.limit_ms) for one in shown))


def _tells(kind: FlowClass, max_ms: float) -> bool:
    return kind is not FlowClass.SPARED or max_ms > 0


def _verdict(case: Case) -> tuple[str, str]:
    if case.report is None:
        return ("refused" if case.plan.refused else "not run"), "bold yellow"
    word = verdict_word(case.report)
    return (word.lower(), STYLES[case.report.verdict]) if case.report.restored else (word, "bold white on red")
