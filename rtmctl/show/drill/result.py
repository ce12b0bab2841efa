"""How a drill ended: the verdict first, a line a flow class, the timeline in a few lines, what to do next."""

from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.text import Text

from rtmctl.base.order import natural_key
from rtmctl.drill.digest import ClassDigest, by_class, real_runs
from rtmctl.drill.report_json import drill_report_to_json
from rtmctl.drill.types import DrillReport, Verdict
from rtmctl.show.drill.junit import report_junit
from rtmctl.show.drill.timeline import print_timeline
from rtmctl.show.drill.unrestored import print_unrestored
from rtmctl.show.drill.words import count, ms, names, reasons, verdict_text
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not
from rtmctl.show.terminal import terminal

_NEXT = {
    Verdict.PASSED: "rtmctl drill history shows the trend",
    Verdict.REFUTED: "look where the time goes in the timeline; the dominating timer is named above",
    Verdict.INCONCLUSIVE: "this measurement proves nothing either way: mend the reason and run it again",
    Verdict.ABORTED: "find out why a flow outside the hypothesis was lost: rtmctl net verify, then run it again",
}

MANY = 20
"""runs of which each has its own figure in the text"""


def show_page(page: Path, output: Output) -> None:
    """Where the HTML form of a report stands."""
    if output is Output.TEXT:
        with heard_or_not():
            terminal().print(Text.assemble(("page: ", "bold"), str(page)))


def show_report(report: DrillReport, output: Output) -> None:
    with heard_or_not():
        if output is Output.JSON:
            print(drill_report_to_json(report))
        elif output is Output.JUNIT:
            print(report_junit(report))
        else:
            print_report(report, terminal())


def print_report(report: DrillReport, console: Console) -> None:
    console.print(Text.assemble(verdict_text(report), f"  {report.plan.fault.said}"))
    console.print(Text(f"  {_about(report)}", style="dim"))
    for reason in reasons(report):
        console.print(Text.assemble("  ", ("! ", "red"), reason))
    console.print()
    digests = by_class(report)
    if digests:
        console.print(_table(digests))
        _spread(digests, console)
        _explain(report, digests, console)
    print_timeline(report, console)
    for note in sorted({note for run in report.runs for note in run.imprecise}, key=natural_key):
        console.print(Text(f"  {note}", style="dim"))
    _end(report, console)
    if not report.restored:
        print_unrestored(report, console)
    else:
        console.print(Text.assemble(("next: ", "bold"), _NEXT[report.verdict]))


def _about(report: DrillReport) -> str:
    runs = count(len(real_runs(report)), "run")
    control = " and a control run" if len(real_runs(report)) < len(report.runs) else ""
    resolution = max((run.resolution_ms for run in report.runs), default=0.0)
    told = f", loss told from {ms(resolution)} ms on" if report.runs else ""
    return f"drill {report.id} on {report.site}: {runs}{control} in {report.lasted_s:.0f} s{told}"


def _table(digests: tuple[ClassDigest, ...]) -> Grid:
    """With several runs the median of their worst flows beside the longest loss; with a control run its noise."""
    several = any(len(digest.worst_by_run) > 1 for digest in digests)
    noise = any(digest.noise_ms is not None for digest in digests)
    numbers = [*(["median ms"] if several else []), "worst ms", "bound ms", *(["control ms"] if noise else [])]
    table = Grid("class", "flows", *numbers, right=("flows", *numbers))
    for digest in digests:
        cells = {
            "median ms": Text(ms(digest.median_ms)),
            "worst ms": Text(ms(digest.max_ms), style="bold red" if digest.exceeded else "bold green"),
            "bound ms": Text(ms(digest.limit_ms)),
            "control ms": Text(ms(digest.noise_ms), style="dim"),
        }
        table.add(digest.kind.value, str(digest.flows), *(cells[number] for number in numbers))
    return table


def _spread(digests: tuple[ClassDigest, ...], console: Console) -> None:
    """The worst flow of each run, in their order, so that a drift is seen; of many runs the quartiles."""
    for digest in digests:
        values = digest.worst_by_run
        if len(values) < 2 or not digest.max_ms:
            continue
        if len(values) <= MANY:
            said = f"by run: {' '.join(map(ms, values))}"
        else:
            lower, middle, upper = quantiles(values, n=4)
            said = (
                f"over {len(values)} runs: {ms(min(values))} at least, "
                f"quartiles {ms(lower)}, {ms(middle)}, {ms(upper)}, {ms(digest.max_ms)} at most"
            )
        console.print(Text(f"  {digest.kind.value} {said} ms", style="dim"))


def _explain(report: DrillReport, digests: tuple[ClassDigest, ...], console: Console) -> None:
    """The dominating part of each bound, once where classes share it; where a loss does not fit its bound, why."""
    conclusive = report.verdict is not Verdict.INCONCLUSIVE
    shared: dict[str, list[str]] = {}
    for digest in digests:
        if conclusive and digest.explanation:
            console.print(Text.assemble(f"  {digest.kind.value}: ", (digest.explanation, "yellow")))
        elif digest.bound and digest.bound.dominating and digest.worst_by_run:
            shared.setdefault(digest.bound.dominating, []).append(digest.kind.value)
    for dominating, kinds in shared.items():
        console.print(Text(f"  {', '.join(kinds)} dominated by {dominating}", style="dim"))


def _end(report: DrillReport, console: Console) -> None:
    runs = real_runs(report)
    if not runs:
        return
    nodes = sorted({held.injection.node for run in runs for held in run.held}, key=natural_key)
    if report.restored:
        what = f"restored: {names(nodes)} hash as before" if nodes else "restored"
        steady = all(run.steady for run in runs)
        back = ("back at its steady state", "green") if steady else ("NOT back at its steady state", "bold red")
        console.print(Text.assemble((what, "green"), "; the network is ", back))
