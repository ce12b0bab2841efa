"""The timeline in a few lines: of each kind of event the first, and how many followed until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from rtmctl.drill.digest import telling_run
from rtmctl.drill.types import DrillReport, Moment

KINDS = {
    "fault": "fault",
    "link": "carrier",
    "daemon": "daemons",
    "bfd": "detection",
    "bgp": "withdrawal",
    "route": "new next hop",
    "vtep": "new VTEP",
    "traffic": "traffic back",
    "revert": "revert",
}
"""kinds of moments in the order in which a failure goes through a fabric, and what each is there"""
CLOCKS_MS = -10.0
"""what seems to happen so shortly before the fault follows from it: clocks of two machines differ a little"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """All moments of one kind from the fault to its revert, or the reverts themselves."""

    kind: str
    moments: tuple[Moment, ...]

    @property
    def title(self) -> str:
        return KINDS.get(self.kind, self.kind)

    @property
    def first(self) -> Moment:
        return self.moments[0]

    @property
    def last(self) -> Moment:
        return self.moments[-1]


def stretches(moments: Iterable[Moment]) -> tuple[Stretch, ...]:
    """What the network did about the fault, kind by kind; what it did after the revert is left out."""
    ordered = sorted(moments, key=lambda moment: moment.at_ms)
    reverted = min((m.at_ms for m in ordered if m.kind == "revert"), default=float("inf"))
    kept = [m for m in ordered if m.kind in ("fault", "revert") or CLOCKS_MS <= m.at_ms < reverted]
    kinds = dict.fromkeys([*KINDS, *(m.kind for m in kept)])
    return tuple(Stretch(kind, found) for kind in kinds if (found := tuple(m for m in kept if m.kind == kind)))


def print_timeline(report: DrillReport, console: Console) -> None:
    run = telling_run(report)
    found: Sequence[Stretch] = stretches(run.moments) if run else ()
    if not run or not found:
        return
    of = f" of run {run.number}" if len(report.runs) > 1 else ""
    console.print(f"\n[bold]timeline{of}[/], ms since the fault")
    wide = max(len(stretch.title) for stretch in found)
    for stretch in found:
        more = len(stretch.moments) - 1
        tail = f"; {more} more until {stretch.last.at_ms:.1f}" if more else ""
        line = f"{stretch.first.at_ms:9.1f}  {stretch.title:<{wide}}  {stretch.first.node}: {stretch.first.text}"
        console.print(Text.assemble(line, (tail, "dim")))
    console.print()
