"""`Draft`: what the cross-checks look at, as much of a site as fits the schema."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from rtmctl.base import Finding, Position
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.schema.switches import DEFAULT_PLATFORM, Role, Switch
from rtmctl.intent.site import KeyPath, nearest

SINGULAR = {
    "switches": "switch",
    "hosts": "host",
    "tenants": "tenant",
    "segments": "segment",
    "externals": "external",
    "roles": "role",
    "flows": "flow",
    "freeze": "freeze window",
}


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

    def whole(self, section: str) -> bool:
        """Whether every entry of the section was taken over."""
        return not self.broken.get(section)

    def names(self, section: str) -> frozenset[str]:
        """Every name written in the section."""
        entries: Mapping[str, object] = getattr(self.intent, section)
        return frozenset(entries) | self.broken.get(section, frozenset())

    def knows(self, section: str, name: str) -> bool:
        entries: Mapping[str, object] = getattr(self.intent, section)
        return name in entries or name in self.broken.get(section, frozenset())

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


def suggest(name: str, known: Iterable[str], limit: int = 12) -> str:
    """A hint: the nearest known name, or the list of known ones where it is short."""
    known = sorted(known)
    near = get_close_matches(name, known, n=1, cutoff=0.6) if len(name) <= 64 else []
    if near:
        return f"did you mean '{near[0]}'?"
    if not known:
        return ""
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return f"known: {', '.join(known[:limit])}{more}"


def dangling(draft: Draft, section: str, name: str, *path: str | int) -> Finding | None:
    """A finding where the value at `path` names nothing in `section`."""
    if draft.knows(section, name):
        return None
    kind = SINGULAR[section]
    hint = suggest(name, draft.names(section)) or f"no {kind} is defined yet; add one under {section}:"
    return Finding("unknown-name", f"there is no {kind} '{name}'", draft.where(*path), hint)
