"""The table of platforms: what is rendered, and the guard its driver can put under a change."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from rtmctl.device.types import Capabilities
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def print_platforms(platforms: Mapping[str, Capabilities | None], output: Output = Output.TEXT) -> None:
    """`None`: rendered, but nothing here speaks to such a device."""
    if output is Output.JSON:
        guards = {name: asdict(guard) if guard else None for name, guard in sorted(platforms.items())}
        print(json.dumps({"version": 1, "platforms": guards}))
        return
    table = Grid("platform", "revert timer", "step", "extendable", "survives a reboot")
    for name, guard in sorted(platforms.items()):
        if guard is None:
            table.add(name, "no driver: render only")
        else:
            table.add(
                name,
                _yes(guard.revert_timer),
                f"{guard.granularity_s} s",
                _yes(guard.extendable),
                _yes(guard.survives_reboot),
            )
    terminal().print(table)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
