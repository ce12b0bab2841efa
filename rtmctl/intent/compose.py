"""YAML text to a tree of nodes with positions, out of libyaml's events.

Events rather than PyYAML's own composer, which recurses in C: depth, size, aliases and duplicate keys are judged
while reading, in one pass and without recursion, so that no file can make it crash or grow.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from rtmctl.base import Finding, Position
from rtmctl.intent.text import forbidden_characters, quoted

MAX_DEPTH = 32
MAX_NODES = 500_000
"""After aliases are expanded. A site of 514 switches and 2,048 hosts has about 25,000."""

MAX_DUPLICATES = 50


@dataclass(slots=True)
class Scalar:
    text: str
    plain: bool
    """written without quotes, so that it may be a number, true, false or null"""
    at: Position
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class Mapping:
    at: Position
    items: list[tuple[Scalar, "Node"]] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class Sequence:
    at: Position
    items: list["Node"] = field(default_factory=list)
    size: int = 1
    height: int = 1


Node: TypeAlias = Scalar | Mapping | Sequence


def compose(name: str, text: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """The file's one document; None when it holds nothing or cannot be read as a whole (then there are findings)."""
    bad = tuple(forbidden_characters(name, text))
    if bad:
        return None, bad
    composer = _Composer(name)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            composer.take(event)
    except _Stop as stop:
        return None, (*composer.findings, stop.finding)
    except yaml.MarkedYAMLError as error:
        return None, (*composer.findings, _syntax(name, text, error))
    return composer.root, tuple(composer.findings)


class _Stop(Exception):
    """The rest of the file cannot be read sensibly."""

    def __init__(self, code: str, message: str, where: Position, hint: str = "") -> None:
        super().__init__(message)
        self.finding = Finding(code, message, where, hint)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    node: Mapping | Sequence
    key: Scalar | None = None
    seen: dict[str, Position] = field(default_factory=dict)


class _Composer:
    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self.root: Node | None = None
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0
        self._nodes = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._start(event, Mapping(self._at(event)))
            case yaml.SequenceStartEvent():
                self._start(event, Sequence(self._at(event)))
            case yaml.CollectionEndEvent():
                self._add(self._stack.pop().node)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    hint = "put it into a file of its own below site.d/"
                    raise _Stop("multiple-documents", "a second document begins here", self._at(event), hint)

    def _at(self, event: Any) -> Position:
        start, end = event.start_mark, event.end_mark
        same_line = start.line == end.line and end.column > start.column
        return Position(self.name, start.line + 1, start.column + 1, end.column + 1 if same_line else None)

    def _scalar(self, event: Any) -> None:
        where = self._at(event)
        plain = event.implicit[0]
        if event.tag is not None and event.tag != "!":
            if event.tag != "tag:yaml.org,2002:str":
                self._unsupported(f"the tag {quoted(event.tag)}", where, "leave the tag out")
            plain = False
        node = Scalar(event.value, plain, where)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._add(node)

    def _start(self, event: Any, node: Mapping | Sequence) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _Stop("too-deep", f"more than {MAX_DEPTH} levels of nesting", node.at, "a site needs about six")
        if event.tag is not None:
            self._unsupported(f"the tag {quoted(event.tag)}", node.at, "leave the tag out")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if node.at.end_column is not None and node.at.end_column == node.at.column + 1:
            node.at = Position(node.at.file, node.at.line, node.at.column)
        self._stack.append(_Open(node))

    def _alias(self, event: Any) -> None:
        where = self._at(event)
        target = self._anchors.get(event.anchor)
        if target is None:
            raise _Stop("yaml-syntax", f"there is no anchor &{event.anchor} before this alias", where)
        if any(frame.node is target for frame in self._stack):
            raise _Stop("alias-bomb", f"the alias *{event.anchor} stands inside what it names", where)
        if len(self._stack) + target.height > MAX_DEPTH:
            raise _Stop("too-deep", f"more than {MAX_DEPTH} levels of nesting once aliases are expanded", where)
        self._add(target, where)

    def _add(self, node: Node, alias: Position | None = None) -> None:
        where = alias or node.at
        self._nodes += node.size if alias or isinstance(node, Scalar) else 1
        if self._nodes > MAX_NODES:
            hint = "an alias repeats all that it names; aliases of aliases multiply" if alias else ""
            raise _Stop(
                "alias-bomb" if alias else "too-large", f"more than {MAX_NODES:,} values from here on", where, hint
            )
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        parent = frame.node
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif frame.key is None:
            frame.key = self._key(node, where)
            return
        else:
            self._item(frame, parent, frame.key, node)
            frame.key = None
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)

    def _key(self, node: Node, where: Position) -> Scalar:
        if isinstance(node, Scalar):
            return node
        kind = "a mapping" if isinstance(node, Mapping) else "a list"
        hint = "a value that begins with { or [ belongs behind a key; a template placeholder must be filled in first"
        # {{ name }} is a mapping as the key of a mapping as a key: one mistake, shown at the outer brace
        if self.findings and self.findings[-1].code == "key-not-a-string" and self._inside(node):
            self.findings.pop()
        self.findings.append(Finding("key-not-a-string", f"{kind} stands where a key is expected", where, hint))
        return Scalar("", False, where, size=0)

    def _inside(self, node: Node) -> bool:
        last = self.findings[-1].where
        return last is not None and (last.line, last.column) == (node.at.line, node.at.column + 1)

    def _item(self, frame: _Open, parent: Mapping, key: Scalar, value: Node) -> None:
        if key.size == 0:
            return
        if key.plain and key.text == "<<":
            self._unsupported("the merge key <<", key.at, "`roles:` gives defaults to every switch of a role")
            return
        first = frame.seen.setdefault(key.text, key.at)
        if first is not key.at:
            if len(self.findings) < MAX_DUPLICATES:
                message = f"{quoted(key.text)} stands here a second time; first at line {first.line}"
                self.findings.append(Finding("duplicate-key", message, key.at, "keep one of the two", also=(first,)))
            return
        parent.items.append((key, value))

    def _unsupported(self, what: str, where: Position, hint: str) -> None:
        self.findings.append(Finding("unsupported-yaml", f"{what} is not supported", where, hint))


def _syntax(name: str, text: str, error: yaml.MarkedYAMLError) -> Finding:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "not YAML"
    if mark is None:
        return Finding("yaml-syntax", problem, Position(name, 1, 1))
    also: tuple[Position, ...] = ()
    if error.context_mark is not None and error.context_mark.line != mark.line:
        also = (Position(name, error.context_mark.line + 1, error.context_mark.column + 1),)
    message = f"{problem} ({error.context})" if error.context and error.problem else problem
    return Finding(
        "yaml-syntax", message, Position(name, mark.line + 1, mark.column + 1), _advice(text, error), also=also
    )


def _advice(text: str, error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    before = line[: (mark.column if mark else 0) + 1]
    if "\t" in before and not before.strip("\t "):
        return "indent with spaces; YAML allows no tabs there"
    said = f"{problem} {error.context or ''}"
    return next((advice for sign, advice in _ADVICE.items() if sign in said), "")


_ADVICE = {
    "mapping values are not allowed": "a value that holds ': ' needs quotes; or the line is indented too far",
    "cannot start any token": "put the value into quotes",
    "could not find expected ':'": "a key needs a colon and a space behind it",
    "did not find expected ',' or": "a bracket or brace is not closed, or a comma is missing",
    "found unexpected end of stream": "a quote is not closed",
    "block mapping": "keys of one mapping begin in the same column",
}
"""part of libyaml's message to what most likely happened"""
