"""The picture: tiers of switches, a column a leaf, its servers below it, racks as frames."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from rtmctl.fabric.types import Fabric
from rtmctl.lab.graph.elements import COLOURS, HANGING, LEAFS, Cable, Node, cables, nodes

BOX = (112, 40)
COLUMN = 148
TIER = 132
SHELF = 52
"""from one server to the next below it"""
MARGIN = 24
_STYLE = """
.fabric{--line:#98a2b3;--rack:#f2f4f7;--edge:#d0d5dd;--quiet:#667085;--gone:#d92d20;font:13px system-ui,sans-serif}
@media(prefers-color-scheme:dark){.fabric{--line:#667085;--rack:#1d2430;--edge:#344054;--quiet:#98a2b3;--gone:#ff6a5e}}
.fabric path{fill:none;stroke:var(--line);stroke-width:1.5}
.fabric .rack{fill:var(--rack);stroke:var(--edge)}
.fabric .rack+text{fill:var(--quiet);font-size:11px}
.fabric .node text{fill:#fff;text-anchor:middle}
.fabric .node .note{font-size:10.5px}
.fabric .far{opacity:.15}
.fabric path.near{stroke:#d92d20;stroke-width:2.5}
.fabric path.gone{stroke:var(--gone);stroke-width:3.5;stroke-dasharray:7 5}
.fabric .gone rect{stroke:var(--gone);stroke-width:4;stroke-dasharray:7 5}
.fabric .cross{fill:var(--gone)}
.fabric .x{stroke:#fff;stroke-width:2}
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """The middle of a node's box."""

    x: float
    y: float

    @property
    def top(self) -> float:
        return self.y - BOX[1] / 2

    @property
    def bottom(self) -> float:
        return self.y + BOX[1] / 2

    @property
    def left(self) -> float:
        return self.x - BOX[0] / 2

    @property
    def right(self) -> float:
        return self.x + BOX[0] / 2


@dataclass(frozen=True, slots=True)
class Marked:
    """What a drawing marks as gone."""

    nodes: frozenset[str] = frozenset()
    ends: frozenset[tuple[str, str]] = frozenset()
    """(node, port): the cable that ends there"""

    def cable(self, wire: Cable) -> bool:
        return not self.ends.isdisjoint({(wire.a, wire.a_port), (wire.b, wire.b_port)})


NOTHING = Marked()
_GONE = ' class="gone"'


def svg(fabric: Fabric, marked: Marked = NOTHING) -> str:
    """The drawing alone, with its own style for light and dark."""
    found, wires = nodes(fabric), cables(fabric)
    places = _places(found, wires)
    width = max((p.right for p in places.values()), default=0) + MARGIN
    height = max((p.bottom for p in places.values()), default=0) + MARGIN + 18
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    title = f"{len(found)} nodes and {len(wires)} cables of fabric {escape(fabric.name)}"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" class="fabric" role="img" aria-label="{title}" {size}>']
    lines += [f"<style>{_STYLE}</style>"]
    lines += _racks(found, places)
    hanging = {node.name for node in found if node.tier == HANGING}
    for wire in wires:
        way, middle = _way(places[wire.a], places[wire.b], hangs=wire.b in hanging)
        lines += _cable(wire, way, middle, gone=marked.cable(wire))
    lines += [_node(node, places[node.name], gone=node.name in marked.nodes) for node in found]
    return "\n".join([*lines, "</svg>", ""])


def _places(found: tuple[Node, ...], wires: tuple[Cable, ...]) -> dict[str, _Place]:
    """Leafs side by side; what hangs on one or two of them below the first; spines in the middle above."""
    tiers = sorted({node.tier for node in found if node.tier < HANGING})
    rows = {tier: [node.name for node in found if node.tier == tier] for tier in tiers}
    order = {name: index for index, name in enumerate(rows[max(tiers)])} if tiers else {}
    widest = max((len(row) for row in rows.values()), default=1)
    places = {}
    for y, tier in enumerate(tiers):
        for x, name in enumerate(rows[tier]):
            column = x + (widest - len(rows[tier])) / 2
            places[name] = _Place(MARGIN + (column + 0.5) * COLUMN, MARGIN + BOX[1] / 2 + y * TIER)
    shelves = dict.fromkeys(order, 0)
    for node in (node for node in found if node.tier == HANGING):
        above = min((wire.a for wire in wires if wire.b == node.name and wire.a in order), key=order.__getitem__)
        shelves[above] += 1
        places[node.name] = _Place(places[above].x, places[above].y + 16 + shelves[above] * SHELF)
    return places


def _racks(found: tuple[Node, ...], places: Mapping[str, _Place]) -> Iterator[str]:
    leafs = [node for node in found if node.tier == LEAFS and node.rack]
    for rack in dict.fromkeys(node.rack for node in leafs):
        columns = {places[leaf.name].x for leaf in leafs if leaf.rack == rack}
        mine = [places[node.name] for node in found if node.tier >= LEAFS and places[node.name].x in columns]
        x, y = min(p.left for p in mine) - 22, min(p.top for p in mine) - 12
        width, height = max(p.right for p in mine) + 10 - x, max(p.bottom for p in mine) + 30 - y
        yield f'<rect class="rack" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10"/>'
        yield f'<text x="{x + 10:g}" y="{y + height - 10:g}">rack {escape(rack)}</text>'


def _way(a: _Place, b: _Place, *, hangs: bool) -> tuple[str, tuple[float, float]]:
    """A curve between switches; to what hangs below a leaf down beside its column, or below the leaf before.

    Returns the path, and a point in its middle.
    """
    if hangs and a.x == b.x:
        way = f"M{a.left + 8:g} {a.bottom:g}v8H{a.left - 8:g}V{b.y:g}H{b.left:g}"
        return way, (a.left - 8, (a.bottom + 8 + b.y) / 2)
    if hangs:
        way = f"M{a.left:g} {a.y:g}H{a.left - 15:g}V{b.y + 10:g}H{b.right if b.x < a.x else b.left:g}"
        return way, (a.left - 15, (a.y + b.y + 10) / 2)
    half = (a.bottom + b.top) / 2
    way = f"M{a.x:g} {a.bottom:g}C{a.x:g} {half:g} {b.x:g} {half:g} {b.x:g} {b.top:g}"
    return way, ((a.x + b.x) / 2, half)


def _cable(wire: Cable, way: str, middle: tuple[float, float], *, gone: bool) -> Iterator[str]:
    tip = escape(f"{wire.a} {wire.a_port} – {wire.b} {wire.b_port}")
    ends = f'data-a="{escape(wire.a)}" data-b="{escape(wire.b)}"'
    yield f'<path{_GONE if gone else ""} {ends} d="{way}"><title>{tip}</title></path>'
    if gone:
        x, y = middle
        yield f'<circle class="cross" cx="{x:g}" cy="{y:g}" r="9"/>'
        yield f'<path class="x" d="M{x - 4:g} {y - 4:g}l8 8m0-8l-8 8"/>'


def _node(node: Node, place: _Place, *, gone: bool) -> str:
    box = f'<rect x="{place.left:g}" y="{place.top:g}" width="{BOX[0]}" height="{BOX[1]}" rx="7"'
    name = f'<text x="{place.x:g}" y="{place.y - 2:g}">{escape(_short(node.name, 15))}</text>'
    note = f'<text class="note" x="{place.x:g}" y="{place.y + 13:g}">{escape(_short(node.note, 19))}</text>'
    tip = escape("\n".join([node.name, *(f"{key} {value}" for key, value in node.details)]))
    head = f'<g class="node{" gone" if gone else ""}" tabindex="0" data-name="{escape(node.name)}"><title>{tip}</title>'
    return f'{head}{box} fill="{COLOURS[node.kind]}"/>{name}{note}</g>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
