"""Plain data against the schema: pydantic's verdict turned into findings at the operator's own lines."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from rtmctl.base import Finding, Position
from rtmctl.intent.data import NAMED, Data
from rtmctl.intent.draft import ALL, Draft
from rtmctl.intent.messages import EXPLAIN, Problem
from rtmctl.intent.names import SINGULAR
from rtmctl.intent.prune import LISTS, without
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.site import KeyPath
from rtmctl.intent.text import quoted

MAX_ERRORS = 5000
"""looked at in one pass"""

MAX_PASSES = 4
"""a refused entry may hide another mistake of its own, hardly ever more"""


def validate(data: Data) -> tuple[Draft | None, tuple[Finding, ...]]:
    """As much of the site as fits the schema, and a finding for all that does not.

    Each entry that is refused is taken out and the rest judged again, so that one mistake hides no other.
    """
    value: dict[str, Any] = data.value
    findings: list[Finding] = []
    broken: dict[str, set[str]] = {}
    for _ in range(MAX_PASSES):
        try:
            intent = SiteModel.model_validate(value)
        except ValidationError as refused:
            errors = [e for e in refused.errors(include_url=False)[:MAX_ERRORS] if not _follows(e)]
            misspelt = _misspelt(errors, value)
            findings.extend(f for e in errors if (f := _finding(e, data, misspelt)) is not None)
            for path, near in misspelt.items():
                if len(path) == 1 and near in NAMED:
                    broken.setdefault(near, set()).add(ALL)
            value = without(value, data, {_unit(e, misspelt) for e in errors}, broken)
            continue
        names = {section: frozenset(refused) for section, refused in broken.items()}
        return Draft(intent, data.positions, data.keys, names), tuple(findings)
    return None, tuple(findings)


Error = Any
"""pydantic's ErrorDetails: type, loc, msg, input, ctx"""


def _follows(error: Error) -> bool:
    """pydantic counts only the items it took over, so a list with a bad item is also called too short."""
    return bool(error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"])


def _path(error: Error) -> KeyPath:
    loc: KeyPath = error["loc"]
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _misspelt(errors: list[Error], value: dict[str, Any]) -> dict[KeyPath, str]:
    """Unknown keys to the absent field they most likely mean."""
    found: dict[KeyPath, str] = {}
    for error in errors:
        if error["type"] == "extra_forbidden":
            path = _path(error)
            written = _lookup(value, path[:-1])
            near = get_close_matches(str(path[-1])[:64], _fields(path[:-1]), n=1, cutoff=0.6)
            if near and isinstance(written, dict) and near[0] not in written:
                found[path] = near[0]
    return found


def _finding(error: Error, data: Data, misspelt: dict[KeyPath, str]) -> Finding | None:
    path = _path(error)
    is_key = error["loc"] != path
    if error["type"] == "missing":
        parent = path[:-1]
        if any(known == path[-1] and wrong[:-1] == parent for wrong, known in misspelt.items()):
            return None
        return _missing(path, data)
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, data, misspelt.get(path), error["input"])
    explain: Callable[[Error, str], Problem] = EXPLAIN.get(error["type"], EXPLAIN["other"])
    problem = explain(error, "the name" if is_key else _label(path))
    where = data.keys.get(path) if is_key else None
    return Finding(problem.code, problem.message, where or _nearest(data, path), problem.hint)


def _nearest(data: Data, path: KeyPath) -> Position | None:
    while path and path not in data.positions:
        path = path[:-1]
    return data.positions.get(path)


def _label(path: KeyPath) -> str:
    """What the message calls the value: its key, or the key of the list it stands in."""
    keys = [part for part in path if isinstance(part, str)]
    return quoted(keys[-1]) if keys else "the site"


def subject(path: KeyPath) -> str:
    """`('segments', 'web', 'vlan')`: segment 'web'."""
    if not path:
        return "the site"
    section = str(path[0])
    if section in SINGULAR and len(path) > 1:
        name = str(path[1] + 1) if isinstance(path[1], int) else quoted(path[1])
        return f"{SINGULAR[section]} {name}"
    return ".".join(str(part) for part in path)


def _missing(path: KeyPath, data: Data) -> Finding:
    parent = path[:-1]
    known = ", ".join(_fields(parent))
    if not parent:
        hint = {"site": "begin with a line `site: NAME`", "switches": "add spines and leafs under `switches:`"}
        return Finding("missing-key", f"the site needs '{path[-1]}'", _nearest(data, parent), hint[str(path[-1])])
    where = data.keys.get(parent) or _nearest(data, parent)
    return Finding("missing-key", f"{subject(parent)} needs '{path[-1]}'", where, f"its keys: {known}")


def _unknown_key(path: KeyPath, data: Data, near: str | None, value: object) -> Finding:
    parent = path[:-1]
    fields = _fields(parent)
    taken = get_close_matches(str(path[-1])[:64], fields, n=1, cutoff=0.6)
    hint = f"known here: {', '.join(fields)}"
    if near or taken:
        hint = f"did you mean '{near or taken[0]}'?"
    elif " " in str(path[-1]) and value is None:
        hint = "in braces a comma ends a value: put the text before it into quotes"
    elif not parent:
        hint = f"sections are {', '.join(fields)}"
    message = f"{subject(parent)} has no key {quoted(path[-1])}"
    return Finding("unknown-key", message, data.keys.get(path) or _nearest(data, path), hint)


def _fields(path: KeyPath) -> list[str]:
    model = _model_at(path)
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _model_at(path: KeyPath) -> type[BaseModel] | None:
    model: type[BaseModel] | None = SiteModel
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


def _unit(error: Error, misspelt: dict[KeyPath, str]) -> KeyPath:
    """What must go for the rest to be judged: a stray key alone, else the whole entry it spoils."""
    path = _path(error)
    if error["type"] == "extra_forbidden" and path not in misspelt:
        return path
    if path and (path[0] in NAMED or path[0] in LISTS):
        return path[:2]
    return path
