"""A partial target over what runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .frrtext import tree, untree
from .sections import sysctls
from .stanzas import stanzas

_SINGLE = re.compile(
    r"(hostname|description|bgp router-id|maximum-paths|detect-multiplier|(transmit|receive)-interval|vni|rd"
    r"|neighbor \S+ (description|remote-as|timers|password|update-source|bfd profile|peer-group)) "
)
"""lines of which a block has one: a merged one takes the place of the old one"""


def merge_trees(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of `new` over those of `old`; `no LINE` takes a line that is there away."""
    merged = dict(old)
    for line, children in new.items():
        if line.startswith("no ") and line[3:] in merged:
            del merged[line[3:]]
        else:
            single = _SINGLE.match(line)
            for other in [x for x in merged if single and x != line and x.startswith(single[0])]:
                del merged[other]
            merged[line] = merge_trees(merged.get(line, {}), children)
    return merged


def merge_stanzas(old: str, new: str) -> str:
    """An interfaces file with the stanzas of `new` in the place of those of the same name."""
    known, added = stanzas(old), stanzas(new)
    out = []
    for name, stanza in {**known, **added}.items():
        out += [f"auto {name}"] if stanza.auto else []
        kept = re.search(rf"^iface {re.escape(name)}( .*)?$", new if name in added else old, re.MULTILINE)
        out += [kept[0] if kept else f"iface {name}", *(f"    {key} {value}" for key, value in stanza.attributes)]
    return "".join(f"{line}\n" for line in out)


def _relayed(line: str) -> tuple[str, bool]:
    """Interface and IP version of a relay's line; a comment is its own."""
    return (line, False) if line.startswith("#") else (line.split(maxsplit=1)[0], ":" in line)


def merged(section: str, old: str, new: str) -> str:
    """What a section becomes when `new` is merged into it."""
    if section == "frr":
        return untree(merge_trees(tree(old), tree(new)))
    if section == "interfaces":
        return merge_stanzas(old, new)
    if section == "sysctl":
        return "".join(f"{key} = {value}\n" for key, value in {**sysctls(old), **sysctls(new)}.items())
    if section == "dhcp-relay":
        lines = {_relayed(line): line for line in (*old.splitlines(), *new.splitlines()) if line.strip()}
        return "".join(f"{line}\n" for line in lines.values())
    return old + new
