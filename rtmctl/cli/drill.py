"""`rtmctl drill`: break it on purpose, measure it, put it back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtmctl.base import Exit, PermanentError
from rtmctl.cli.context import OpenSite, only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.options import Command, Noun, Output, globals_of

if TYPE_CHECKING:
    from rtmctl.cli.drilling import Drilling
    from rtmctl.device.injection import Argument
    from rtmctl.drill.carrying import RunOptions
    from rtmctl.drill.events import OnEvent
    from rtmctl.drill.planning import Prepared
    from rtmctl.drill.recover import RecoveryReport
    from rtmctl.drill.site import DrillSite
    from rtmctl.drill.types import Drill, DrillReport

app = typer.Typer(
    cls=Noun, no_args_is_help=True, help="Break it on purpose, measure the loss, put it back.", rich_markup_mode="rich"
)

WhichArgument = Annotated[
    str, typer.Argument(metavar="[NAME|FILE|FAULT]", help="As `drill list` shows them, or a drill file")
]
IdArgument = Annotated[str, typer.Argument(metavar="[ID]", help="Of this drill alone; else of all")]
TargetArgument = Annotated[str, typer.Argument(metavar="[TARGET]", help="What is broken: spine1:leaf1, leaf2, h1 …")]


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """Drills that are ready, those of the site's `drills/` folder among them, and the faults there are."""
    from rtmctl.drill.catalogue import catalogue
    from rtmctl.drill.faults import FAULTS
    from rtmctl.show.drill import show_catalogue

    said = globals_of(ctx)
    output = only(said, Output.TEXT, Output.JSON)
    show_catalogue(catalogue(said.site), tuple(FAULTS.values()), output)


@app.command(cls=Command)
def run(
    ctx: typer.Context,
    which: WhichArgument = "",
    target: TargetArgument = "",
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of the fault, as `drill list` shows them")
    ] = None,
    runs: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="So many times, for a distribution")] = 1,
    control: Annotated[bool, typer.Option("--control", help="First a run without the fault: the noise floor")] = False,
    matrix: Annotated[bool, typer.Option("--matrix", help="Every single failure of the fabric, one table")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done and whom it hits")] = False,
    max_impact: Annotated[
        float | None,
        typer.Option(metavar="SHARE", min=0, max=1, help="Refuse when more pairs of hosts would lose each other"),
    ] = None,
    hold: Annotated[float | None, typer.Option(metavar="S", min=0.1, help="How long the fault is there")] = None,
    lease: Annotated[
        float | None, typer.Option(metavar="S", min=3, help="It is gone so long after the last sign of life")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write the report as one HTML page")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the history, told to the hooks")] = "",
) -> None:
    """Break it, measure what is lost, put it back, and say whether that is what was expected."""
    from rtmctl.cli.drilling import drilling, prepared
    from rtmctl.drill.carrying import RunOptions
    from rtmctl.drill.matrix import matrix_drills

    if matrix == bool(which) or (matrix and report):
        raise PermanentError("a drill, or --matrix without one and without --report", exit=Exit.USAGE)
    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT)
    chosen = matrix_drills(opened.fabric) if matrix else (_find(opened, which, target, option),)
    work = drilling(opened)
    cases = tuple(prepared(work, _timed(drill, hold, lease), max_impact) for drill in chosen)
    asked = RunOptions(runs, control, reason=reason)
    if dry_run:
        _show_plans(cases, output)
    elif matrix:
        _run_matrix(opened, work, cases, asked, output)
    else:
        _run_one(opened, work, cases[0], asked, output, report)


def _show_plans(cases: tuple[Prepared, ...], output: Output) -> None:
    from rtmctl.show.drill import show_plan

    for case in cases:
        show_plan(case.plan, output)
    raise typer.Exit(Exit.REFUSED if any(case.plan.refused for case in cases) else Exit.DONE)


def _run_one(
    opened: OpenSite, work: Drilling, case: Prepared, asked: RunOptions, output: Output, page: Path | None
) -> None:
    from rtmctl.cli.ask import agree
    from rtmctl.cli.stopping import patiently
    from rtmctl.drill.carrying import carry_out
    from rtmctl.drill.events import Note
    from rtmctl.show.drill import reporting, show_plan, show_report

    if page and not page.parent.is_dir():
        raise PermanentError(f"the folder of {page} is not there", hint="make it first", exit=Exit.USAGE)
    if output is Output.TEXT:
        show_plan(case.plan, output)
    if work.target.lab is None and not case.plan.refused:
        agree(opened.said, f"{case.plan.fault.said}, on {work.target.label}?")
    with reporting(output) as emit:
        done = patiently(
            lambda text: emit(Note(text)),
            lambda stop: carry_out(work.site, case, asked, emit=emit, stop=stop),
            work.target.lab,
        )
    show_report(done, output)
    written = _write(done, opened, page, output)
    raise typer.Exit(done.exit or written)


def _write(report: DrillReport, opened: OpenSite, page: Path | None, output: Output) -> Exit:
    """After the report was shown: a page that cannot be written hides neither a verdict nor what is not restored."""
    from rtmctl.show.drill import show_page
    from rtmctl.show.report import write_page

    if page is None:
        return Exit.DONE
    try:
        write_page(report, opened.fabric, page)
    except PermanentError as error:
        typer.echo(f"warning: {error.message}", err=True)
        return Exit.FAILED
    show_page(page, output)
    return Exit.DONE


def _run_matrix(
    opened: OpenSite, work: Drilling, cases: tuple[Prepared, ...], asked: RunOptions, output: Output
) -> None:
    from rtmctl.change import Stop
    from rtmctl.cli.ask import agree
    from rtmctl.cli.stopping import patiently
    from rtmctl.drill.events import Note
    from rtmctl.drill.matrix import Case, exit_of_walk, walk
    from rtmctl.show.drill import reporting, show_matrix

    only(opened.said, Output.TEXT, Output.JSON)
    if work.target.lab is None:
        agree(opened.said, f"{len(cases)} failures one after the other, on {work.target.label}?")

    async def all_of_them(stop: Stop) -> tuple[tuple[Case, ...], Exit]:
        done = await walk(work.site, cases, asked, emit=emit, stop=stop)
        return done, exit_of_walk(done, stop)

    with reporting(output) as emit:
        done, ends = patiently(lambda text: emit(Note(text)), all_of_them, work.target.lab)
    show_matrix(done, output)
    raise typer.Exit(ends)


@app.command(cls=Command)
def show(
    ctx: typer.Context,
    drill: Annotated[str, typer.Argument(metavar="ID", help="As `drill history` lists it")],
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write it as one HTML page")] = None,
) -> None:
    """The report of an earlier drill."""
    from rtmctl.drill.history import find_report
    from rtmctl.show.drill import show_report
    from rtmctl.store import open_store

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT)
    found = find_report(open_store(), opened.site.name, drill)
    show_report(found, output)
    raise typer.Exit(_write(found, opened, report, output))


@app.command(cls=Command)
def history(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Of this drill or fault alone")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The newest N")] = 20,
) -> None:
    """Earlier drills of this site, newest first, and whether they have become worse."""
    from rtmctl.drill.history import past_drills
    from rtmctl.show.drill import show_history
    from rtmctl.store import open_store

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    show_history(past_drills(open_store(), opened.site.name, name, limit), output)


@app.command(cls=Command)
def stop(ctx: typer.Context, drill: IdArgument = "") -> None:
    """Take back at once what a running drill holds, from any machine; it notices, and ends."""
    from rtmctl.drill.recover import stop as work

    _take_back(ctx, work, drill)


@app.command(cls=Command)
def recover(ctx: typer.Context, drill: IdArgument = "") -> None:
    """Take back what a dead rtmctl left on switches, hosts and the lab, and prove that it is gone."""
    from rtmctl.drill.recover import recover as work

    _take_back(ctx, work, drill)


def _take_back(
    ctx: typer.Context, work: Callable[[DrillSite, str, OnEvent], Coroutine[Any, Any, RecoveryReport]], drill: str
) -> None:
    from rtmctl.cli.drilling import drilling
    from rtmctl.show.drill import reporting
    from rtmctl.show.drill.recovery import show_recovery

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    site = drilling(opened).site
    with reporting(output) as emit:
        report = wait_for(work(site, drill, emit))
    show_recovery(report, output)
    raise typer.Exit(report.exit)


def _find(opened: OpenSite, which: str, target: str, option: list[str] | None) -> Drill:
    """Raises as `find_drill`, and PermanentError for an option that is no NAME=VALUE."""
    from rtmctl.drill.catalogue import find_drill

    return find_drill(opened.said.site, which, target, _options(option or []))


def _timed(drill: Drill, hold: float | None, lease: float | None) -> Drill:
    from dataclasses import replace

    hold_s, lease_s = hold if hold is not None else drill.hold_s, lease if lease is not None else drill.lease_s
    return replace(drill, hold_s=hold_s, lease_s=lease_s)


def _options(said: list[str]) -> dict[str, Argument]:
    """Raises PermanentError for a text that is no NAME=VALUE; exit code 2."""
    found: dict[str, Argument] = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise PermanentError(f"--option {text!r} is no NAME=VALUE", hint="such as percent=10", exit=Exit.USAGE)
        found[name] = value
    return found
