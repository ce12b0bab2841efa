"""What `net lock` would write: the new allocations, those given back, and how many stay."""

import json

from rich.console import Console

from rtmctl.fabric import Lock
from rtmctl.show.output import Output


def show_lock_change(before: Lock, after: Lock, output: Output) -> None:
    """One line an allocation that comes or goes."""
    old, new = set(before.items()), set(after.items())
    added, removed = sorted(new - old), sorted(old - new)
    if output is Output.JSON:
        body = {"version": 1, "kept": len(old & new), "added": added, "removed": removed}
        print(json.dumps(body))
        return
    console = Console(highlight=False, soft_wrap=True)
    for sign, style, rows in (("+", "green", added), ("-", "red", removed)):
        for kind, identity, value in rows:
            console.print(f"[{style}]{sign} {kind} {identity}: {value}[/]")
    console.print(f"{len(added)} allocated, {len(removed)} given back, {len(old & new)} as they were")
