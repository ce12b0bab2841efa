"""Taking out of a site's data what the schema refused, so that the rest can be judged."""

from collections.abc import Iterable
from typing import Any

from rtmctl.base import Position
from rtmctl.intent.data import NAMED, Data
from rtmctl.intent.draft import ALL
from rtmctl.intent.site import KeyPath

LISTS = frozenset({"flows", "freeze"})
_PLACEHOLDERS: dict[str, Any] = {"site": "unnamed", "switches": {}}
"""what stands in for a required section"""


def without(
    value: dict[str, Any], data: Data, refused: Iterable[KeyPath], broken: dict[str, set[str]]
) -> dict[str, Any]:
    """A copy of `value` without what stands at the refused paths; the positions in `data` follow.

    Args:
        broken: section to the names taken out of it; added to.
    """
    value = {section: _copied(content) for section, content in value.items()}
    gone: dict[str, set[int]] = {}
    for path in refused:
        section = str(path[0])
        if len(path) == 1:
            _drop_section(value, section, broken)
        elif section in LISTS and len(path) == 2 and isinstance(path[1], int):
            gone.setdefault(section, set()).add(path[1])
        else:
            if section in NAMED and len(path) == 2:
                broken.setdefault(section, set()).add(str(path[1]))
            _drop(value, path)
    for section, numbers in gone.items():
        kept = [number for number in range(len(value[section])) if number not in numbers]
        value[section] = [value[section][number] for number in kept]
        # later entries move up, and their positions with them
        shift: dict[int, int | None] = dict.fromkeys(numbers) | {old: new for new, old in enumerate(kept)}
        data.positions = _closed_up(data.positions, section, shift)
        data.keys = _closed_up(data.keys, section, shift)
    return value


def _copied(content: Any) -> Any:
    """Two levels of copies: entries that are aliases of one another must not lose keys together."""
    if isinstance(content, dict):
        return {name: dict(entry) if isinstance(entry, dict) else entry for name, entry in content.items()}
    if isinstance(content, list):
        return [dict(entry) if isinstance(entry, dict) else entry for entry in content]
    return content


def _drop_section(value: dict[str, Any], section: str, broken: dict[str, set[str]]) -> None:
    if section in NAMED:
        broken.setdefault(section, set()).add(ALL)
    if section in _PLACEHOLDERS:
        value[section] = _PLACEHOLDERS[section]
    else:
        value.pop(section, None)


def _drop(value: Any, path: KeyPath) -> None:
    """The innermost mapping key on the path goes; a bad item takes its whole list along."""
    holder, key = value, path[0]
    for part in path:
        if isinstance(value, dict) and part in value:
            holder, key = value, part
        elif not (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            break
        value = value[part]
    holder.pop(key, None)


def _closed_up(places: dict[KeyPath, Position], section: str, shift: dict[int, int | None]) -> dict[KeyPath, Position]:
    moved: dict[KeyPath, Position] = {}
    for path, place in places.items():
        number = path[1] if len(path) > 1 and path[0] == section else None
        if not isinstance(number, int):
            moved[path] = place
        elif (now := shift[number]) is not None:
            moved[(section, now, *path[2:])] = place
    return moved
