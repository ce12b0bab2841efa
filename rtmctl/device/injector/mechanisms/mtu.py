"""Interfaces take smaller packets than the network needs."""

from __future__ import annotations

import time
from typing import Any

from ...onboard.machine import Machine
from ..facts import read, restore
from ..interfaces import Place, batch, by_space, lacks, links_of, no_interface, places_of
from ..mechanism import Change, Wanted, number_of


class Mtu:
    """Arguments: `interfaces`; `mtu`, bytes of an IP packet."""

    name = "mtu"
    summary = "interfaces take smaller packets"

    def unable(self, machine: Machine) -> str | None:
        return lacks("ip")

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        missing = no_interface(machine, wanted)
        if missing:
            return missing
        mtu = self._mtu(wanted)
        for place in places_of(machine, wanted):
            link = self._link(machine, place)
            if not max(68, link.get("min_mtu", 0)) <= mtu < link["mtu"]:
                return f"{place} has an MTU of {link['mtu']}, and takes none of {mtu} that were smaller"
        return None

    def _mtu(self, wanted: Wanted) -> int:
        return int(number_of(wanted, "mtu", 68, 65_535))

    def _link(self, machine: Machine, place: Place) -> dict[str, Any]:
        return next(link for link in links_of(machine, place.space) if link["ifname"] == place.name)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return read(machine, places_of(machine, wanted))

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        places = by_space(places_of(machine, wanted))
        began = time.time_ns()
        for space, names in places.items():
            batch(machine, space, [f"link set {name} mtu {self._mtu(wanted)}" for name in names], "link set mtu")
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        mtu = self._mtu(wanted)
        return all(self._link(machine, place)["mtu"] == mtu for place in places_of(machine, wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        restore(machine, wanted.before)
