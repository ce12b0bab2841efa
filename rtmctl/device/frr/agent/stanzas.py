"""ifupdown2's interfaces file as stanzas."""

from __future__ import annotations

from typing import NamedTuple

from ...onboard.errors import AgentError


class Stanza(NamedTuple):
    """One `iface` of an ifupdown2 file."""

    auto: bool
    attributes: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def stanzas(text: str) -> dict[str, Stanza]:
    """interfaces(5) text as interface to stanza. Raises AgentError on a line that is none."""
    autos: set[str] = set()
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "auto" or words[0].startswith("allow-"):
            autos.update(words[1:])
            current = None
        elif words[0] == "iface" and len(words) > 1:
            current = found.setdefault(words[1], [])
        elif words[0] in ("source", "source-directory", "vlan", "template"):
            current = None
        elif current is not None and line[0] in " \t":
            current.append((words[0], " ".join(words[1:])))
        else:
            raise AgentError("syntax", "interfaces", f"line {number}: {line.strip()!r} is no part of an iface stanza")
    return {name: Stanza(name in autos, tuple(attributes)) for name, attributes in found.items()}
