"""A section's text as the objects it defines: what can be whole rtmctl's, or whole somebody else's.

An object is an `iface` of ifupdown2 with its `auto`, a top-level context or line of FRR, a table of nftables. The
files under sysctl.d and lldpd.d and the DHCP relay's are rtmctl's own from the first line to the last, and hold no
such objects.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rtmctl.model.config import DeviceConfig

OBJECT_SECTIONS = ("frr", "interfaces", "nftables")


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive lines of a section."""

    identity: str | None
    """of the object they belong to; None for comments, separators and actions, which are no object"""
    text: str


def pieces(section: str, text: str) -> tuple[Piece, ...]:
    """The section cut into pieces, in order; their texts joined are the section's. No pieces for other sections."""
    cut = _CUTS.get(section)
    if cut is None:
        return ()
    found: list[tuple[str | None, list[str]]] = []
    for identity, line in cut(text):
        if found and found[-1][0] == identity:
            found[-1][1].append(line)
        else:
            found.append((identity, [line]))
    return tuple(Piece(identity, "".join(f"{line}\n" for line in lines)) for identity, lines in found)


def objects(section: str, text: str) -> dict[str, str]:
    """Identity to text, in order of first appearance."""
    found: dict[str, str] = {}
    for piece in pieces(section, text):
        if piece.identity is not None:
            found[piece.identity] = found.get(piece.identity, "") + piece.text
    return found


def identities(config: DeviceConfig) -> dict[str, frozenset[str]]:
    """Section to the identities of its objects."""
    return {name: frozenset(objects(name, config.get(name))) for name in OBJECT_SECTIONS if name in config.names}


# FRR: `show running-config` has one object of each of these names, whatever else the line says

_NAMED = (
    # groups: what of the line is the key. A route map is one object with all its sequences:
    # a foreign sequence inside would change what the managed ones mean
    re.compile(r"(router \S+)(?: \d+)?((?: vrf \S+)?(?: view \S+)?)"),
    re.compile(r"(route-map \S+)()"),
    re.compile(r"((?:ip|ipv6) (?:prefix-list|access-list) \S+)()"),
    re.compile(r"((?:mac )?access-list \S+)()"),
    re.compile(r"(bgp as-path access-list \S+)()"),
    re.compile(r"(bgp (?:large-|ext)?community-list)(?: standard| expanded)?( \S+)"),
    re.compile(r"(hostname|domainname|frr defaults|(?:enable )?password|service \S+|log \S+|agentx|bfd|line vty)()"),
    re.compile(r"(username \S+)()"),
)


def frr_identity(header: str) -> str:
    """`router bgp vrf red` for `router bgp 65001 vrf red`; a line without a name of its own is its own identity."""
    words = header.removeprefix("no ")
    for pattern in _NAMED:
        if match := pattern.match(words):
            return match[1] + match[2]
    return words


def _cut_frr(text: str) -> Iterable[tuple[str | None, str]]:
    current: str | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("!"):
            yield (current if line.startswith(" ") else None), line
        elif line.startswith(" ") or stripped in ("exit", "exit-vrf"):
            yield current, line
        elif stripped == "end":
            current = None
            yield None, line
        else:
            current = frr_identity(stripped)
            yield current, line


def _cut_interfaces(text: str) -> Iterable[tuple[str | None, str]]:
    current: str | None = None
    for line in text.splitlines():
        words = line.split()
        if not words or (words[0].startswith("#") and not line[0].isspace()):
            yield None, line
        elif words[0] in ("auto", "iface") or words[0].startswith("allow-"):
            current = " ".join(words[1:2]) or None
            yield current, line
        elif not line[0].isspace():
            current = " ".join(words)
            yield current, line
        else:
            yield current, line


_TABLE = re.compile(r"(?:add |delete |destroy |flush )?table (?:(ip|ip6|inet|arp|bridge|netdev) )?([\w.-]+)")


def _cut_nftables(text: str) -> Iterable[tuple[str | None, str]]:
    current: str | None = None
    depth = 0
    for line in text.splitlines():
        stripped = " ".join(line.split())
        if depth == 0:
            if not stripped or stripped.startswith("#") or stripped == "flush ruleset":
                yield None, line
                continue
            match = _TABLE.match(stripped)
            current = f"table {match[1] or 'ip'} {match[2]}" if match else stripped
        code = re.sub(r'"[^"]*"', "", stripped.partition("#")[0])
        depth = max(0, depth + code.count("{") - code.count("}"))
        yield current, line


_CUTS: Mapping[str, Callable[[str], Iterable[tuple[str | None, str]]]] = {
    "frr": _cut_frr,
    "interfaces": _cut_interfaces,
    "nftables": _cut_nftables,
}
