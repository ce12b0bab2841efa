"""Where the network stands: drift, history, drain and undrain."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rtmctl.base import Exit
from rtmctl.cli.context import only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.options import Output

if TYPE_CHECKING:
    from rtmctl.change import ChangeResult

DeviceArgument = Annotated[str, typer.Argument(metavar="DEVICE")]


def drift(ctx: typer.Context) -> None:
    """Compare what devices run with what the site says they should run."""
    from rtmctl.change import find_drift
    from rtmctl.cli.changing import changing
    from rtmctl.show.drift import show_drift

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    work = changing(opened)
    report = wait_for(find_drift(work.network))
    show_drift(report, output, target=work.target)
    raise typer.Exit(report.exit)


def history(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The newest N")] = 20,
) -> None:
    """The changes of this site that this store knows, newest first.

    It reads no device: what their timers did since is known once another command has read them, and said so.
    """
    from rtmctl.show.history import show_history
    from rtmctl.store import open_store

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    store = open_store()
    rows = store.changes(opened.site.name, limit, plans=False)
    show_history(rows, store.standings([row.id for row in rows]), output)


def drain(
    ctx: typer.Context,
    device: DeviceArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; plan, verify and drift name it")],
    hours: Annotated[
        float | None, typer.Option(metavar="H", min=0.01, max=100_000, help="For so long; else until undrained")
    ] = None,
    strand: Annotated[bool, typer.Option("--strand", help="Go on although hosts lose their only way")] = False,
    accept_outage: Annotated[bool, typer.Option("--accept-outage", help="Go on although it cannot be hitless")] = False,
) -> None:
    """Move all traffic off a device and keep it so, until `undrain`."""
    from rtmctl.change import ApplyOptions
    from rtmctl.change import drain as run
    from rtmctl.cli.changing import changing
    from rtmctl.cli.stopping import stoppable
    from rtmctl.show.change import reporter, show_result

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    opened.check_devices((device,))
    work = changing(opened)
    until = time.time() + hours * 3600 if hours is not None else None
    emit = reporter(output)
    options = ApplyOptions(accept_outage=accept_outage)
    result = stoppable(
        emit,
        lambda stop: run(
            work.network, device, reason=reason, until=until, strand=strand, options=options, emit=emit, stop=stop
        ),
        work.target.lab,
    )
    show_result(_then(result, f"rtmctl net verify; traffic back: rtmctl net undrain {device}"), output)
    raise typer.Exit(result.exit)


def undrain(
    ctx: typer.Context,
    device: DeviceArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why")] = "",
) -> None:
    """Let traffic back to a drained device."""
    from rtmctl.change import undrain as run
    from rtmctl.cli.changing import changing
    from rtmctl.cli.stopping import stoppable
    from rtmctl.show.change import reporter, show_result

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    opened.check_devices((device,))
    work = changing(opened)
    emit = reporter(output)
    result = stoppable(
        emit, lambda stop: run(work.network, device, reason=reason, emit=emit, stop=stop), work.target.lab
    )
    show_result(_then(result, "rtmctl net verify" if result.change else ""), output)
    raise typer.Exit(result.exit)


def _then(result: ChangeResult, hint: str) -> ChangeResult:
    """The way on after a drain is no rollback: that would leave the record of the drain."""
    return replace(result, hint=result.hint or (hint if result.exit is Exit.DONE else ""))
