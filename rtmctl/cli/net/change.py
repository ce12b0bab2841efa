"""What changes the network, or says what would change: plan, apply, confirm, rollback, recover, drift, history."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from rtmctl.base import Exit
from rtmctl.cli.context import only, open_site
from rtmctl.cli.options import Output, globals_of

OnlyOption = Annotated[list[str] | None, typer.Option("--only", metavar="DEVICE", help="Change these, no others")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the history and on the devices")]
CanaryOption = Annotated[list[str] | None, typer.Option(metavar="DEVICE", help="These change alone, first")]
MaxOption = Annotated[int | None, typer.Option("--max-unavailable", metavar="N", help="At most N of a wave at once")]


def plan(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Keep the plan for `apply`")] = None,
    only_devices: OnlyOption = None,
    canary: CanaryOption = None,
    max_unavailable: MaxOption = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 4 when something would change")] = False,
) -> None:
    """Show what would change on each device, in which order, and what it may touch."""
    from rtmctl.change import write_plan
    from rtmctl.cli.changing import changing
    from rtmctl.show.plan import show_plan

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    work = changing(opened)
    made = work.plan(tuple(only_devices or ()), tuple(canary or ()), max_unavailable)
    if out:
        write_plan(made, out)
    show_plan(made, output, target=work.target, color=not opened.said.no_color)
    raise typer.Exit(Exit.DIFFERENT if exit_code and not made.empty else Exit.DONE)


def apply(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="A plan of `net plan -o`; else made now")
    ] = None,
    only_devices: OnlyOption = None,
    canary: CanaryOption = None,
    max_unavailable: MaxOption = None,
    soak: Annotated[float, typer.Option(metavar="S", help="Each wave must stay healthy so long")] = 0.0,
    reason: ReasonOption = "",
    confirm_within: Annotated[
        float | None, typer.Option(metavar="S", help="Leave it applied so long for `net confirm`; else it reverts")
    ] = None,
    commit: Annotated[str, typer.Option(metavar="all|wave", help="What one bad wave reverts")] = "all",
    degraded: Annotated[bool, typer.Option(help="Although a redundant partner is down")] = False,
    accept_outage: Annotated[bool, typer.Option(help="Although it cannot be hitless")] = False,
    override_freeze: Annotated[str, typer.Option(metavar="REASON", help="Although a change freeze holds")] = "",
) -> None:
    """Change the devices: each arms its own undo first, and all are confirmed together or none is."""
    from rtmctl.change import ApplyOptions, CommitMode, Timing, read_plan
    from rtmctl.cli.ask import agree
    from rtmctl.cli.changing import changing
    from rtmctl.show.change import reporter, show_result
    from rtmctl.show.plan import show_plan

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    work = changing(opened)
    made = read_plan(file) if file else work.plan(tuple(only_devices or ()), tuple(canary or ()), max_unavailable)
    if not made.empty and output is Output.TEXT:
        show_plan(made, output, target=work.target, color=not opened.said.no_color, brief=opened.said.yes)
        agree(opened.said, f"Change {len(made.devices)} devices of {work.target.label}?")
    options = ApplyOptions(
        reason=reason,
        commit=CommitMode(commit),
        timing=Timing(soak_s=soak),
        confirm_within_s=confirm_within,
        degraded=degraded,
        accept_outage=accept_outage,
        override_freeze=override_freeze,
    )
    result = work.apply(made, options, reporter(output))
    show_result(result, output)
    raise typer.Exit(result.exit)


def confirm(ctx: typer.Context, change: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Keep an applied change for good, before its devices revert it."""
    from rtmctl.cli.changing import changing
    from rtmctl.show.change import reporter, show_result

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    result = changing(opened).confirm(change, reporter(output))
    show_result(result, output)
    raise typer.Exit(result.exit)


def rollback(
    ctx: typer.Context,
    change: Annotated[str, typer.Argument(metavar="ID", help="As `net history` lists it")],
    reason: ReasonOption = "",
) -> None:
    """Go back to the state before a change: a new plan to the old texts, through waves like any other."""
    from rtmctl.change import ApplyOptions
    from rtmctl.cli.ask import agree
    from rtmctl.cli.changing import changing
    from rtmctl.show.change import reporter, show_result
    from rtmctl.show.plan import show_plan

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    work = changing(opened)
    made = work.plan_rollback(change)
    if not made.empty and output is Output.TEXT:
        show_plan(made, output, target=work.target, color=not opened.said.no_color, brief=opened.said.yes)
        agree(opened.said, f"Roll {len(made.devices)} devices back to before {change}?")
    result = work.apply(made, ApplyOptions(reason=reason or f"rollback of {change}"), reporter(output))
    show_result(result, output)
    raise typer.Exit(result.exit)


def recover(ctx: typer.Context) -> None:
    """Settle what a dead rtmctl left on the devices: back before the decision, forward after it, never mixed."""
    from rtmctl.cli.changing import changing
    from rtmctl.show.change import reporter, show_results

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    results = changing(opened).recover(reporter(output))
    show_results(results, output)
    raise typer.Exit(max((result.exit for result in results), default=Exit.DONE))


def drift(ctx: typer.Context) -> None:
    """Compare what devices run with what the site says they should run."""
    from rtmctl.cli.changing import changing
    from rtmctl.show.plan import show_drift

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    work = changing(opened)
    found = work.plan()
    show_drift(found, output, target=work.target, color=not opened.said.no_color)
    raise typer.Exit(Exit.DONE if found.empty else Exit.DIFFERENT)


def history(ctx: typer.Context) -> None:
    """The changes of this site that this store knows."""
    from rtmctl.show.change import show_history
    from rtmctl.store import open_store

    opened = open_site(ctx)
    output = only(globals_of(ctx), Output.TEXT, Output.JSON)
    show_history(open_store().changes(opened.site.name), output)


__all__ = ["apply", "asyncio", "confirm", "drift", "history", "plan", "recover", "rollback"]
