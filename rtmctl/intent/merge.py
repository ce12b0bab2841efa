"""Several files to one: sections are joined, and a key that stands in two files is an error at both places."""

from collections.abc import Iterable

from rtmctl.base import Finding
from rtmctl.intent.compose import Mapping, Node, Scalar, Sequence
from rtmctl.intent.names import SINGULAR
from rtmctl.intent.text import quoted


def merge(roots: Iterable[Mapping]) -> tuple[Mapping | None, tuple[Finding, ...]]:
    """Mappings of one section are joined key by key, lists one after the other; nothing is overridden."""
    findings: list[Finding] = []
    merged: Mapping | None = None
    for root in roots:
        if merged is None:
            merged = Mapping(root.at, list(root.items))
            continue
        index = {key.text: number for number, (key, _) in enumerate(merged.items)}
        for key, value in root.items:
            number = index.get(key.text)
            if number is None:
                merged.items.append((key, value))
            else:
                first, had = merged.items[number]
                merged.items[number] = (first, _join(key.text, (first, had), (key, value), findings))
    return merged, tuple(findings)


def _join(section: str, first: tuple[Scalar, Node], second: tuple[Scalar, Node], findings: list[Finding]) -> Node:
    (first_key, had), (second_key, value) = first, second
    if _empty(value):
        return had
    if _empty(had):
        return value
    if isinstance(had, Sequence) and isinstance(value, Sequence):
        return Sequence(had.at, [*had.items, *value.items])
    if isinstance(had, Mapping) and isinstance(value, Mapping):
        known = {key.text: key for key, _ in had.items}
        joined = list(had.items)
        for key, item in value.items:
            if key.text in known:
                findings.append(_twice(f"{SINGULAR.get(section, section)} {quoted(key.text)}", known[key.text], key))
            else:
                joined.append((key, item))
        return Mapping(had.at, joined)
    findings.append(_twice(quoted(section), first_key, second_key))
    return had


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in ("", "~", "null")


def _twice(what: str, first: Scalar, second: Scalar) -> Finding:
    return Finding(
        "duplicate-name",
        f"{what} is defined here and at {first.at}",
        second.at,
        "keep one of the two; files are joined, none overrides another",
        also=(first.at,),
    )
