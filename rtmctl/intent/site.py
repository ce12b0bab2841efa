"""`Site`: the validated intent together with where each value stands in the files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from rtmctl.base import Position
from rtmctl.intent.schema.site import SiteModel

KeyPath = tuple[str | int, ...]
"""('segments', 'web', 'vlan'): the way from the top of the file to a value"""


@dataclass(frozen=True, slots=True)
class Site:
    """What `load_site` returns. `intent` is pydantic's frozen model; `positions` finds a value's place again."""

    root: FilePath
    """the site's folder; the lock file stands in it"""
    intent: SiteModel
    positions: Mapping[KeyPath, Position]
    """of a scalar: itself; of a mapping or list: the key it stands behind"""
    keys: Mapping[KeyPath, Position] = field(default_factory=dict)
    """of every key; a name out of a range has the range's place"""

    @property
    def name(self) -> str:
        return self.intent.site

    def where(self, *path: str | int) -> Position | None:
        """The position of a value, or of the nearest enclosing key that was written."""
        return nearest(self.positions, path)


def nearest(positions: Mapping[KeyPath, Position], path: KeyPath) -> Position | None:
    """The position at `path`, or that of the nearest enclosing key that was written."""
    while path:
        if path in positions:
            return positions[path]
        path = path[:-1]
    return positions.get(())
