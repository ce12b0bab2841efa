"""`Draft`: what the cross-checks look at, as much of a site as fits the schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rtmctl.base import Finding, Position
from rtmctl.intent.names import SINGULAR, suggest
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.schema.switches import DEFAULT_PLATFORM, Role, Switch
from rtmctl.intent.site import KeyPath, nearest

ALL = "*"
"""stands in `Draft.broken` for every name of a section that was refused as a whole; no name has a star"""


@dataclass(frozen=True, slots=True)
class Draft:
    """Entries that the schema refused are not in `intent`, but their names are in `broken`.

    So nothing that refers to them is called dangling, and nothing is called missing that is only misspelt.
    """

    intent: SiteModel
    positions: Mapping[KeyPath, Position]
    keys: Mapping[KeyPath, Position]
    broken: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """section to the names of its refused entries"""

    def where(self, *path: str | int) -> Position | None:
        return nearest(self.positions, path)

    def key(self, *path: str | int) -> Position | None:
        """The place of the key itself, else of the nearest enclosing one."""
        return self.keys.get(path) or nearest(self.positions, path)

    def lost(self, section: str) -> bool:
        """Whether the section as a whole was refused or misspelt, so that none of its names is known."""
        return ALL in self.broken.get(section, ())

    def whole(self, section: str) -> bool:
        """Whether every entry of the section was taken over."""
        return not self.broken.get(section)

    def names(self, section: str) -> frozenset[str]:
        """Every name written in the section."""
        entries: Mapping[str, object] = getattr(self.intent, section)
        return frozenset(entries) | self.broken.get(section, frozenset())

    def knows(self, section: str, name: str) -> bool:
        entries: Mapping[str, object] = getattr(self.intent, section)
        return name in entries or name in self.broken.get(section, frozenset()) or self.lost(section)

    def racks(self) -> dict[str, list[str]]:
        """Rack to the names of its leafs, in the order written."""
        racks: dict[str, list[str]] = {}
        for name, switch in self.intent.switches.items():
            if switch.role.has_hosts and switch.rack is not None:
                racks.setdefault(switch.rack, []).append(name)
        return racks

    def of_role(self, role: Role) -> dict[str, Switch]:
        return {name: switch for name, switch in self.intent.switches.items() if switch.role is role}

    def platform(self, switch: Switch) -> str:
        defaults = self.intent.roles.get(switch.role)
        return switch.platform or (defaults.platform if defaults else None) or DEFAULT_PLATFORM


def dangling(draft: Draft, section: str, name: str, *path: str | int) -> Finding | None:
    """A finding where the value at `path` names nothing in `section`."""
    if draft.knows(section, name):
        return None
    kind = SINGULAR[section]
    hint = suggest(name, draft.names(section)) or f"no {kind} is defined yet; add one under {section}:"
    return Finding("unknown-name", f"there is no {kind} '{name}'", draft.where(*path), hint)
