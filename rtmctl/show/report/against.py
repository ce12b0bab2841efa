"""Runs against their bound: what the bound is made of as a bar, and below it, to the same scale, a dot a run."""

from collections.abc import Iterator
from html import escape

from rtmctl.drill.digest import ClassDigest, by_class
from rtmctl.drill.types import DrillReport
from rtmctl.show.drill.words import ms
from rtmctl.show.report.scale import Scale
from rtmctl.show.report.timeline import WIDTH

TITLE, BAR, DOTS, GAP, AXIS = 18, 14, 20, 14, 22
"""px: heights of a title, a bar of parts, a row of dots, the space between classes, the axis below"""
SHADES = 4
STYLE = """
.against{--ink:#101828;--quiet:#667085;--edge:#d0d5dd;--over:#d92d20;--median:#101828;
--p0:#2e61c9;--p1:#6f97e8;--p2:#a9c1f2;--p3:#d5e0f8;--dot:#157f5f;font:12px system-ui,sans-serif}
@media(prefers-color-scheme:dark){.against{--ink:#f2f4f7;--quiet:#98a2b3;--edge:#344054;--over:#ff6a5e;
--median:#f2f4f7;--p0:#3f73dd;--p1:#3358a3;--p2:#2b4374;--p3:#253251;--dot:#4fc38a}}
.against text{fill:var(--ink)}.against .quiet{fill:var(--quiet)}.against line{stroke:var(--edge)}
.against tspan{font-weight:600}.against .median{stroke:var(--median);stroke-width:2}
.against .bound{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:4 3}
.against circle{fill:var(--dot);fill-opacity:.75}.against .over{fill:var(--over)}
.against .control{fill:none;stroke:var(--quiet);stroke-width:1.5}
.against .p0{fill:var(--p0)}.against .p1{fill:var(--p1)}.against .p2{fill:var(--p2)}.against .p3{fill:var(--p3)}
"""


def against(report: DrillReport) -> str:
    """Classes that lost something, or were expected to; empty where there is none."""
    shown = [digest for digest in by_class(report) if digest.worst_by_run and (digest.max_ms or digest.limit_ms)]
    if not shown:
        return ""
    scale = Scale(0.0, 1.05 * max(max(digest.max_ms, digest.limit_ms or 0.0) for digest in shown))
    lines: list[str] = []
    y = 0.0
    for digest in shown:
        lines += _class(digest, scale, y)
        y += TITLE + BAR + DOTS + GAP
    label = "the longest loss of each run beside its bound, by class of flows"
    size = f'width="{WIDTH}" height="{y + AXIS:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="against" role="img" aria-label="{label}" {size}>'
    return "\n".join([head, f"<style>{STYLE}</style>", *lines, *_axis(scale, y), "</svg>"])


def _class(digest: ClassDigest, scale: Scale, y: float) -> Iterator[str]:
    limit = f" of {ms(digest.limit_ms)}" if digest.limit_ms is not None else ""
    middle = f", median {ms(digest.median_ms)}" if len(digest.worst_by_run) > 1 else ""
    said = f"worst {ms(digest.max_ms)}{limit} ms{middle}"
    yield f'<text x="0" y="{y + 12:g}"><tspan>{digest.kind.value}</tspan> {said}</text>'
    start, top = 0.0, y + TITLE
    for number, (what, part) in enumerate(digest.bound.parts if digest.bound else ()):
        box = f'x="{scale.percent(start)}" y="{top:g}" width="{scale.span(start, start + part)}" height="{BAR}"'
        yield f'<rect class="p{number % SHADES}" {box}><title>{escape(what)}: {ms(part)} ms</title></rect>'
        start += part
    dots = top + BAR + DOTS / 2
    if digest.limit_ms is not None:
        yield _line("bound", scale.percent(digest.limit_ms), top, top + BAR + DOTS)
    if len(digest.worst_by_run) > 1:
        yield _line("median", scale.percent(digest.median_ms), dots - 8, dots + 8)
    if digest.noise_ms is not None:
        yield _dot("control", scale.percent(digest.noise_ms), dots, f"control run: {ms(digest.noise_ms)} ms")
    for worst in digest.worst_by_run:
        over = "over" if digest.limit_ms is not None and worst > digest.limit_ms else "run"
        yield _dot(over, scale.percent(worst), dots, f"{ms(worst)} ms")


def _line(kind: str, x: str, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top:g}" y2="{bottom:g}"/>'


def _dot(kind: str, x: str, y: float, tip: str) -> str:
    return f'<circle class="{kind}" cx="{x}" cy="{y:g}" r="5"><title>{tip}</title></circle>'


def _axis(scale: Scale, y: float) -> Iterator[str]:
    for at in scale.ticks():
        x = scale.percent(at)
        yield _line("tick", x, y, y + 5)
        anchor = "middle" if at else "start"
        yield f'<text class="quiet" text-anchor="{anchor}" x="{x}" y="{y + 18:g}">{at:g}</text>'
