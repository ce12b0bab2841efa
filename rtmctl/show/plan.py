"""A plan on a terminal and in a CI log: one line a device, then the diffs, equal ones once."""

import shlex
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rtmctl.change.plan_file import plan_to_json
from rtmctl.change.plan_types import DevicePlan, Plan, SectionDiff
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_SHOWN_UNMANAGED = 12


class Labelled(Protocol):
    """Where a plan goes."""

    @property
    def label(self) -> str: ...


def show_plan(plan: Plan, output: Output, *, target: Labelled, brief: bool = False) -> None:
    """Print a plan. `brief` leaves the diffs out."""
    if output is Output.JSON:
        print(plan_to_json(plan), end="")
        return
    print_plan(plan, terminal(), label=target.label, brief=brief)


def show_next(plan: Plan, file: Path | None) -> None:
    """What an operator does with this plan."""
    if plan.empty:
        return
    kept = f"kept in {file}: " if file else ""
    command = f"rtmctl net apply {shlex.quote(str(file))}" if file else "rtmctl net apply"
    accept = " --accept-outage" if plan.outages else ""
    terminal().print(Text.assemble(("next: ", "bold"), f"{kept}{command}{accept}"))


def print_plan(plan: Plan, console: Console, *, label: str, brief: bool = False) -> None:
    """The whole plan as text."""
    for warning in plan.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"))
    if plan.empty:
        console.print(f"nothing to do: {_count(plan.unchanged, 'device')} of {label} run their target")
        return
    if not brief:
        _diffs(plan, console)
    for place, stage in enumerate(plan.stages, 1):
        if len(plan.stages) > 1:
            console.print(Text(f"stage {place}/{len(plan.stages)} {stage.name}", style="bold"))
        console.print(_summary(stage.devices))
        _effects(stage.devices, console)
        for number, wave in enumerate(stage.waves, 1):
            leaves = ", then on when its traffic has left" if any(stage.device(n).leaves for n in wave.devices) else ""
            console.print(f"wave {number}/{len(stage.waves)} {wave.name}: {', '.join(wave.devices)}{leaves}")
    if len(plan.stages) > 1:
        console.print("all stages are one change: until the last is through, everything goes back to what runs now")
    for state in plan.mixed:
        console.print(Text(f"not with --commit wave: {state}", style="yellow"))
    for outage in plan.outages:
        console.print(Text(f"outage: {outage}; --accept-outage is needed", style="bold red"))
    for use in plan.secrets:
        console.print(f"secret: {use.reference}, filled in at apply")
    left = f", {_count(plan.left_out, 'device')} left out" if plan.left_out else ""
    console.print(
        Text(f"{_count(plan.devices, 'device')} of {label} to change, {len(plan.unchanged)} as they should be{left}"),
        style="bold",
    )


def _summary(parts: Iterable[DevicePlan]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in ("device", "added", "removed"):
        table.add_column(no_wrap=True)
    for part in parts:
        sections = ", ".join(diff.section for diff in part.diffs)
        table.add_row(
            Text(part.device, style="bold"),
            Text(f"+{part.added}", style="green"),
            Text(f"-{part.removed}", style="red"),
            sections,
            _headline(part),
        )
    return table


def _headline(part: DevicePlan) -> Text:
    if part.idle:
        return Text("carries nothing yet", style="dim")
    if not part.resets:
        return Text("resets nothing", style="green")
    drained = ", drained first" if part.drain is not None else ""
    return Text(f"{_count(part.resets, 'reset')}{drained}", style="yellow")


def _effects(parts: Iterable[DevicePlan], console: Console) -> None:
    """Resets, impact and weaker guards; what several devices share is said once."""
    for title, style, lines in (
        ("resets", "yellow", {part.device: part.resets for part in parts}),
        ("may touch", "yellow", {part.device: part.impact for part in parts}),
        ("weaker guard", "red", {part.device: part.weaker for part in parts}),
    ):
        shared: dict[str, list[str]] = {}
        for device, texts in lines.items():
            for text in texts:
                shared.setdefault(text, []).append(device)
        for text, devices in shared.items():
            console.print(Text.assemble((f"{title}: ", style), f"{', '.join(devices)}: {text}"))
    for part in parts:
        if part.unmanaged:
            shown = "; ".join(part.unmanaged[:_SHOWN_UNMANAGED])
            more = len(part.unmanaged) - _SHOWN_UNMANAGED
            tail = f"; and {more} more" if more > 0 else ""
            console.print(Text.assemble(("not rtmctl's: ", "magenta"), f"{part.device}: {shown}{tail}"))


def _diffs(plan: Plan, console: Console) -> None:
    for stage in plan.stages:
        if len(plan.stages) > 1:
            console.rule(f"stage {plan.stages.index(stage) + 1}: {stage.name}")
        groups: dict[str, tuple[SectionDiff, list[str]]] = {}
        for part in stage.devices:
            for diff in part.diffs:
                key = sha256(f"{diff.section}\0{diff.text}".encode()).hexdigest()
                groups.setdefault(key, (diff, []))[1].append(part.device)
        for diff, devices in groups.values():
            console.print(
                Text.assemble(
                    (f"{', '.join(devices)}", "bold"),
                    f"  {diff.section}  ",
                    (f"+{diff.added}", "green"),
                    " ",
                    (f"-{diff.removed}", "red"),
                    f"  (the same on {len(devices)} devices)" if len(devices) > 1 else "",
                )
            )
            for line in diff.text.splitlines():
                console.print(Text(f"  {line}", style=_STYLES.get(line[:1], "")))
            console.print()


def _count(things: Iterable[object], what: str) -> str:
    number = len(list(things))
    return f"{number} {what}{'' if number == 1 else 's'}"
