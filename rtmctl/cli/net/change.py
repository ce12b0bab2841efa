"""What changes the network, or says what would change: plan, apply, confirm, rollback, recover."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtmctl.base import Exit, PermanentError
from rtmctl.cli.context import OpenSite, only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.options import Output

if TYPE_CHECKING:
    from rtmctl.change import PlanOptions


class Commit(StrEnum):
    ALL = "all"
    WAVE = "wave"


OnlyOption = Annotated[list[str] | None, typer.Option("--only", metavar="DEVICE", help="Change these, no others")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the history and on the devices")]
CanaryOption = Annotated[list[str] | None, typer.Option(metavar="DEVICE", help="These change alone, first")]
MaxOption = Annotated[
    int | None, typer.Option("--max-unavailable", metavar="N", min=1, help="At most N of a wave at once")
]
UnmanagedOption = Annotated[bool, typer.Option("--remove-unmanaged", help="Remove objects that are not rtmctl's")]
DegradedOption = Annotated[bool, typer.Option("--degraded", help="Go on although a redundant partner is down")]
OutageOption = Annotated[bool, typer.Option("--accept-outage", help="Go on although it cannot be hitless")]
FreezeOption = Annotated[str, typer.Option(metavar="REASON", help="Go on within a change freeze")]
DrainOption = Annotated[bool, typer.Option(help="Move traffic away first where sessions reset")]
SoakOption = Annotated[float, typer.Option(metavar="S", min=0, help="Each wave must stay healthy so long")]


def plan(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Keep the plan for `apply`")] = None,
    only_devices: OnlyOption = None,
    canary: CanaryOption = None,
    max_unavailable: MaxOption = None,
    remove_unmanaged: UnmanagedOption = False,
    brief: Annotated[bool, typer.Option("--brief", help="One line a device, without the diffs")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 4 when something would change")] = False,
) -> None:
    """Show what would change on each device, in which order, and what it may touch."""
    from rtmctl.change import make, write_plan
    from rtmctl.cli.changing import changing
    from rtmctl.show.plan import show_next, show_plan
    from rtmctl.show.substitutions import print_substitutions

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    wanted = _options(opened, only_devices, canary, max_unavailable, remove_unmanaged)
    work = changing(opened)
    made = wait_for(make(work.network, wanted))
    if out:
        write_plan(made, out)
    if output is Output.TEXT and not made.empty:
        print_substitutions(work.target.substitutions(opened.configs), every=opened.said.verbose)
    show_plan(made, output, target=work.target, brief=brief)
    if output is Output.TEXT:
        show_next(made, out)
    raise typer.Exit(Exit.DIFFERENT if exit_code and not made.empty else Exit.DONE)


def apply(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="A plan of `net plan -o`; else made now")
    ] = None,
    only_devices: OnlyOption = None,
    canary: CanaryOption = None,
    max_unavailable: MaxOption = None,
    remove_unmanaged: UnmanagedOption = False,
    soak: SoakOption = 0.0,
    reason: ReasonOption = "",
    confirm_within: Annotated[
        float | None,
        typer.Option(metavar="S", min=5, help="Leave it applied so long for `net confirm`; else it reverts"),
    ] = None,
    commit: Annotated[Commit, typer.Option(help="A bad wave reverts all waves, or itself")] = Commit.ALL,
    drain: DrainOption = True,
    degraded: DegradedOption = False,
    accept_outage: OutageOption = False,
    override_freeze: FreezeOption = "",
) -> None:
    """Change the devices: each arms its own undo first, and all are confirmed together or none is."""
    from rtmctl.change import ApplyOptions, CommitMode, Timing, carry_out, make, read_plan
    from rtmctl.cli.ask import agree
    from rtmctl.cli.changing import changing
    from rtmctl.cli.stopping import stoppable
    from rtmctl.show.change import reporter, show_result
    from rtmctl.show.plan import show_plan

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    wanted = _options(opened, only_devices, canary, max_unavailable, remove_unmanaged)
    if file and wanted != _options(opened):
        raise PermanentError(
            f"{file} says already which devices change and how",
            hint="give --only, --canary, --max-unavailable and --remove-unmanaged to `net plan`",
            exit=Exit.USAGE,
        )
    work = changing(opened)
    made = read_plan(file) if file else wait_for(make(work.network, wanted))
    if output is Output.TEXT and (made.warnings or not made.empty):
        show_plan(made, output, target=work.target, brief=opened.said.yes)
    if not made.empty:
        agree(opened.said, f"Change {len(made.devices)} devices of {work.target.label}?")
    options = ApplyOptions(
        reason=reason,
        commit=CommitMode(commit.value),
        timing=Timing(soak_s=soak),
        confirm_within_s=confirm_within,
        degraded=degraded,
        accept_outage=accept_outage,
        override_freeze=override_freeze,
        drain=drain,
    )
    emit = reporter(output)
    result = stoppable(emit, lambda stop: carry_out(work.network, made, options, emit=emit, stop=stop), work.target.lab)
    show_result(result, output)
    raise typer.Exit(result.exit)


def confirm(ctx: typer.Context, change: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Keep an applied change for good, before its devices revert it."""
    from rtmctl.change import confirm as run
    from rtmctl.cli.changing import changing
    from rtmctl.show.change import reporter, show_result

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    network = changing(opened).network
    names = list(network.platforms)
    result = wait_for(run(network.connect, names, network.store, change, site=network.name, emit=reporter(output)))
    show_result(result, output)
    raise typer.Exit(result.exit)


def rollback(
    ctx: typer.Context,
    change: Annotated[str, typer.Argument(metavar="ID", help="As `net history` lists it")],
    reason: ReasonOption = "",
    soak: SoakOption = 0.0,
    drain: DrainOption = True,
    degraded: DegradedOption = False,
    accept_outage: OutageOption = False,
    override_freeze: FreezeOption = "",
) -> None:
    """Go back to the state before a change: a new plan to the old texts, through waves like any other."""
    from rtmctl.change import ApplyOptions, Timing, carry_out, make_rollback
    from rtmctl.cli.ask import agree
    from rtmctl.cli.changing import changing
    from rtmctl.cli.stopping import stoppable
    from rtmctl.show.change import reporter, show_result
    from rtmctl.show.plan import show_plan

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    work = changing(opened)
    made = wait_for(make_rollback(work.network, change))
    if not made.empty:
        if output is Output.TEXT:
            show_plan(made, output, target=work.target, brief=opened.said.yes)
        agree(opened.said, f"Roll {len(made.devices)} devices back to before {change}?")
    options = ApplyOptions(
        reason=reason or f"rollback of {change}",
        timing=Timing(soak_s=soak),
        degraded=degraded,
        accept_outage=accept_outage,
        override_freeze=override_freeze,
        drain=drain,
    )
    emit = reporter(output)
    result = stoppable(emit, lambda stop: carry_out(work.network, made, options, emit=emit, stop=stop), work.target.lab)
    show_result(result, output)
    raise typer.Exit(result.exit)


def recover(
    ctx: typer.Context,
    keep_waiting: Annotated[
        bool, typer.Option("--keep-waiting", help="Leave changes alone that wait for `net confirm`")
    ] = False,
) -> None:
    """Settle what a dead rtmctl left on the devices: back before the decision, forward after it, never mixed.

    A change that `apply --confirm-within` left waiting for `net confirm` is undone too: it is named and asked about.
    """
    from rtmctl.change import OpenChange
    from rtmctl.change import recover as run
    from rtmctl.change.events import Note
    from rtmctl.cli.ask import agrees
    from rtmctl.cli.changing import changing
    from rtmctl.show.change import reporter, show_recovery, waiting_words

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    network = changing(opened).network
    names = list(network.platforms)

    emit = reporter(output)

    def undo_it(change: OpenChange) -> bool:
        emit(Note(waiting_words(change, time.time())))
        return not keep_waiting and agrees(opened.said, f"Undo change {change.manifest.id}, which waits?")

    report = wait_for(run(network.connect, names, network.store, site=network.name, agree=undo_it, emit=emit))
    show_recovery(report, output)
    raise typer.Exit(report.exit)


def _options(
    opened: OpenSite,
    only_devices: list[str] | None = None,
    canary: list[str] | None = None,
    most: int | None = None,
    remove: bool = False,
) -> PlanOptions:
    from rtmctl.change import PlanOptions, Unmanaged, WaveOptions

    opened.check_devices((*(only_devices or ()), *(canary or ())))
    waves = WaveOptions(canary=tuple(canary or ()), max_unavailable=most)
    unmanaged = Unmanaged.REMOVE if remove else Unmanaged.KEEP
    return PlanOptions(only=tuple(only_devices or ()), waves=waves, unmanaged=unmanaged)
