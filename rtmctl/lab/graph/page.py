"""One HTML page: the picture, and beside it every node and cable as text that can be searched and copied."""

from html import escape

from rtmctl.fabric.types import Fabric
from rtmctl.lab.graph.elements import COLOURS, cables, nodes
from rtmctl.lab.graph.picture import svg
from rtmctl.lab.graph.style import STYLE

_SCRIPT = """
const all=[...document.querySelectorAll('.fabric .node,.fabric path')];
const near=name=>{const paths=all.filter(e=>e.dataset.a===name||e.dataset.b===name);
  const kept=new Set([name,...paths.flatMap(e=>[e.dataset.a,e.dataset.b])]);
  all.forEach(e=>{const mine=e.dataset.name?kept.has(e.dataset.name):paths.includes(e);
    e.classList.toggle('far',!!name&&!mine);e.classList.toggle('near',!!name&&paths.includes(e))})};
all.filter(e=>e.dataset.name).forEach(e=>{for(const on of['pointerenter','focus'])
  e.addEventListener(on,()=>near(e.dataset.name));
  for(const off of['pointerleave','blur'])e.addEventListener(off,()=>near(''))});
"""


def html(fabric: Fabric) -> str:
    """Nothing is loaded from elsewhere; without scripts only the highlighting is missing."""
    title = f"fabric {escape(fabric.name)}"
    lines = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}</title><style>{STYLE}</style></head>",
        f"<body><h1>{title}</h1>",
        f"<p>{_counts(fabric)}</p>",
        _key(fabric),
        f'<div class="scroll">\n{svg(fabric)}</div>',
        '<div class="lists">',
        _cable_table(fabric),
        _node_table(fabric),
        f"</div><script>{_SCRIPT}</script></body></html>\n",
    ]
    return "\n".join(lines)


def _counts(fabric: Fabric) -> str:
    found = nodes(fabric)
    counts = {kind: sum(node.kind == kind for node in found) for kind in COLOURS}
    words = [_count(number, kind) for kind, number in counts.items() if number]
    return ", ".join([*words, _count(len(cables(fabric)), "cable")])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _key(fabric: Fabric) -> str:
    used = {node.kind for node in nodes(fabric)}
    items = "".join(
        f'<li><i style="background:{colour}"></i>{kind}</li>' for kind, colour in COLOURS.items() if kind in used
    )
    return f'<ul class="key">{items}</ul>'


def _cable_table(fabric: Fabric) -> str:
    rows = [(c.a, c.a_port, c.b, c.b_port) for c in cables(fabric)]
    return _table("Cables", ("from", "port", "to", "port"), rows)


def _node_table(fabric: Fabric) -> str:
    rows = [
        (node.name, node.kind, node.rack, ", ".join(f"{key} {value}" for key, value in node.details))
        for node in nodes(fabric)
    ]
    return _table("Nodes", ("name", "kind", "rack", "details"), rows)


def _table(title: str, head: tuple[str, ...], rows: list[tuple[str, str, str, str]]) -> str:
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    rows_of = f'<table class="{head[-1]}"><tr>{heads}</tr>\n{body}</table>'
    return f'<section><h2>{title}</h2><div class="scroll">{rows_of}</div></section>'
