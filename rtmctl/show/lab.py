"""A lab's state on the terminal and as JSON."""

import json
from dataclasses import asdict

from rtmctl.lab.driver import LabStatus
from rtmctl.lab.features import Features
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def print_status(status: LabStatus, features: Features | None, output: Output, seconds: float | None = None) -> None:
    """Which nodes run, and what this kernel lacks."""
    missing = features.missing if features else ()
    if output is Output.JSON:
        nodes = [asdict(node) for node in status.nodes]
        body = {"version": 1, "lab": status.name, "running": status.running, "missing": missing, "nodes": nodes}
        print(json.dumps(body, default=str))
        return
    console = terminal()
    if not status.nodes:
        console.print(f"lab {status.name}: there is none; rtmctl lab up starts it")
        return
    table = Grid("node", "kind", "state", "management")
    for node in status.nodes:
        state = "[green]runs[/]" if node.running else "[red]down[/]"
        table.add(node.name, node.kind, state, node.management or "")
    console.print(table)
    took = f" after {seconds:.1f} s" if seconds is not None else ""
    running = sum(node.running for node in status.nodes)
    console.print(f"\nlab {status.name}: {running} of {len(status.nodes)} nodes run{took}")
    if not status.complete:
        console.print("next:  rtmctl lab up starts what is down; what runs keeps running")
    if missing:
        console.print(f"this kernel lacks {', '.join(missing)}: `net plan` lists what stands in for it")


def print_removed(lab: str, output: Output, *, gone: bool, seconds: float) -> None:
    """`gone`: there was one."""
    if output is Output.JSON:
        print(json.dumps({"version": 1, "lab": lab, "removed": gone, "seconds": round(seconds, 1)}))
    else:
        terminal().print(f"lab {lab}: removed in {seconds:.1f} s" if gone else f"lab {lab}: there is none")
