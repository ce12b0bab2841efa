"""Interfaces set down: the far end loses the carrier."""

from __future__ import annotations

import time
from typing import Any

from ...onboard.machine import Machine
from ..facts import read, restore
from ..interfaces import batch, by_space, find, lacks, links_of, no_interface, places_of
from ..mechanism import Change, Wanted, words_of


class LinkDown:
    """Arguments: `interfaces`."""

    name = "link-down"
    summary = "interfaces set down"

    def unable(self, machine: Machine) -> str | None:
        return lacks("ip")

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        return no_interface(machine, wanted) or self._down(machine, wanted)

    def _down(self, machine: Machine, wanted: Wanted) -> str | None:
        down = [name for name in words_of(wanted, "interfaces") if not self._up(machine, name)]
        return f"{', '.join(down)} is down already" if down else None

    def _up(self, machine: Machine, name: str) -> bool:
        place = find(machine, name)
        links = links_of(machine, place.space) if place else []
        return any(link["ifname"] == name and "UP" in link["flags"] for link in links)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return read(machine, places_of(machine, wanted))

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        places = by_space(places_of(machine, wanted))
        began = time.time_ns()
        for space, names in places.items():
            batch(machine, space, [f"link set {name} down" for name in names], "link set down")
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return not any(self._up(machine, name) for name in words_of(wanted, "interfaces"))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        restore(machine, wanted.before)
