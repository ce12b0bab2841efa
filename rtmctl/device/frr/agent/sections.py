"""Sections of a configuration: their files, their one-text form and its hash, their line-oriented texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from ...onboard.errors import AgentError

MARK = "#### rtmctl section: "
"""as in rtmctl.model.config: a configuration's hash is over its one-text form"""
FILES = {
    "frr": "etc/frr/frr.conf",
    "interfaces": "etc/network/interfaces",
    "nftables": "etc/nftables.conf",
    "sysctl": "etc/sysctl.d/90-rtmctl.conf",
    "lldpd": "etc/lldpd.d/rtmctl.conf",
    "dhcp-relay": "etc/rtmctl/dhcp-relay.conf",
}
"""section to file, in the order of the one-text form"""


def hash_of(sections: Mapping[str, str]) -> str:
    """SHA-256 as DeviceConfig.hash() computes it."""
    return hashlib.sha256("".join(f"{MARK}{n}\n{t}" for n, t in sections.items()).encode()).hexdigest()


def split_sections(text: str) -> dict[str, str]:
    """Inverse of DeviceConfig.to_text. Raises AgentError for anything that is not sections of this platform."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if line.startswith(MARK):
            name = line[len(MARK) :].strip()
            if name not in FILES or name in found:
                raise AgentError(
                    "syntax", "stage", f"section {name!r} is unknown or comes twice; known: {', '.join(FILES)}"
                )
            current = found[name] = []
        elif current is None:
            raise AgentError("syntax", "stage", f"text before the first section mark: {line.strip()[:60]!r}")
        else:
            current.append(line)
    return {name: "".join(found[name]) for name in FILES if name in found}


def normal_lines(text: str) -> str:
    """A line-oriented file without comments, blank lines and trailing space."""
    lines = (line.rstrip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.lstrip().startswith("#"))


def sysctls(text: str) -> dict[str, str]:
    """sysctl.d text as key to value, keys with dots between levels (sysctl.d(5): a `-` in front forgives)."""
    found: dict[str, str] = {}
    for line in normal_lines(text).splitlines():
        if "=" in line and not line.lstrip().startswith(";"):
            name, value = line.split("=", 1)
            found[name.strip().lstrip("-").strip()] = " ".join(value.split())
    return found


def nft_tables(text: str) -> list[str]:
    """Tables a ruleset text makes, as `family name`."""
    found = re.findall(r"^\s*(?:add\s+)?table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?([\w.-]+)", text, re.MULTILINE)
    return sorted({f"{family or 'ip'} {name}" for family, name in found})
