"""What reads the running network: verify, trace, where, show."""

import asyncio
from typing import Annotated

import typer

from rtmctl.base import Exit
from rtmctl.cli.context import only, open_site
from rtmctl.cli.options import Output


def verify(
    ctx: typer.Context,
    wait: Annotated[float, typer.Option(metavar="S", help="Longest time for the network to settle")] = 20.0,
    checks: Annotated[list[str] | None, typer.Option("--check", metavar="NAME", help="Only these checks")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="NAME", help="All but these checks")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample, where pairs of hosts are too many to test all")] = 1,
) -> None:
    """Prove that the network does what the site says: cables, sessions, routes, isolation, traffic."""
    from rtmctl.cli.lab_hosts import LabHosts
    from rtmctl.cli.target import find_target
    from rtmctl.observe import Options, Selection, opener_of
    from rtmctl.observe import verify as run
    from rtmctl.show.progress import steps
    from rtmctl.show.verify import show_verify

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT)
    target = find_target(opened)
    options = Options(Selection(frozenset(checks or ()), frozenset(exclude or ())), wait_s=wait, seed=seed)
    report = asyncio.run(
        run(
            opened.fabric,
            opened.models,
            opener_of(target.endpoints),
            LabHosts(target.lab) if target.lab else None,
            options,
            progress=steps(output),
        )
    )
    show_verify(report, output, target.label)
    raise typer.Exit(report.exit)


def trace(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help="A host")],
    destination: Annotated[str, typer.Argument(metavar="DST", help="A host")],
) -> None:
    """The predicted path between two hosts beside the one their packets take."""
    from rtmctl.cli.lab_hosts import LabHosts
    from rtmctl.cli.target import find_target
    from rtmctl.observe import opener_of
    from rtmctl.observe import trace as run
    from rtmctl.show.trace import show_trace

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    target = find_target(opened)
    hosts = LabHosts(target.lab) if target.lab else None
    found = asyncio.run(run(opened.fabric, opened.models, opener_of(target.endpoints), hosts, source, destination))
    show_trace(found, output)
    raise typer.Exit(Exit.DONE if found.agrees else Exit.VERIFICATION_FAILED)


def where(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="MAC|IP|HOST", help="What to look for")],
) -> None:
    """Where a MAC, an address or a host is: port, leaf, VTEP, segment."""
    from rtmctl.cli.target import find_target
    from rtmctl.observe import opener_of
    from rtmctl.observe import where as run
    from rtmctl.show.where import show_where

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    found = asyncio.run(run(opened.fabric, opened.models, opener_of(find_target(opened).endpoints), what))
    show_where(found, output)
    raise typer.Exit(Exit.DONE if found.places else Exit.FAILED)


def show(ctx: typer.Context, device: Annotated[str, typer.Argument(metavar="DEVICE")]) -> None:
    """One device: what it is to be and what it is now."""
    from rtmctl.cli.target import find_target
    from rtmctl.observe import opener_of
    from rtmctl.observe import show as run
    from rtmctl.show.device import show_device

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    opened.check_devices((device,))
    show_device(
        asyncio.run(run(opened.fabric, opened.models, opener_of(find_target(opened).endpoints), device)), output
    )
