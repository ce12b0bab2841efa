"""Drift on the terminal and as JSON: which devices run something else than the site says."""

import json
from dataclasses import asdict
from typing import Protocol

from rich.text import Text

from rtmctl.change.drift import DriftReport
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal

_STYLES = {"+": "red", "-": "green", "@": "cyan"}


class Labelled(Protocol):
    @property
    def label(self) -> str: ...


def show_drift(report: DriftReport, output: Output, *, target: Labelled) -> None:
    """`-` is what the site says, `+` what runs instead."""
    if output is Output.JSON:
        print(json.dumps({"version": 1, **asdict(report), "exit": int(report.exit)}))
        return
    console = terminal()
    for device in report.differences:
        for diff in device.diffs:
            console.print(f"[bold]{device.device}[/] {diff.section}")
            for line in diff.text.splitlines():
                console.print(Text(line, style=_STYLES.get(line[:1], "")))
    for name, why in sorted(report.drained.items()):
        console.print(f"{name} is drained {why}: compared with its drained form")
    for name, why in sorted(report.unread.items()):
        console.print(Text.assemble((f"{name} could not be read", "bold red"), f": {why}"))
    differing = ", ".join(device.device for device in report.differences)
    if differing:
        console.print(f"drift on {differing} (- what the site says, + what runs); `net plan` shows the way back")
    else:
        console.print(f"no drift: {len(report.same)} devices of {target.label} run what the site says")
