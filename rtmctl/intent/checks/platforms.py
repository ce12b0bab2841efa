"""Platforms that nobody renders. Not in CHECKS: which there are is known to rooms that come later."""

from collections.abc import Collection, Iterator

from rtmctl.base import Finding
from rtmctl.intent.names import suggest
from rtmctl.intent.site import KeyPath, Site


def unknown_platforms(site: Site, known: Collection[str]) -> Iterator[Finding]:
    """A finding for each platform of a switch or role that is not in `known`, once a line of the site."""
    intent = site.intent
    written: list[tuple[str | None, KeyPath]] = [
        (defaults.platform, ("roles", role, "platform")) for role, defaults in intent.roles.items()
    ]
    written += [(switch.platform, ("switches", name, "platform")) for name, switch in intent.switches.items()]
    seen = set()
    for platform, path in written:
        where = site.where(*path)
        if platform is not None and platform not in known and where not in seen:
            seen.add(where)
            yield Finding("unknown-platform", f"platform '{platform}' is not known", where, suggest(platform, known))
