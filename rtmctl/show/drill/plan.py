"""What a drill would do: fault, blast radius, flows with their predicted ways, bounds, and why it may not run."""

from collections import Counter

from rich.console import Console
from rich.text import Text

from rtmctl.drill.report_json import drill_plan_to_json
from rtmctl.drill.types import Bound, DrillPlan, FlowClass, Radius
from rtmctl.show.drill.words import CLASSES, arguments, count, impact, ms
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal

SHOWN = 16
"""ways that the text shows; JSON holds all flows"""


def show_plan(plan: DrillPlan, output: Output) -> None:
    """What `--dry-run` prints, and what stands above a run."""
    if output is Output.JSON:
        print(drill_plan_to_json(plan))
    else:
        print_plan(plan, terminal())


def print_plan(plan: DrillPlan, console: Console) -> None:
    drill, load = plan.drill, plan.drill.load
    console.print(Text.assemble((plan.fault.said, "bold"), f" ({drill.name}: {drill.title})" if drill.title else ""))
    many = f"{count(len(plan.flows), 'flow')} of {load.rate_pps:g} packets/s, {load.size} bytes"
    held = "momentary" if plan.fault.momentary else f"held {drill.hold_s:g} s under a lease of {drill.lease_s:g} s"
    console.print(Text(f"  {held}; {many}, {drill.before_s:g} s before and {drill.after_s:g} s after"))
    for injection in plan.fault.injections:
        console.print(Text(f"  {injection.node}: {arguments(injection)}"))
    _radius(plan.radius, console)
    _flows(plan, console)
    _bounds(plan.bounds, console)
    for why in plan.refused:
        console.print(Text.assemble(("refused: ", "bold red"), why))


def _radius(radius: Radius, console: Console) -> None:
    first, *others = impact(radius)
    console.print("\n[bold]blast radius[/]")
    console.print(Text(f"  {first}", style="yellow" if radius.pairs_lost else "green"))
    for line in others:
        console.print(Text(f"  {line}"))


def _flows(plan: DrillPlan, console: Console) -> None:
    """A line a way: how many flows of which class take it."""
    console.print()
    ways = Counter((one.kind, one.flow.source, one.flow.destination, one.via) for one in plan.flows)
    order = list(FlowClass)
    table = Grid("class", "flows", "from", "to", "predicted switches", right=("flows",), wraps=("predicted switches",))
    for (kind, source, destination, via), number in sorted(ways.items(), key=lambda way: order.index(way[0][0]))[
        :SHOWN
    ]:
        table.add(kind.value, str(number), Text(source), Text(destination), Text(", ".join(via) or "none"))
    console.print(table)
    if len(ways) > SHOWN:
        console.print(f"and {count(len(ways) - SHOWN, 'more way')}: --output json holds all")
    for kind in sorted({one.kind for one in plan.flows}, key=order.index):
        console.print(Text(f"  {kind.value}: {CLASSES[kind]}", style="dim"))


def _bounds(bounds: tuple[Bound, ...], console: Console) -> None:
    if not bounds:
        return
    console.print("\n[bold]longest loss that is expected[/]")
    for bound in bounds:
        console.print(Text.assemble(f"  {bound.kind.value}: ", (f"{ms(bound.limit_ms)} ms", "bold")))
        for what, part in bound.parts:
            console.print(Text(f"    {ms(part)} ms {what}"))
        if bound.dominating:
            console.print(Text(f"    dominated by {bound.dominating}", style="dim"))
