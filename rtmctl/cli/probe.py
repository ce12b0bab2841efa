"""`rtmctl probe`: loss and latency between hosts, measured end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rtmctl.base import Exit, PermanentError
from rtmctl.cli.context import only, open_site
from rtmctl.cli.options import Command, Noun, Output

if TYPE_CHECKING:  # `--help` loads none of these
    from rtmctl.show.probe.measured import What

app = typer.Typer(
    cls=Noun, no_args_is_help=True, help="Loss and latency between hosts, end to end.", rich_markup_mode="rich"
)

UNTIL_TOLD_S = 10 * 365 * 86400.0
SMALLEST = {4: 72, 6: 92}
"""bytes: headers and what each packet says of itself"""

Hosts = Annotated[list[str] | None, typer.Argument(metavar="SRC DST", help="Two hosts", show_default=False)]
Pairs = Annotated[list[str] | None, typer.Option("--pair", metavar="A:B", help="Two hosts; may be said again")]
All = Annotated[bool, typer.Option("--all", help="Every pair of our hosts that UDP may pass between")]
Rate = Annotated[float | None, typer.Option(metavar="PPS", min=0.1, max=20000, help="Packets/s of a flow")]
Flows = Annotated[int | None, typer.Option(metavar="N", min=1, max=1024, help="5-tuples of a pair, each way")]
Duration = Annotated[float | None, typer.Option(metavar="S", min=0.1, help="How long \\[until Ctrl-C]")]
Size = Annotated[int, typer.Option(metavar="BYTES", min=72, max=65000, help="Of the whole IP packet")]
Port = Annotated[int, typer.Option(metavar="N", min=1024, max=65000, help="UDP port; flows come from those above it")]
Six = Annotated[bool, typer.Option("--ipv6", "-6", help="Over IPv6")]


@app.command(cls=Command)
def loss(
    ctx: typer.Context,
    hosts: Hosts = None,
    pair: Pairs = None,
    every: All = False,
    rate: Rate = None,
    flows: Flows = None,
    duration: Duration = None,
    size: Size = 128,
    port: Port = 20000,
    ipv6: Six = False,
) -> None:
    """Lost packets as milliseconds of a flow, both directions; 8 flows at 1000/s, with --all one at 100/s."""
    from rtmctl.show.probe.measured import What

    default = (1, 100.0) if every else (8, 1000.0)
    load = flows or default[0], rate or default[1]
    _measure(ctx, What.LOSS, _pairs(hosts, pair, every), load, duration, size, port, 6 if ipv6 else 4)


@app.command(cls=Command)
def latency(
    ctx: typer.Context,
    hosts: Hosts = None,
    pair: Pairs = None,
    every: All = False,
    rate: Rate = None,
    flows: Flows = None,
    duration: Duration = None,
    size: Size = 128,
    port: Port = 20000,
    ipv6: Six = False,
) -> None:
    """Round trips and one-way times, both directions; 4 flows at 100/s, with --all one at 20/s."""
    from rtmctl.show.probe.measured import What

    default = (1, 20.0) if every else (4, 100.0)
    load = flows or default[0], rate or default[1]
    _measure(ctx, What.LATENCY, _pairs(hosts, pair, every), load, duration, size, port, 6 if ipv6 else 4)


def _pairs(hosts: list[str] | None, pairs: list[str] | None, every: bool) -> tuple[tuple[str, str], ...]:
    """Those named; none when all are meant."""
    named = [tuple(pair.split(":")) for pair in pairs or ()]
    if hosts:
        named.insert(0, tuple(hosts))
    if bool(named) == every:
        raise PermanentError(
            "say which hosts: SRC DST, --pair A:B, or --all", hint="rtmctl probe loss web1 web2", exit=Exit.USAGE
        )
    wrong = next((pair for pair in named if len(pair) != 2 or not all(pair)), None)
    if wrong is not None:
        raise PermanentError(f"{':'.join(wrong)!r} is no pair of hosts", hint="SRC DST, or --pair A:B", exit=Exit.USAGE)
    return tuple((a, b) for a, b in named)


def _measure(
    ctx: typer.Context,
    what: What,
    pairs: tuple[tuple[str, str], ...],
    load: tuple[int, float],
    duration_s: float | None,
    size: int,
    port: int,
    version: int,
) -> None:
    from asyncio import CancelledError
    from dataclasses import replace

    from rtmctl.change import run_stoppable
    from rtmctl.cli.probe_hosts import probe_hosts
    from rtmctl.cli.target import find_target
    from rtmctl.observe.probing import Load, of_all, of_pairs
    from rtmctl.probe import ProbeSpec, run_probe
    from rtmctl.show.probe import Measured, Silences, print_measured
    from rtmctl.show.probe.measured import What
    from rtmctl.show.progress import steps

    opened = open_site(ctx)
    output = only(opened.said, Output.TEXT, Output.JSON, Output.JUNIT)
    if size < SMALLEST[version]:
        raise PermanentError(
            f"--size: an IPv{version} packet of the probe has {SMALLEST[version]} bytes at least", exit=Exit.USAGE
        )
    target = find_target(opened)
    hosts = probe_hosts(opened, target)
    wanted = Load(*load, size, port, version)
    if pairs:
        probing = of_pairs(opened.fabric, opened.models, pairs, hosts.closed, wanted)
    else:
        probing = of_all(opened.fabric, opened.models, hosts.closed, wanted)
    spec = ProbeSpec(probing.flows, duration_s or UNTIL_TOLD_S, port=port, echo=what is What.LATENCY)
    say = steps(output)
    until = f"for {duration_s:g} s" if duration_s else "until Ctrl-C"

    def started() -> None:
        say(f"{len(spec.flows)} flows of {load[1]:g} packets/s, {until}")

    try:
        result = run_stoppable(
            lambda stop: run_probe(
                spec,
                hosts,
                stop=stop,
                started=started,
                interim=Silences(spec, say),
                failed=lambda host, why: say(f"{host}: {why}"),
            )
        )
    except CancelledError:  # a second Ctrl-C
        raise KeyboardInterrupt from None
    result = replace(result, doubts=(*probing.missing, *result.doubts))
    measured = Measured(what, target.label, spec, result, probing.left_out)
    print_measured(measured, output, verbose=opened.said.verbose)
    raise typer.Exit(measured.exit)
