"""One YAML document of any kind, read as site files are: positions, all findings at once, the nearest known key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from rtmctl.base import Finding, Position
from rtmctl.intent import compose as nodes
from rtmctl.intent.data import to_data
from rtmctl.intent.files import read_one
from rtmctl.intent.refusals import Kind, Refusal, not_a_mapping
from rtmctl.intent.site import KeyPath, nearest

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document(Generic[_M]):
    """`model` is None when there are errors; positions and keys as in `Site`."""

    model: _M | None
    findings: tuple[Finding, ...]
    positions: Mapping[KeyPath, Position] = field(default_factory=dict)

    def where(self, *path: str | int) -> Position | None:
        """The position of a value, or of the nearest enclosing key that was written."""
        return nearest(self.positions, path)


def read_document(path: Path, kind: Kind[_M]) -> Document[_M]:
    """The file at `path`; what cannot be read is a finding too. Its name in positions is the path as given."""
    source, found = read_one(path)
    return Document(None, found) if source is None else read_document_text(str(path), source.text, kind)


def read_document_text(name: str, text: str, kind: Kind[_M]) -> Document[_M]:
    """As `read_document`, for a text that need not stand in a file."""
    root, composed = nodes.compose(name, text)
    if not isinstance(root, nodes.Mapping):
        return Document(None, composed or (not_a_mapping(kind, name, root),))
    data = to_data(root)
    found = (*composed, *data.findings)
    try:
        model = kind.model.model_validate(data.value)
    except ValidationError as refused:
        refusals = Refusal.of(kind, refused, data.value).findings(data)
        return Document(None, tuple(sorted((*found, *refusals), key=Finding.sort_key)), data.positions)
    return Document(None if found else model, found, data.positions)
