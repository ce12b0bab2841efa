"""The tree of nodes to plain data, and where each value and key stands.

Plain scalars follow the YAML 1.2 core schema (§10.3.2): `no`, `on`, `1:30`, `2026-01-02` and MAC addresses are
text; only true and false are booleans; `010` is neither a number nor text, but a finding.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from rtmctl.base import Finding, Position
from rtmctl.intent.compose import Mapping, Node, Scalar, Sequence
from rtmctl.intent.names import SINGULAR
from rtmctl.intent.ranges import BadRange, expand
from rtmctl.intent.site import KeyPath
from rtmctl.intent.text import quoted

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"

RANGED = frozenset({"switches", "hosts"})
"""sections whose names may be ranges"""

NAMED = frozenset({"switches", "hosts", "tenants", "segments", "externals", "roles"})
"""sections of names, in which an empty entry stands for one with nothing but defaults"""

MAX_EXPANDED = 500_000
"""values after ranges are expanded"""

_INT = re.compile(r"[-+]?[0-9]{1,30}", re.ASCII)
_PADDED = re.compile(r"[-+]?0[0-9]+", re.ASCII)
_BASED = re.compile(r"0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,300}|[0-9]{1,300}(\.[0-9]{0,300})?)([eE][-+]?[0-9]{1,4})?", re.ASCII)
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}


@dataclass(slots=True)
class Data:
    """`positions` holds the place of a scalar, and for a mapping or list the place of the key it stands behind."""

    value: dict[str, Value] = field(default_factory=dict)
    positions: dict[KeyPath, Position] = field(default_factory=dict)
    keys: dict[KeyPath, Position] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def to_data(root: Mapping) -> Data:
    """Never fails: what cannot be taken over is left out and has a finding."""
    reader = _Reader()
    reader.data.positions[()] = root.at
    for key, node in root.items:
        path = (key.text,)
        reader.place(path, key, node)
        if isinstance(node, Mapping):
            reader.data.value[key.text] = reader.section(key.text, node)
        elif reader.scalar(node) is not None:
            reader.data.value[key.text] = reader.value(path, node)
    return reader.data


class _Reader:
    def __init__(self) -> None:
        self.data = Data()
        self._left = MAX_EXPANDED

    def place(self, path: KeyPath, key: Scalar, node: Node) -> None:
        self.data.keys[path] = key.at
        written = isinstance(node, Scalar) and (node.text or not node.plain)
        self.data.positions[path] = node.at if written else key.at

    def section(self, name: str, node: Mapping) -> Value:
        if name not in NAMED:
            return self.value((name,), node)
        entries: dict[str, Value] = {}
        for key, child in node.items:
            for entry in self._names(name, key):
                path = (name, entry)
                first = self.data.keys.get(path)
                if first is not None:
                    message = f"{SINGULAR[name]} {quoted(entry)} is defined here and at {first}"
                    hint = "a name in a range is a name of its own; keep one of the two"
                    self.data.findings.append(Finding("duplicate-name", message, key.at, hint, also=(first,)))
                    continue
                self._left -= child.size
                if self._left < 0:
                    message = f"more than {MAX_EXPANDED:,} values once ranges are expanded"
                    self.data.findings.append(Finding("too-large", message, key.at))
                    return entries
                self.place(path, key, child)
                value = self.value(path, child)
                entries[entry] = {} if value is None else value
        return entries

    def _names(self, section: str, key: Scalar) -> list[str]:
        if section in RANGED:
            try:
                return expand(key.text)
            except BadRange as problem:
                message = f"the range {quoted(key.text)} cannot be expanded: {problem}"
                self.data.findings.append(Finding("bad-range", message, key.at))
                return []
        return [key.text]

    def value(self, path: KeyPath, node: Node) -> Value:
        if isinstance(node, Scalar):
            return self.scalar(node)
        if isinstance(node, Sequence):
            items: list[Value] = []
            for number, child in enumerate(node.items):
                self.data.positions[(*path, number)] = child.at
                items.append(self.value((*path, number), child))
            return items
        entries: dict[str, Value] = {}
        for key, child in node.items:
            below = (*path, key.text)
            self.place(below, key, child)
            entries[key.text] = self.value(below, child)
        return entries

    def scalar(self, node: Node) -> Value:
        if not isinstance(node, Scalar) or not node.plain:
            return node.text if isinstance(node, Scalar) else []
        text = node.text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in "+-.0123456789":
            return text
        if _PADDED.fullmatch(text):
            message = f"{quoted(text)} with a leading zero is octal to some readers of YAML and decimal to others"
            hint = f'write {int(text[:40])} for the number, or "{quoted(text)[1:-1]}" in quotes for the text'
            self._once(Finding("bad-value", message, node.at, hint))
        return _number(text)

    def _once(self, finding: Finding) -> None:
        if finding not in self.data.findings:
            self.data.findings.append(finding)


_READERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (_INT, int),
    (_BASED, lambda text: int(text, 0)),
    (_FLOAT, float),
)


def _number(text: str) -> int | float | str:
    for pattern, read in _READERS:
        if pattern.fullmatch(text):
            return read(text)
    return text
