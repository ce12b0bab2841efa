"""What reads the running network: verify, trace, where, show."""

from enum import StrEnum
from typing import Annotated

import typer

from rtmctl.base import Exit
from rtmctl.cli.context import only, open_site
from rtmctl.cli.loop import wait_for
from rtmctl.cli.net.reading import models_with_drains, read_states, read_what_answers, with_sessions
from rtmctl.cli.options import Output


class Protocol(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    ICMP = "icmp"


def verify(
    ctx: typer.Context,
    wait: Annotated[float, typer.Option(metavar="S", min=0, help="Longest time for the network to settle")] = 20.0,
    checks: Annotated[
        list[str] | None, typer.Option("--check", metavar="NAME", help="Only these checks: lldp, bgp, matrix …")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="NAME", help="All but these checks")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample, where pairs of hosts are too many to test all")] = 1,
) -> None:
    """Prove that the network does what the site says: cables, sessions, routes, isolation, traffic."""
    from rtmctl.cli.lab_hosts import lab_hosts
    from rtmctl.cli.target import find_target
    from rtmctl.observe import Options, Selection, opener_of
    from rtmctl.observe import verify as run
    from rtmctl.show.progress import steps
    from rtmctl.show.verify import print_report

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT, Output.GITHUB)
    target = find_target(opened)
    options = Options(Selection(frozenset(checks or ()), frozenset(exclude or ())), wait_s=wait, seed=seed)
    hosts = lab_hosts(target.lab) if target.lab else None
    opener = opener_of(target.endpoints)
    models = models_with_drains(opened, target)
    report = wait_for(run(opened.fabric, models, opener, hosts, options, progress=steps(output)))
    print_report(report, output, all_lines=opened.said.verbose)
    raise typer.Exit(report.exit)


def trace(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help="A host")],
    destination: Annotated[str, typer.Argument(metavar="DST", help="A host")],
    protocol: Annotated[Protocol, typer.Option(help="What is sent; filters and hashing tell protocols apart")] = (
        Protocol.UDP
    ),
    port: Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="Destination port of tcp and udp")] = 33434,
    sport: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=65535, help="Source port: another may take another path"),
    ] = 49152,
) -> None:
    """The predicted path between two hosts beside the one their packets take."""
    from rtmctl.cli.lab_hosts import lab_hosts
    from rtmctl.cli.target import find_target
    from rtmctl.observe import Packets
    from rtmctl.observe import trace as run
    from rtmctl.show.trace import print_trace

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    target = find_target(opened)
    hosts = lab_hosts(target.lab) if target.lab else None
    models = models_with_drains(opened, target)
    packets = Packets(protocol.value, port, sport)
    found = wait_for(
        with_sessions(
            models,
            target,
            lambda sessions: run(opened.fabric, models, sessions, hosts, source, destination, packets),
        )
    )
    print_trace(found, output)
    raise typer.Exit(Exit.VERIFICATION_FAILED if found.agrees is False else Exit.DONE)


def where(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="MAC|IP|NAME", help="In any usual notation; a host or a switch")],
) -> None:
    """Where a MAC, an address, a host or a switch is: port, leaf, VTEP, segment; gateways, loopbacks and links too."""
    from rtmctl.cli.target import find_target
    from rtmctl.observe import where as find
    from rtmctl.show.where import print_where

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    states, failed = wait_for(read_what_answers(opened.models, find_target(opened)))
    report = find(opened.fabric, opened.models, states, what)
    print_where(report, output, unread=failed)
    raise typer.Exit(Exit.DONE if report.sightings or report.owned else Exit.FAILED)


def show(ctx: typer.Context, device: Annotated[str, typer.Argument(metavar="DEVICE")]) -> None:
    """One device: what it is to be and what it is now."""
    from rtmctl.cli.target import find_target
    from rtmctl.observe import summarize
    from rtmctl.show.device import print_device

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON)
    opened.check_devices((device,))
    target = find_target(opened)
    model = models_with_drains(opened, target)[device]
    states = wait_for(read_states({device: model}, target))
    print_device(summarize(model, states[device]), output)
