"""Loss of every flow of a class over time, a row a flow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from rtmctl.drill.types import FlowClass, Measured, Run
from rtmctl.show.drill.words import ms
from rtmctl.show.report.scale import Scale

MOST = 1200
"""rectangles of one drawing: a link that loses one packet in a hundred makes many windows"""
_ROW, _LEAST, _GREATEST, _QUIET = 4.0, 28.0, 120.0, 14.0
"""px: a row's height, and of all rows together"""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without packets, ms since the fault (of a control run: since the first packet)."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Row:
    flow: str
    worst_ms: float
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Strips:
    """All flows of one class in one run."""

    kind: FlowClass
    limit_ms: float | None
    rows: tuple[Row, ...]

    @property
    def worst_ms(self) -> float:
        return max((row.worst_ms for row in self.rows), default=0.0)

    @property
    def bound_ms(self) -> float | None:
        """Where the longest loss would have ended at the latest; None without a limit to draw."""
        if not self.limit_ms:
            return None
        longest = max((g for row in self.rows for g in row.gaps), key=lambda g: g.end - g.start, default=Gap(0, 0))
        return longest.start + self.limit_ms

    @property
    def height(self) -> float:
        """px; flows that lost nothing need no room of their own."""
        return min(_GREATEST, max(_LEAST, _ROW * len(self.rows))) if self.worst_ms else _QUIET


def strips(run: Run) -> tuple[Strips, ...]:
    """In the order of `FlowClass`; classes without a flow are left out."""
    return tuple(
        Strips(kind, min((m.limit_ms for m in found if m.limit_ms is not None), default=None), _rows(found, run))
        for kind in FlowClass
        if (found := [measured for measured in run.flows if measured.kind is kind])
    )


def _rows(flows: Iterable[Measured], run: Run) -> tuple[Row, ...]:
    zero = run.injected_ms or 0.0
    return tuple(
        Row(
            measured.result.flow.name,
            measured.result.worst_ms,
            tuple(Gap(w.start_ms - zero, w.start_ms - zero + w.length_ms) for w in measured.result.windows),
        )
        for measured in flows
    )


def coarseness(all_: Sequence[Strips], scale: Scale) -> float:
    """Gaps so many ms apart or closer are drawn as one, so that the drawing stays small."""
    apart = scale.length / 1000
    while sum(len(merged(row.gaps, scale, apart)) for one in all_ for row in one.rows) > MOST:
        apart *= 2
    return apart


def merged(gaps: Iterable[Gap], scale: Scale, apart: float) -> list[Gap]:
    """Those inside the scale."""
    found: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: gap.start):
        if gap.end < scale.start or gap.start > scale.end:
            continue
        if found and gap.start - found[-1].end <= apart:
            found[-1] = Gap(found[-1].start, max(found[-1].end, gap.end))
        else:
            found.append(gap)
    return found


def drawn(one: Strips, scale: Scale, top: float, apart: float) -> Iterator[str]:
    yield f'<rect class="lane" x="0" y="{top:g}" width="100%" height="{one.height:g}"/>'
    height = one.height / len(one.rows)
    for number, row in enumerate(one.rows):
        gaps = merged(row.gaps, scale, apart)
        if not gaps:
            continue
        y = f'y="{top + number * height:.4g}" height="{max(1.0, height - 0.6):.3g}"'
        boxes = "".join(f'<rect x="{scale.percent(g.start)}" width="{scale.span(g.start, g.end)}" {y}/>' for g in gaps)
        yield f'<g class="{one.kind.value}"><title>{escape(row.flow)}: {ms(row.worst_ms)} ms</title>{boxes}</g>'
    if one.bound_ms is not None and scale.holds(one.bound_ms):
        x = scale.percent(one.bound_ms)
        yield f'<line class="bound {one.kind.value}" x1="{x}" x2="{x}" y1="{top:g}" y2="{top + one.height:g}"/>'
