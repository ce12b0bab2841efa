"""FRR's text as blocks and as a tree, and what tells two texts apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NOISE = re.compile(r"^(Building configuration|Current configuration|frr version |end$|!|(no )?(ip|ipv6) forwarding$)")
"""versions, timestamps, separators; and forwarding, which FRR only mirrors: it is a sysctl"""
FORWARDING = re.compile(r"^(no )?(ip|ipv6) forwarding *\n", re.MULTILINE)
HOLLOW = re.compile(r"^(interface \S+( vrf \S+)?|vrf \S+)$")
"""blocks that say nothing when nothing is in them; FRR 8 and 10 differ in when they print one"""
_VNI = re.compile(r"^  vni \d+$")
_NEIGHBOR = re.compile(r"^( +)neighbor (\S+) ")
_PEER_GROUP = re.compile(r"^ neighbor (\S+) peer-group$")
_DIGITS = re.compile(r"(\d+)")
_GLOBAL = ("frr", "hostname", "domainname", "log", "service", "no", "debug", "agentx")


def natural(text: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part]


def rank(header: str) -> tuple[int, list[tuple[int, int, str]]]:
    return (0 if header.split(" ", 1)[0] in _GLOBAL else 1, natural(header))


def blocks(text: str) -> dict[str, list[str]]:
    """FRR text as header line to the lines under it; a header that comes twice is one block."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line or line.strip() == "!" or _NOISE.match(line):
            continue
        if line.startswith(" ") and current is not None:
            current.append(line)
        elif line in ("exit", "exit-vrf") and current is not None:
            continue
        else:
            current = found.setdefault(line, [])
    return {header: in_order(lines) for header, lines in found.items() if lines or not HOLLOW.match(header)}


def in_order(lines: list[str]) -> list[str]:
    """The lines of a block with its `vni` parts sorted, which FRR prints in the order of a hash table, and its
    neighbors by name, which it prints in the order of their making once they are in a peer group."""
    names = {match[1] for line in lines if (match := _PEER_GROUP.match(line))}
    lines = _neighbors_in_order(lines, names)
    groups: list[list[str]] = []
    for line in lines:
        if groups and _VNI.match(groups[-1][0]) and (line.startswith("   ") or line.strip() == "exit-vni"):
            groups[-1].append(line)
        else:
            groups.append([line])
    places = [index for index, group in enumerate(groups) if _VNI.match(group[0])]
    ordered = sorted((groups[index] for index in places), key=lambda group: natural(group[0]))
    for group, index in enumerate(places):
        groups[index] = ordered[group]
    return [line for group in groups for line in group]


def _neighbors_in_order(lines: list[str], groups: set[str]) -> list[str]:
    """Neighbors that stand together sorted, peer groups first; the lines of one keep their order."""
    out: list[str] = []
    run: list[tuple[bool, list[tuple[int, int, str]], str]] = []
    depth = ""
    for line in [*lines, ""]:
        match = _NEIGHBOR.match(line)
        if run and (match is None or match[1] != depth):
            out += [entry[2] for entry in sorted(run, key=lambda entry: entry[:2])]
            run = []
        if match is None:
            out.append(line)
        else:
            depth = match[1]
            run.append((match[2] not in groups, natural(match[2]), line))
    return out[:-1]


def tree(text: str) -> dict[str, Any]:
    """FRR text as nested dictionaries, line to the lines under it; `exit` lines are implied."""
    root: dict[str, Any] = {}
    for header, lines in blocks(text).items():
        path = [root, root.setdefault(header, {})]
        for line in lines:
            if not line.strip().startswith("exit"):
                depth = len(line) - len(line.lstrip(" "))
                path = [*path[: depth + 1], path[min(depth, len(path) - 1)].setdefault(line.strip(), {})]
    return root


_EXITS = {"address-family": "exit-address-family", "vni": "exit-vni", "vrf": "exit-vrf"}


def untree(node: Mapping[str, Any], depth: int = 0) -> str:
    """Inverse of `tree`."""
    out = []
    for line, children in node.items():
        out.append(f"{' ' * depth}{line}\n{untree(children, depth + 1)}")
        if children:
            out.append(" " * depth + _EXITS.get(line.split(" ", 1)[0], "exit") + "\n")
    return "".join(out)


def with_hollow_blocks(target: str, running: str) -> str:
    """The target with an empty block for each interface and VRF that only `running` has, and its forwarding lines.

    Without the first frr-reload.py tries `no interface X`, which FRR 10 refuses for an interface that exists; without
    the second it turns forwarding on or off, which is the sysctl section's business.
    """
    target = FORWARDING.sub("", target) + "".join(f"{m[0].strip()}\n" for m in FORWARDING.finditer(running))
    wanted = blocks(target)
    gone = [header for header in blocks(running) if HOLLOW.match(header) and header not in wanted]
    return target + "".join(f"{h}\n{'exit-vrf' if h.startswith('vrf') else 'exit'}\n" for h in gone)


def is_factory(frr: str) -> bool:
    """Whether the running configuration holds nothing that `vtysh -b` would have to remove."""
    return all(rank(header)[0] == 0 and not lines for header, lines in blocks(frr).items())


def flat(frr: str) -> set[str]:
    """Lines with the path that leads to them: equal sets mean the same configuration whatever the order of lines."""
    found = set()
    for header, lines in blocks(frr).items():
        path = [header]
        found.add(header)
        for line in lines:
            depth = len(line) - len(line.lstrip(" "))
            if not line.strip().startswith("exit"):
                path = [*path[:depth], line.strip()]
                found.add(" > ".join(path))
    return found


def differences(want: str, have: str) -> list[str]:
    """At most eight lines that tell two FRR texts apart."""
    wanted, had = flat(want), flat(have)
    return [f"missing: {x}" for x in sorted(wanted - had)][:4] + [f"unexpected: {x}" for x in sorted(had - wanted)][:4]
