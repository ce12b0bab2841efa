"""A finding: one thing that is wrong (or worth knowing), where it stands, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text file; lines and columns count from 1, `end_column` is exclusive and on the same line."""

    file: str
    line: int
    column: int
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is a stable name listed in `rtmctl.base.codes` and documented under docs/errors."""

    code: str
    message: str
    where: Position | None = None
    hint: str = ""
    severity: Severity = Severity.ERROR
    also: tuple[Position, ...] = ()
    """the other places that take part: the first definition of a duplicate, the other side of a clash"""

    def sort_key(self) -> tuple[str, int, int, str]:
        if self.where is None:
            return ("", 0, 0, self.code)
        return (self.where.file, self.where.line, self.where.column, self.code)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those findings that forbid going on."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)
