"""What sections and their entries are called, and which known name was most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches

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
