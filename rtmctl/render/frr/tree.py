"""frr.conf as a tree. FRR writes one blank of indentation a level; `exit`, `end` and `!` only close what that says."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_CLOSERS = frozenset({"exit", "end", "exit-vrf", "exit-vni", "exit-address-family"})


@dataclass(slots=True)
class Node:
    """A line and what stands below it; `number` counts from 1."""

    text: str
    number: int = 0
    children: list["Node"] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return self.text.split()


def read_tree(text: str) -> list[Node]:
    """Comments and closing lines are dropped.

    Raises:
        ValueError: a line is indented below nothing.
    """
    top: list[Node] = []
    path: list[Node] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith(("!", "#")) or content in _CLOSERS:
            continue
        depth = len(line) - len(line.lstrip(" "))
        if depth > len(path):
            raise ValueError(f"frr:{number}: indented below nothing: {content!r}")
        del path[depth:]
        node = Node(content, number)
        (path[-1].children if path else top).append(node)
        path.append(node)
    return top


def write_tree(top: Iterable[Node]) -> str:
    """The text as FRR spells it, closing lines included."""
    lines: list[str] = []
    previous = ""
    for node in top:
        kind = _section(node)
        if lines and (node.children or kind != previous or _is_block(node)):
            lines.append("!")
        previous = kind
        lines.append(node.text)
        if _is_block(node):
            for child in node.children:
                _write_child(child, lines, node)
            lines.append("exit-vrf" if node.text.startswith("vrf ") else "exit")
    lines += ["!", "end"]
    return "\n".join(lines) + "\n"


def _write_child(child: Node, lines: list[str], parent: Node) -> None:
    first = child.text.split(maxsplit=1)[0]
    if first == "address-family":
        lines += [" !", f" {child.text}"]
        for grandchild in child.children:
            lines.append(f"  {grandchild.text}")
            if grandchild.text.startswith("vni "):
                lines += [f"   {leaf.text}" for leaf in grandchild.children]
                lines.append("  exit-vni")
        lines.append(" exit-address-family")
    elif parent.text == "bfd":
        lines.append(f" {child.text}")
        lines += [f"  {leaf.text}" for leaf in child.children]
        lines += [" exit", " !"]
    else:
        lines.append(f" {child.text}")


def _is_block(node: Node) -> bool:
    return bool(node.children) or node.text.startswith(("vrf ", "interface ", "router ", "route-map ", "bfd"))


def _section(node: Node) -> str:
    """Lines of one section stand together without a separator."""
    words = node.words
    if words[0] in ("ip", "ipv6") and words[1:2] == ["prefix-list"]:
        return f"{words[0]} prefix-list"
    if words[0] == "bgp":
        return " ".join(words[:2])
    return words[0] if _is_block(node) else "global"
