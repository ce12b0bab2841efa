"""A probe's result as a person reads it at night: a line a pair and direction, the worst flow, bars, the verdict."""

from rich.console import Console
from rich.text import Text

from rtmctl.probe import FlowResult, Latency, Verdict
from rtmctl.probe.distribution import together
from rtmctl.probe.summary import Direction, directions
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.probe.chart import bars
from rtmctl.show.probe.forms import to_json, to_junit
from rtmctl.show.probe.measured import Measured, What
from rtmctl.show.terminal import terminal

_STYLE = {Verdict.CLEAN: "green", Verdict.LOSS: "bold red", Verdict.INCONCLUSIVE: "bold yellow"}
_TIMES = ("p50", "p99", "p99.9", "max")
SHOWN = 6
"""reasons of a kind that are shown without -v"""


def print_measured(measured: Measured, output: Output, *, verbose: bool = False) -> None:
    """`verbose`: a line a flow, and every reason."""
    if output is Output.JSON:
        print(to_json(measured))
    elif output is Output.JUNIT:
        print(to_junit(measured))
    else:
        _print(measured, terminal(), verbose)


def _print(measured: Measured, console: Console, verbose: bool) -> None:
    result = measured.result
    if result.flows:
        console.print(_table(measured, verbose))
    _print_times(measured, console)
    _print_agents(measured, console)
    for label, reasons in (("left out", measured.left_out), ("doubt", result.doubts)):
        for reason in reasons if verbose else reasons[:SHOWN]:
            console.print(Text.assemble((f"{label}: ", "yellow"), reason))
        if not verbose and len(reasons) > SHOWN:
            console.print(Text(f"{label}: {len(reasons) - SHOWN} more (-v shows all)", style="yellow"))
    for flow in result.flows:
        if flow.send_errors:
            console.print(Text(f"{flow.flow.name}: {flow.flow.source} itself refused to send {flow.send_errors:,}"))
    worst = result.worst
    if worst is not None and worst.lost:
        console.print(Text.assemble(("worst flow: ", "bold"), worst_flow(measured, worst)))
    console.print(verdict_line(measured), style=_STYLE[result.verdict])


def _table(measured: Measured, verbose: bool) -> Grid:
    """What is zero everywhere has no column."""
    found = directions(measured.result)
    if verbose:
        found = tuple(Direction(d.source, d.destination, (flow,)) for d in found for flow in d.flows)
    columns: list[tuple[str, list[str | Text]]] = [
        ("flows", [Text(_name(d)) for d in found]),
        ("#", [str(len(d.flows)) for d in found]),
        ("sent", [f"{d.sent:,}" for d in found]),
        ("lost", [Text(f"{d.lost:,}", style="bold red" if d.lost else "dim") for d in found]),
        ("worst ms", [f"{d.worst.worst_ms:.1f}" for d in found]),
    ]
    if any(d.reordered or d.duplicates for d in found):
        columns.append(("reordered", [str(d.reordered) for d in found]))
        columns.append(("twice", [str(d.duplicates) for d in found]))
    if measured.what is What.LATENCY:
        columns += _time_columns("rtt", [d.rtt for d in found])
    columns += _time_columns("one way", [d.latency for d in found])
    heads = tuple(head for head, _ in columns)
    grid = Grid(*heads, right=heads[1:])
    for row in zip(*(cells for _, cells in columns), strict=True):
        grid.add(*row)
    return grid


def _name(direction: Direction) -> str:
    one = direction.flows[0].flow.name
    return one if len(direction.flows) == 1 else f"{direction.source} → {direction.destination}"


def _time_columns(what: str, latencies: list[Latency | None]) -> list[tuple[str, list[str | Text]]]:
    heads = (f"{what} {_TIMES[0]} ms", *_TIMES[1:])
    rows = [_times(latency) for latency in latencies]
    return [(head, [row[number] for row in rows]) for number, head in enumerate(heads)]


def _times(latency: Latency | None) -> list[str]:
    if latency is None:
        return ["–"] * len(_TIMES)
    return [f"{value:.3f}" for value in (latency.p50_ms, latency.p99_ms, latency.p999_ms, latency.max_ms)]


def _print_times(measured: Measured, console: Console) -> None:
    flows = measured.result.flows
    one_way = together(f.latency for f in flows)
    rtt = together(f.rtt for f in flows)
    if rtt is not None:
        console.print("\n[bold]round trip, ms[/], from the intended send time, less the time at the far end")
        console.print("\n".join(bars(rtt)))
    elif one_way is not None:
        console.print("\n[bold]one way, ms[/], from the intended send time to the kernel of the receiver")
        console.print("\n".join(bars(one_way)))
    network = together(f.rtt_network if rtt is not None else f.network for f in flows)
    if network is not None:
        console.print(f"without the senders' own lateness: {' / '.join(_times(network))} ms ({' / '.join(_TIMES)})")
    if one_way is not None and one_way.clock_error_ms:
        console.print(f"one way: give or take {one_way.clock_error_ms:.3f} ms, by which the hosts' clocks may differ")
    elif one_way is None and flows:
        console.print("one way: not told, for nothing bounds how far the hosts' clocks differ")


def _print_agents(measured: Measured, console: Console) -> None:
    agents = measured.result.agents
    if not agents:
        return
    latest = max(agents, key=lambda agent: agent.worst_late_ms)
    console.print(f"\nagents: {len(agents)}, late at worst {latest.worst_late_ms:.1f} ms ({latest.host})")
    for what, hosts in (
        ("without real-time scheduling (not allowed)", [a.host for a in agents if not a.realtime]),
        ("without locked memory (not allowed)", [a.host for a in agents if not a.locked]),
        ("without the kernel's send stamps", [a.host for a in agents if a.late is not None and not a.stamped]),
    ):
        if hosts:
            console.print(f"  {what}: {', '.join(hosts)}")


def worst_flow(measured: Measured, flow: FlowResult) -> str:
    """Name, 5-tuple, and where its longest loss stands."""
    window = max(flow.windows, key=lambda w: w.length_ms)
    back = "not heard again" if window.until_ms is None else f"heard again at {window.until_ms / 1000:.3f} s"
    return (
        f"{flow.flow.name} ({measured.tuple_of(flow)}): {window.length_ms:.1f} ms silent "
        f"from {window.start_ms / 1000:.3f} s on, {back}"
    )


def verdict_line(measured: Measured) -> str:
    """The last line: verdict, size, and what the probe can tell."""
    result = measured.result
    sent = sum(f.sent for f in result.flows)
    word = {Verdict.CLEAN: "clean", Verdict.LOSS: "LOSS", Verdict.INCONCLUSIVE: "INCONCLUSIVE"}[result.verdict]
    return (
        f"{measured.place}: {word}, {result.lost:,} of {sent:,} packets lost, "
        f"worst {result.worst_ms:.1f} ms of a flow; "
        f"{len(result.flows)} of {len(measured.spec.flows)} flows in {result.lasted_s:.1f} s, "
        f"loss below {result.resolution_ms:.1f} ms is not told from none"
    )
