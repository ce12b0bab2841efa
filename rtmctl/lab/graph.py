"""A fabric drawn: Mermaid, DOT, and a picture in one HTML file that needs nothing else. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape

from rtmctl.base import PermanentError
from rtmctl.fabric.types import Fabric, Role

_COLUMN, _ROW, _BOX = 150, 130, (116, 40)
_COLOURS = {"super-spine": "#6b4fbb", "spine": "#3b6fd4", "leaf": "#1d8a6b", "border": "#b3631d", "host": "#667085"}


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    kind: str
    row: int
    note: str


@dataclass(frozen=True, slots=True)
class _Edge:
    a: str
    a_port: str
    b: str
    b_port: str


_ROWS = {Role.SUPER_SPINE: 0, Role.SPINE: 1, Role.LEAF: 2, Role.BORDER: 2}


def _nodes(fabric: Fabric) -> list[_Node]:
    switches = [_Node(d.name, d.role.value, _ROWS[d.role], f"AS {d.asn}") for d in fabric.devices]
    hosts = [
        _Node(h.name, "host", 3, str(h.addresses[0].interface.ip) if h.addresses else h.role) for h in fabric.hosts
    ]
    peers = [_Node(e.name, "host", 3, f"AS {e.asn}") for e in fabric.externals]
    return [*switches, *hosts, *peers]


def _edges(fabric: Fabric) -> list[_Edge]:
    links = [_Edge(x.a.device, x.a.port, x.b.device, x.b.port) for x in fabric.links]
    cables = [_Edge(c.leaf, c.port, h.name, c.nic) for h in fabric.hosts for c in h.links]
    borders = [_Edge(e.border, e.port, e.name, "eth0") for e in fabric.externals]
    return [*links, *cables, *borders]


def mermaid(fabric: Fabric) -> str:
    """A Mermaid flowchart; names are quoted, identifiers are numbers, so any name is safe."""
    nodes = _nodes(fabric)
    number = {node.name: f"n{index}" for index, node in enumerate(nodes)}
    lines = ["graph TB"]
    lines += [f'  {number[n.name]}["{_plain(n.name)}<br/>{_plain(n.note)}"]:::{n.kind}' for n in nodes]
    lines += [f'  {number[e.a]} ---|"{_plain(e.a_port)} {_plain(e.b_port)}"| {number[e.b]}' for e in _edges(fabric)]
    lines += [f"  classDef {kind} fill:{colour},color:#fff,stroke:none" for kind, colour in _COLOURS.items()]
    return "\n".join(lines) + "\n"


def dot(fabric: Fabric) -> str:
    """Graphviz, a rank a tier."""
    nodes = _nodes(fabric)
    lines = [f"graph {_quoted(fabric.name)} {{", "  rankdir=TB;", "  node [shape=box, style=filled, fontcolor=white];"]
    for row in sorted({n.row for n in nodes}):
        lines.append("  { rank=same;")
        lines += [
            f"    {_quoted(n.name)} [label={_quoted(f'{n.name} {n.note}')}, fillcolor={_quoted(_COLOURS[n.kind])}];"
            for n in nodes
            if n.row == row
        ]
        lines.append("  }")
    lines += [
        f"  {_quoted(e.a)} -- {_quoted(e.b)} [taillabel={_quoted(e.a_port)}, headlabel={_quoted(e.b_port)}];"
        for e in _edges(fabric)
    ]
    return "\n".join([*lines, "}", ""])


def html(fabric: Fabric) -> str:
    """One file with the drawing as SVG; a cable's ports are shown when the pointer rests on it."""
    title = escape(f"fabric {fabric.name}")
    style = "body{font:14px sans-serif;margin:2em}line{stroke:#98a2b3;stroke-width:2}line:hover{stroke:#d92d20}"
    style += "text{fill:#fff;text-anchor:middle;font:13px sans-serif}.note{font-size:11px;opacity:.85}"
    head = f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    return f"{head}<style>{style}</style></head>\n<body><h1>{title}</h1>\n{svg(fabric)}</body></html>\n"


def svg(fabric: Fabric) -> str:
    """The drawing alone: a row a tier, each row centred."""
    nodes = _nodes(fabric)
    rows = [[n for n in nodes if n.row == row] for row in sorted({n.row for n in nodes})]
    widest = max((len(row) for row in rows), default=1)
    place = {
        node.name: (int((widest - len(row)) * _COLUMN / 2 + column * _COLUMN + _COLUMN / 2), y * _ROW + 50)
        for y, row in enumerate(rows)
        for column, node in enumerate(row)
    }
    size = f'width="{widest * _COLUMN}" height="{len(rows) * _ROW}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>']
    lines += [_line(edge, place) for edge in _edges(fabric)]
    lines += [_box(node, *place[node.name]) for node in nodes]
    return "\n".join([*lines, "</svg>", ""])


def _line(edge: _Edge, place: Mapping[str, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = place[edge.a], place[edge.b]
    tip = escape(f"{edge.a} {edge.a_port} – {edge.b} {edge.b_port}")
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"><title>{tip}</title></line>'


def _box(node: _Node, x: int, y: int) -> str:
    width, height = _BOX
    place = f'x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}"'
    box = f'<rect {place} rx="6" fill="{_COLOURS[node.kind]}"/>'
    name = f'<text x="{x}" y="{y - 3}">{escape(node.name)}</text>'
    return f'{box}{name}<text class="note" x="{x}" y="{y + 13}">{escape(node.note)}</text>'


def _plain(text: str) -> str:
    return escape(text, quote=True)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


FORMATS: Mapping[str, Callable[[Fabric], str]] = {"mermaid": mermaid, "dot": dot, "html": html}
"""All formats of `lab graph`."""


def draw(fabric: Fabric, form: str) -> str:
    """Raises PermanentError naming the known formats."""
    if form not in FORMATS:
        raise PermanentError(f"no graph format {form!r}", hint=f"known formats: {', '.join(_names(FORMATS))}")
    return FORMATS[form](fabric)


def _names(formats: Iterable[str]) -> list[str]:
    return sorted(formats)
