"""A run drawn over time: loss of every flow in strips by class, and below them what the switches did about it."""

from collections.abc import Iterator
from html import escape

from rtmctl.drill.types import Moment, Run
from rtmctl.show.drill.timeline import Stretch, stretches
from rtmctl.show.drill.words import ms
from rtmctl.show.report.scale import Scale
from rtmctl.show.report.strips import Strips, coarseness, drawn, strips

WIDTH = 1080
"""px of a drawing where no page says how wide it is"""
AXIS, TITLE, LANE, GAP = 40, 18, 12, 12
"""px: height of the axis with its names, of a title above a lane, of a lane of moments; between two lanes"""
SECONDS_FROM = 2000.0
"""ms: longer drawings have their axis in seconds"""
LONGEST, BRIEF = 130, 34
"""characters of a title on a wide and on a narrow page; the table below holds all"""
STYLE = """
.timeline{--ink:#101828;--ground:#fff;--quiet:#667085;--lane:#eef1f5;--edge:#d0d5dd;--fault:#d92d20;--revert:#157f5f;
--local:#2e61c9;--remote:#b54708;--stranded:#6941c6;--spared:#d92d20;font:12px system-ui,sans-serif}
@media(prefers-color-scheme:dark){.timeline{--ink:#f2f4f7;--ground:#0f141c;--quiet:#98a2b3;--lane:#1d2430;--edge:#344054;
--fault:#ff6a5e;--revert:#4fc38a;--local:#7da4f5;--remote:#f0a35e;--stranded:#b29bf0;--spared:#ff6a5e}}
.timeline text{fill:var(--ink);paint-order:stroke;stroke:var(--ground);stroke-width:4}
.timeline .quiet{fill:var(--quiet)}.timeline .brief{display:none}
.timeline .lane{fill:var(--lane)}.timeline line{stroke:var(--edge)}.timeline tspan{font-weight:600}
.timeline .cut{stroke-width:1.5}.timeline .bound{stroke-dasharray:4 3;stroke-width:1.5}
.timeline line.fault{stroke:var(--fault)}.timeline text.fault{fill:var(--fault);font-weight:600}
.timeline line.revert{stroke:var(--revert)}.timeline text.revert{fill:var(--revert);font-weight:600}
.timeline .local{fill:var(--local);stroke:var(--local)}.timeline .remote{fill:var(--remote);stroke:var(--remote)}
.timeline .stranded{fill:var(--stranded);stroke:var(--stranded)}
.timeline .spared{fill:var(--spared);stroke:var(--spared)}
.timeline rect{stroke:none}.timeline circle{fill:var(--ink)}.timeline .from{stroke:var(--quiet);stroke-width:2}
@media(max-width:640px){.timeline .brief{display:inline}.timeline .whole{display:none}}
"""


def whole_run(run: Run) -> str:
    """From the first packet to the last; the axis counts from the fault."""
    zero = run.injected_ms or 0.0
    ends = (m.result.sent * m.result.flow.interval_ms for m in run.flows)
    scale = Scale(-zero, max(1.0, *ends, run.reverted_ms or 0.0) - zero)
    seen = tuple(sorted((m for m in run.moments if scale.holds(m.at_ms)), key=lambda moment: moment.at_ms))
    lanes = (Stretch("all moments", seen),) if seen else ()
    return _drawing(run, scale, lanes, f"loss of all flows over run {run.number}")


def closer_look(run: Run) -> str:
    """From the fault until the last flow is back; empty where nothing happened."""
    lanes = stretches(run.moments)
    before_revert = [stretch.last.at_ms for stretch in lanes if stretch.kind != "revert"]
    claimed = [one for one in strips(run) if one.limit_ms is not None]
    marks = (max(one.worst_ms, one.bound_ms or 0.0) for one in claimed)
    end = max([*before_revert, *marks], default=0.0)
    if run.injected_ms is None or end <= 0:
        return ""
    scale = Scale(-0.06 * end, 1.06 * end)
    kept = tuple(stretch for stretch in lanes if scale.holds(stretch.first.at_ms))
    return _drawing(run, scale, kept, f"from the fault to traffic back, run {run.number}")


def _drawing(run: Run, scale: Scale, lanes: tuple[Stretch, ...], label: str) -> str:
    found = strips(run)
    apart = coarseness(found, scale)
    lines: list[str] = []
    titles: list[str] = []  # drawn last, over the lines that cross them
    y = float(AXIS)
    for one in found:
        titles += _title(_said(one), y)
        lines += drawn(one, scale, y + TITLE, apart)
        y += TITLE + one.height + GAP
    for lane in lanes:
        titles += _title(_told(lane), y)
        lines += _moments(lane.moments, scale, y + TITLE)
        y += TITLE + LANE + GAP
    if run.injected_ms is not None:
        lines += _cut("fault", 0.0, scale, y)
        if run.reverted_ms is not None:
            lines += _cut("taken back", run.reverted_ms - run.injected_ms, scale, y)
    size = f'width="{WIDTH}" height="{y:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" role="img" aria-label="{escape(label)}" {size}>'
    return "\n".join([head, f"<style>{STYLE}</style>", *_axis(scale, y), *lines, *titles, "</svg>"])


def _axis(scale: Scale, height: float) -> Iterator[str]:
    for at in scale.ticks():
        x = scale.percent(at)
        yield f'<line x1="{x}" x2="{x}" y1="{AXIS - 8}" y2="{height:g}"/>'
        anchor = "start" if scale.x(at) < 5 else "end" if scale.x(at) > 95 else "middle"
        said = f"{at / 1000:g} s" if scale.end > SECONDS_FROM else f"{at:g} ms"
        aside = 0
        if not at and anchor == "middle":
            anchor, aside = "end", -4  # the fault's line stands there
        yield f'<text class="quiet" text-anchor="{anchor}" dx="{aside}" x="{x}" y="{AXIS - 12}">{said}</text>'


def _cut(what: str, at: float, scale: Scale, height: float) -> Iterator[str]:
    if not scale.holds(at):
        return
    kind, x = "fault" if what == "fault" else "revert", scale.percent(at)
    anchor = "end" if scale.x(at) > 80 else "start"
    yield f'<line class="cut {kind}" x1="{x}" x2="{x}" y1="14" y2="{height:g}"/>'
    aside = -4 if anchor == "end" else 4
    yield f'<text class="{kind}" text-anchor="{anchor}" dx="{aside}" x="{x}" y="11">{what}</text>'


def _title(said: tuple[str, str, str], y: float) -> Iterator[str]:
    """A name in bold, and after it what a wide and a narrow page say."""
    name, whole, brief = said
    for kind, text, most in (("whole", whole, LONGEST), ("brief", brief, BRIEF)):
        cut = text if len(text) <= most else f"{text[: most - 1]}…"
        yield f'<text class="{kind}" x="0" y="{y + 12:g}"><tspan>{escape(name)}</tspan> {escape(cut)}</text>'


def _said(one: Strips) -> tuple[str, str, str]:
    limit = f", bound {ms(one.limit_ms)} ms" if one.limit_ms is not None else ""
    flows = f"{len(one.rows)} flow{'' if len(one.rows) == 1 else 's'}"
    return one.kind.value, f"{flows}, worst {ms(one.worst_ms)} ms{limit}", f"{ms(one.worst_ms)} ms{limit}"


def _told(lane: Stretch) -> tuple[str, str, str]:
    first, more = lane.first, len(lane.moments) - 1
    at = f"{first.at_ms:.1f} ms"
    until = f", {more} more until {lane.last.at_ms:.1f}" if more else ""
    return lane.title, f"{at} {first.node}: {first.text}{until}", f"{at} {first.node}{f', {more} more' if more else ''}"


def _moments(moments: tuple[Moment, ...], scale: Scale, y: float) -> Iterator[str]:
    middle = y + LANE / 2
    first, last = scale.percent(moments[0].at_ms), scale.percent(moments[-1].at_ms)
    yield f'<rect class="lane" x="0" y="{y:g}" width="100%" height="{LANE}"/>'
    yield f'<line class="from" x1="{first}" x2="{last}" y1="{middle:g}" y2="{middle:g}"/>'
    for moment in moments:
        tip = escape(f"{moment.at_ms:.1f} ms {moment.node}: {moment.text}")
        yield f'<circle cx="{scale.percent(moment.at_ms)}" cy="{middle:g}" r="3.5"><title>{tip}</title></circle>'
