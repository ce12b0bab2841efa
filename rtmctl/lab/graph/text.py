"""Mermaid and DOT."""

from html import escape

from rtmctl.fabric.types import Fabric
from rtmctl.lab.graph.elements import COLOURS, cables, nodes


def mermaid(fabric: Fabric) -> str:
    """A Mermaid flowchart; names are quoted, identifiers are numbers, so any name is safe."""
    found = nodes(fabric)
    number = {node.name: f"n{index}" for index, node in enumerate(found)}
    lines = ["graph TB"]
    lines += [f'  {number[n.name]}["{escape(n.name)}<br/>{escape(n.note)}"]:::{n.kind}' for n in found]
    lines += [f'  {number[c.a]} ---|"{escape(c.a_port)} {escape(c.b_port)}"| {number[c.b]}' for c in cables(fabric)]
    used = {node.kind for node in found}
    lines += [f"  classDef {kind} fill:{COLOURS[kind]},color:#fff,stroke:none" for kind in COLOURS if kind in used]
    return "\n".join(lines) + "\n"


def dot(fabric: Fabric) -> str:
    """Graphviz, a rank a tier."""
    found = nodes(fabric)
    lines = [f"graph {_quoted(fabric.name)} {{", "  rankdir=TB;", "  node [shape=box, style=filled, fontcolor=white];"]
    for tier in sorted({node.tier for node in found}):
        lines.append("  { rank=same;")
        lines += [
            f"    {_quoted(n.name)} [label={_quoted(f'{n.name} {n.note}')}, fillcolor={_quoted(COLOURS[n.kind])}];"
            for n in found
            if n.tier == tier
        ]
        lines.append("  }")
    lines += [
        f"  {_quoted(c.a)} -- {_quoted(c.b)} [taillabel={_quoted(c.a_port)}, headlabel={_quoted(c.b_port)}];"
        for c in cables(fabric)
    ]
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
