"""Interfaces without their addresses: a gateway that answers nobody."""

from __future__ import annotations

import time
from typing import Any

from ...onboard.machine import Machine
from ..facts import added, read, restore
from ..interfaces import Place, batch, lacks, no_interface, places_of
from ..mechanism import Change, Wanted


class AddressesRemoved:
    """Arguments: `interfaces`. Link-local addresses stay."""

    name = "addresses-removed"
    summary = "interfaces without their addresses"

    def unable(self, machine: Machine) -> str | None:
        return lacks("ip")

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        missing = no_interface(machine, wanted)
        if missing:
            return missing
        bare = [str(place) for place in places_of(machine, wanted) if not self._addresses(machine, place)]
        return f"{', '.join(bare)} has no address" if bare else None

    def _addresses(self, machine: Machine, place: Place) -> list[str]:
        """As `ip addr del` takes them; secondary ones first, which go with their primary one otherwise."""
        facts = read(machine, [place], routes=False)[f"link {place}"]["addresses"]
        return [text for text in reversed(facts) if "scope link" not in text]

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return read(machine, places_of(machine, wanted))

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        removals = []
        for place in places_of(machine, wanted):
            texts = [added("addresses", text, place.name) for text in self._addresses(machine, place)]
            removals.append((place.space, [removal(text) for text in texts]))
        began = time.time_ns()
        for space, lines in removals:
            batch(machine, space, lines, "addr del")
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return not any(self._addresses(machine, place) for place in places_of(machine, wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        restore(machine, wanted.before)


def removal(line: str) -> str:
    """Of `addr add A/L [...] dev NAME`: without the flags, which `addr del` does not take."""
    words = line.split()
    return f"addr del {' '.join(words[2:5] if words[3] == 'peer' else words[2:3])} dev {words[-1]}"
