"""What a file's schema refuses, as findings at the operator's own lines; the same for every kind of file."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from rtmctl.base import Finding, Position
from rtmctl.intent.compose import Node, Scalar
from rtmctl.intent.data import Data
from rtmctl.intent.files import empty
from rtmctl.intent.messages import EXPLAIN, Problem
from rtmctl.intent.names import SINGULAR
from rtmctl.intent.site import KeyPath
from rtmctl.intent.text import quoted

_M = TypeVar("_M", bound=BaseModel)

MAX_ERRORS = 5000
"""looked at in one pass"""

Error = Any
"""pydantic's ErrorDetails: type, loc, msg, input, ctx"""


@dataclass(frozen=True, slots=True)
class Kind(Generic[_M]):
    """A kind of file: its model, and what its messages call it."""

    model: type[_M]
    whole: str
    """'the site'"""
    begins: str
    """a hint of what such a file begins with"""
    empty: str = ""
    """the hint where a file holds nothing; left out: `begins`"""
    parts: str = "keys"
    """of the top level"""
    missing: Mapping[str, str] = field(default_factory=dict)
    """key of the top level that cannot be left out to what to do"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What pydantic refused in one pass over a file's data."""

    kind: Kind[Any]
    errors: tuple[Error, ...]
    misspelt: Mapping[KeyPath, str]
    """unknown keys to the absent field they most likely mean"""

    @classmethod
    def of(cls, kind: Kind[Any], refused: ValidationError, value: dict[str, Any]) -> "Refusal":
        errors = tuple(e for e in refused.errors(include_url=False)[:MAX_ERRORS] if not _follows(e))
        return cls(kind, errors, _misspelt(kind, errors, value))

    def findings(self, data: Data) -> tuple[Finding, ...]:
        return tuple(f for e in self.errors if (f := _finding(self.kind, e, data, self.misspelt)) is not None)


def not_a_mapping(kind: Kind[Any], name: str, node: Node | None, *, whole: bool = True) -> Finding:
    """The finding for a file that holds nothing, or whose top level is no mapping; `whole` as in `empty`."""
    if node is None or (isinstance(node, Scalar) and node.plain and not node.text):
        return empty(name, kind.empty or kind.begins, whole=whole)
    what = "a single value" if isinstance(node, Scalar) else "a list"
    return Finding("not-a-mapping", f"the file holds {what}", node.at, kind.begins)


def path_of(error: Error) -> KeyPath:
    loc: KeyPath = error["loc"]
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _follows(error: Error) -> bool:
    """pydantic counts only the items it took over, so a list with a bad item is also called too short."""
    return bool(error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"])


def _misspelt(kind: Kind[Any], errors: Iterable[Error], value: dict[str, Any]) -> dict[KeyPath, str]:
    found: dict[KeyPath, str] = {}
    for error in errors:
        if error["type"] == "extra_forbidden":
            path = path_of(error)
            written = _lookup(value, path[:-1])
            near = get_close_matches(str(path[-1])[:64], _fields(kind, path[:-1]), n=1, cutoff=0.6)
            if near and isinstance(written, dict) and near[0] not in written:
                found[path] = near[0]
    return found


def _finding(kind: Kind[Any], error: Error, data: Data, misspelt: Mapping[KeyPath, str]) -> Finding | None:
    path = path_of(error)
    is_key = error["loc"] != path
    if error["type"] == "missing":
        parent = path[:-1]
        if any(known == path[-1] and wrong[:-1] == parent for wrong, known in misspelt.items()):
            return None
        return _missing(kind, path, data)
    if error["type"] == "extra_forbidden":
        return _unknown_key(kind, path, data, misspelt.get(path), error["input"])
    explain: Callable[[Error, str], Problem] = EXPLAIN.get(error["type"], EXPLAIN["other"])
    problem = explain(error, "the name" if is_key else _label(kind, path))
    where = data.keys.get(path) if is_key else None
    return Finding(problem.code, problem.message, where or _nearest(data, path), problem.hint)


def _nearest(data: Data, path: KeyPath) -> Position | None:
    while path and path not in data.positions:
        path = path[:-1]
    return data.positions.get(path)


def _label(kind: Kind[Any], path: KeyPath) -> str:
    """What the message calls the value: its key, or the key of the list it stands in."""
    keys = [part for part in path if isinstance(part, str)]
    return quoted(keys[-1]) if keys else kind.whole


def _subject(kind: Kind[Any], path: KeyPath) -> str:
    """`('segments', 'web', 'vlan')`: segment 'web'."""
    if not path:
        return kind.whole
    section = str(path[0])
    if section in SINGULAR and len(path) > 1:
        name = str(path[1] + 1) if isinstance(path[1], int) else quoted(path[1])
        return f"{SINGULAR[section]} {name}"
    return ".".join(str(part) for part in path)


def _missing(kind: Kind[Any], path: KeyPath, data: Data) -> Finding:
    parent = path[:-1]
    known = ", ".join(_fields(kind, parent))
    if not parent:
        hint = kind.missing.get(str(path[-1]), kind.begins)
        return Finding("missing-key", f"{kind.whole} needs '{path[-1]}'", _nearest(data, parent), hint)
    where = data.keys.get(parent) or _nearest(data, parent)
    return Finding("missing-key", f"{_subject(kind, parent)} needs '{path[-1]}'", where, f"its keys: {known}")


def _unknown_key(kind: Kind[Any], path: KeyPath, data: Data, near: str | None, value: object) -> Finding:
    parent = path[:-1]
    fields = _fields(kind, parent)
    taken = get_close_matches(str(path[-1])[:64], fields, n=1, cutoff=0.6)
    hint = f"known here: {', '.join(fields)}"
    if near or taken:
        hint = f"did you mean '{near or taken[0]}'?"
    elif " " in str(path[-1]) and value is None:
        hint = "in braces a comma ends a value: put the text before it into quotes"
    elif not parent:
        hint = f"{kind.parts} are {', '.join(fields)}"
    message = f"{_subject(kind, parent)} has no key {quoted(path[-1])}"
    return Finding("unknown-key", message, data.keys.get(path) or _nearest(data, path), hint)


def _fields(kind: Kind[Any], path: KeyPath) -> list[str]:
    model = _model_at(kind, path)
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _model_at(kind: Kind[Any], path: KeyPath) -> type[BaseModel] | None:
    model: type[BaseModel] | None = kind.model
    for part in path:
        if model is None:
            return None
        by_key = {f.alias or name: f for name, f in model.model_fields.items()}
        if part in by_key:
            inner = _section_in(by_key[str(part)].annotation)
            if inner is None:
                return None
            model = inner
    return model


def _section_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _section_in(inner)
        if found is not None:
            return found
    return None


def _lookup(value: Any, path: KeyPath) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value
