"""Past drills, the newest first, with the trend of each kind and what has got worse."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from rtmctl.drill.trend import Past, trend
from rtmctl.drill.types import FlowClass, Verdict
from rtmctl.show.drill.words import STYLES, clock, ms
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal
from rtmctl.store import DrillRow

_BARS = "▁▂▃▄▅▆▇█"
_SHOWN = (FlowClass.LOCAL, FlowClass.REMOTE)
_LAST = 16
"""drills of a kind that its trend shows"""


def show_history(rows: Sequence[DrillRow], output: Output) -> None:
    """`rows` with their reports, in any order."""
    found = trend(rows)
    if output is Output.JSON:
        for past in reversed(found):
            print(json.dumps({"version": 1, **_keys(past)}))
        return
    console = terminal()
    if not found:
        console.print("no drill of this site is known to this store; rtmctl drill list shows what can be run")
        return
    heads = [f"{kind.value} ms" for kind in _SHOWN]
    table = Grid("drill", "when (UTC)", "what", "target", "outcome", *heads, "by", right=heads)
    for past in reversed(found):
        row = past.row
        outcome = Text(row.outcome, style=STYLES[Verdict(row.outcome)] if row.outcome in list(Verdict) else "")
        worse = {one.kind for one in past.regressions}
        values = (Text(ms(past.median_ms(kind)), style="bold red" if kind in worse else "") for kind in _SHOWN)
        table.add(*map(Text, (row.id, clock(row.begun_at), row.name, row.target)), outcome, *values, Text(row.by))
    console.print(table)
    for line in _trends(found):
        console.print(line)
    for past in found:
        for regression in past.regressions:
            console.print(Text.assemble(("regression: ", "bold red"), f"{past.row.id} {past.row.name}: {regression}"))


def _trends(found: Sequence[Past]) -> list[Text]:
    """A line a kind and class that was drilled more than once; the oldest is left."""
    lines = []
    for kind in dict.fromkeys(past.kind for past in found):
        for flows in _SHOWN:
            values = [v for past in found if past.kind == kind and (v := past.median_ms(flows)) is not None][-_LAST:]
            if len(values) > 1 and max(values):
                name, _, target = kind
                said = f"{name} {target}, {flows.value}: " if target else f"{name}, {flows.value}: "
                lines.append(Text.assemble((said, "dim"), bars(values), f" {ms(values[0])} to {ms(values[-1])} ms"))
    return lines


def bars(values: Sequence[float]) -> str:
    """One character a value, as high as its share of the highest."""
    highest = max(values) or 1.0
    return "".join(_BARS[round(value / highest * (len(_BARS) - 1))] for value in values)


def _keys(past: Past) -> dict[str, object]:
    row = asdict(past.row)
    del row["report"]
    classes = [
        {
            "kind": one.kind,
            "flows": one.flows,
            "runs": len(one.worst_by_run),
            "median_ms": one.median_ms,
            "max_ms": one.max_ms,
            "limit_ms": one.limit_ms,
        }
        for one in past.classes
    ]
    return {**row, "classes": classes, "regressions": [asdict(one) for one in past.regressions]}
