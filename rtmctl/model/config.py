"""The configuration of one device as text in named sections, and its one-text form.

The sections of platform frr are files of a Linux switch: `frr` (frr.conf), `interfaces`
(/etc/network/interfaces, ifupdown2), `nftables`, `sysctl`, `lldpd`, `dhcp-relay`. Other platforms have one
section, `config`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

_MARK = "#### rtmctl section: "


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """Sections in a fixed order; every text ends with a newline or is empty."""

    sections: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, sections: Mapping[str, str]) -> "DeviceConfig":
        return cls(tuple(sections.items()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.sections)

    def get(self, name: str) -> str:
        """The section's text, empty when there is none."""
        return dict(self.sections).get(name, "")

    def replace(self, name: str, text: str) -> "DeviceConfig":
        return DeviceConfig(tuple((n, text if n == name else t) for n, t in self.sections))

    def to_text(self) -> str:
        """One text, each section under a mark line; `from_text` is its inverse."""
        return "".join(f"{_MARK}{name}\n{text}" for name, text in self.sections)

    @classmethod
    def from_text(cls, text: str) -> "DeviceConfig":
        """Raises ValueError when text stands before the first mark or a section comes twice."""
        sections: dict[str, list[str]] = {}
        current: list[str] | None = None
        for line in text.splitlines(keepends=True):
            if line.startswith(_MARK):
                name = line[len(_MARK) :].strip()
                if name in sections:
                    raise ValueError(f"section {name!r} comes twice")
                current = sections.setdefault(name, [])
            elif current is None:
                raise ValueError(f"text before the first section mark: {line.strip()!r}")
            else:
                current.append(line)
        return cls(tuple((name, "".join(lines)) for name, lines in sections.items()))

    def hash(self) -> str:
        """SHA-256 of the one-text form, hexadecimal."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()
