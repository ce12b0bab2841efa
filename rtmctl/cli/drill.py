"""`rtmctl drill`: break it on purpose, measure it, put it back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtmctl.base import Exit, PermanentError
from rtmctl.cli.context import OpenSite, only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.options import Command, Output, globals_of

if TYPE_CHECKING:
    from rtmctl.device.injection import Argument
    from rtmctl.drill.events import OnEvent
    from rtmctl.drill.recover import RecoveryReport
    from rtmctl.drill.site import DrillSite
    from rtmctl.drill.types import Drill

app = typer.Typer(
    no_args_is_help=True, help="Break it on purpose, measure the loss, put it back.", rich_markup_mode="rich"
)

WhichArgument = Annotated[
    str, typer.Argument(metavar="NAME|FILE|FAULT", help="As `drill list` shows them, or a drill file")
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
    which: WhichArgument,
    target: TargetArgument = "",
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of the fault, as `drill list` shows them")
    ] = None,
    runs: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="So many times, for a distribution")] = 1,
    control: Annotated[bool, typer.Option("--control", help="First a run without the fault: the noise floor")] = False,
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
    from rtmctl.cli.ask import agree
    from rtmctl.cli.drilling import drilling, prepared
    from rtmctl.cli.stopping import patiently
    from rtmctl.drill.carrying import RunOptions, carry_out
    from rtmctl.drill.events import Note
    from rtmctl.show.drill import reporting, show_plan, show_report
    from rtmctl.show.report import write_page

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT)
    drill = _drill(opened, which, target, option, hold, lease)
    work = drilling(opened)
    ready = prepared(work, drill, max_impact)
    plan = ready.plan
    if dry_run:
        show_plan(plan, output)
        raise typer.Exit(Exit.REFUSED if plan.refused else Exit.DONE)
    if output is Output.TEXT:
        show_plan(plan, output)
    if work.target.lab is None and not plan.refused:
        agree(opened.said, f"{plan.fault.said}, on {work.target.label}?")
    options = RunOptions(runs, control, reason=reason)
    with reporting(output) as emit:
        done = patiently(
            lambda text: emit(Note(text)),
            lambda stop: carry_out(work.site, ready, options, emit=emit, stop=stop),
            work.target.lab,
        )
    if report:
        write_page(done, opened.fabric, report)
    show_report(done, output, report)
    raise typer.Exit(done.exit)


@app.command(cls=Command)
def show(
    ctx: typer.Context,
    drill: Annotated[str, typer.Argument(metavar="ID", help="As `drill history` lists it")],
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write it as one HTML page")] = None,
) -> None:
    """The report of an earlier drill."""
    from rtmctl.drill.history import find_report
    from rtmctl.show.drill import show_report
    from rtmctl.show.report import write_page
    from rtmctl.store import open_store

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT)
    found = find_report(open_store(), opened.site.name, drill)
    if report:
        write_page(found, opened.fabric, report)
    show_report(found, output, report)


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


def _drill(
    opened: OpenSite, which: str, target: str, option: list[str] | None, hold: float | None, lease: float | None
) -> Drill:
    from dataclasses import replace

    from rtmctl.drill.catalogue import find_drill

    drill = find_drill(opened.said.site, which, target, _options(option or []))
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
