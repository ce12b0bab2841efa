"""What `net lock` would write: the new allocations, those given back, and how many stay."""

import json

from rtmctl.fabric import Lock
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def show_lock_change(before: Lock, after: Lock, output: Output) -> None:
    """One line an allocation that comes or goes."""
    old, new = set(before.items()), set(after.items())
    added, removed = sorted(new - old), sorted(old - new)
    if output is Output.JSON:
        body = {"version": 1, "kept": len(old & new), "added": added, "removed": removed}
        print(json.dumps(body))
        return
    console = terminal()
    for sign, style, rows in (("+", "green", added), ("-", "red", removed)):
        for kind, identity, value in rows:
            console.print(f"[{style}]{sign} {kind} {identity}: {value}[/]")
    console.print(f"{len(added)} allocated, {len(removed)} given back, {len(old & new)} as they were")
