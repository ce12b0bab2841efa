"""One device at a glance."""

import json
from dataclasses import asdict

from rtmctl.observe.summary import Summary
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def print_device(summary: Summary, output: Output) -> None:
    if output is Output.JSON:
        print(json.dumps({"version": 1, **asdict(summary)}, default=str))
        return
    console = terminal()
    drained = " [yellow]drained[/]" if summary.drained else ""
    console.print(f"[bold]{summary.device}[/]{drained}: {summary.role}, {summary.platform} {summary.version}")
    vtep = f", VTEP {summary.vtep}" if summary.vtep else ""
    console.print(f"AS {summary.asn}, router id {summary.router_id}{vtep}\n")
    console.print(_ports(summary))
    console.print()
    console.print(_sessions(summary))
    console.print()
    if summary.vnis:
        table = Grid("VNI", "layer", "VRF", "remote VTEPs")
        for vni, layer, vrf, remote in summary.vnis:
            table.add(str(vni), f"L{layer}", vrf, str(remote) if layer == 2 else "")
        console.print(table)
        console.print()
    console.print("routes in the kernel: " + ", ".join(f"{vrf} {count}" for vrf, count in summary.routes))
    for warning in summary.warnings:
        console.print(f"[yellow]could not be read:[/] {warning}")


def _ports(summary: Summary) -> Grid:
    table = Grid("port", "kind", "peer", "state", "MTU", "in", "out", "errors")
    macs: dict[str, list[str]] = {}
    for port, _, mac in summary.hosts:
        macs.setdefault(port, []).append(mac)
    for line in summary.ports:
        state = "[green]up[/]" if line.up else "[red]down[/]"
        peer = f"{line.peer} {' '.join(macs.get(line.port, []))}".strip()
        table.add(
            line.port,
            line.kind,
            peer,
            state,
            str(line.mtu),
            _bytes(line.rx_bytes),
            _bytes(line.tx_bytes),
            str(line.errors),
        )
    return table


def _sessions(summary: Summary) -> Grid:
    table = Grid("BGP peer", "VRF", "device", "AS", "state", "up s", "accepted", "sent", "BFD")
    for s in summary.sessions:
        state = f"[green]{s.state}[/]" if s.state == "Established" else f"[red]{s.state}[/]"
        numbers = (str(s.accepted), str(s.sent))
        table.add(s.peer, s.vrf, s.remote_device, str(s.remote_asn), state, f"{s.uptime_s:.0f}", *numbers, s.bfd)
    return table


def _bytes(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
