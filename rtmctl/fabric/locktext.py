"""The lock file's text as sections of lines, each with its place. What the lines mean is `lockfile`'s to say.

Read from libyaml's events and never composed: a lock is two levels deep, and what is deeper is refused where it begins
(libyaml's composer recurses in C and dies of a hundred thousand open braces).
"""

from dataclasses import dataclass, field

import yaml

from rtmctl.base import Finding, Position
from rtmctl.fabric.lock import FILE_NAME

REGENERATE = "restore it from git, or run `rtmctl net lock` after removing the lines in doubt"

_DEEPEST = 8
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    value: str
    where: Position


@dataclass(slots=True)
class Section:
    """`value` of a section that is one scalar, as `version: 1`; else its lines."""

    name: str
    where: Position
    value: str | None = None
    lines: list[Line] = field(default_factory=list)


def read_sections(text: str) -> tuple[list[Section], list[Finding]]:
    """The sections in the order of the file, and what in it is no lock; both as far as the text can be read."""
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if not reader.take(event):
                break
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character that YAML does not allow"
        where = Position(FILE_NAME, mark.line + 1 if mark else 1, 1)
        return reader.sections, [Finding("lock-syntax", f"not YAML: {problem}", where, REGENERATE)]
    return reader.sections, reader.doubts


class _Reader:
    """Takes one event after the other; `depth` counts the collections that are open."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.doubts: list[Finding] = []
        self.depth = 0
        self.documents = 0
        self.key: yaml.ScalarEvent | None = None

    def take(self, event: yaml.Event) -> bool:
        """False when there is no sense in reading on."""
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._doubt("lock-syntax", "not YAML: found another document", event)
                    return False
            case yaml.ScalarEvent():
                return self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                return self._open(event)
            case yaml.AliasEvent():
                self._misfit(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.depth -= 1
        return True

    def _scalar(self, event: yaml.ScalarEvent) -> bool:
        if self.depth == 0:
            self._doubt("lock-truncated", "the file holds no lock", event)
            return False
        if self.depth > 2 or (self.depth == 2 and self.sections[-1].value is not None):
            return True  # within what is refused already
        if self.key is None:
            self.key = event
        elif self.depth == 1:
            self.sections.append(Section(self.key.value, _place(event), event.value))
            self.key = None
        elif not event.value:
            self._misfit(event)
        else:
            self.sections[-1].lines.append(Line(self.key.value, event.value, _place(self.key)))
            self.key = None
        return True

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> bool:
        self.depth += 1
        mapping = isinstance(event, yaml.MappingStartEvent)
        if self.depth == 1 and not mapping:
            self._doubt("lock-truncated", "the file holds no lock", event)
            return False
        if self.depth == 2 and self.key is not None:
            # a list for a section: a value that no section can have, so that its items are passed over
            self.sections.append(Section(self.key.value, _place(self.key), None if mapping else "[]"))
            self.key = None
        elif self.depth == 3 or (self.depth == 2 and self.key is None):
            self._misfit(event)
        return self.depth < _DEEPEST

    def _misfit(self, event: yaml.Event) -> None:
        """Something else where a line is expected; a line's place is its name's."""
        section = f"{self.sections[-1].name}: " if self.depth > 1 and self.sections else ""
        self._doubt("lock-wrong-type", f"{section}expected `name: value`", self.key or event)
        self.key = None

    def _doubt(self, code: str, message: str, event: yaml.Event) -> None:
        self.doubts.append(Finding(code, message, _place(event), REGENERATE))


def _place(event: yaml.Event) -> Position:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return Position(FILE_NAME, 1, 1)
    same = end.line == start.line
    return Position(FILE_NAME, start.line + 1, start.column + 1, end.column + 1 if same else None)
