"""Interfaces go down and up, again and again; the guard keeps the rhythm."""

from __future__ import annotations

from ...onboard.machine import Machine
from ..facts import restore
from ..mechanism import Wanted, number_of
from .link_down import LinkDown


class Flapping(LinkDown):
    """Arguments: `interfaces`; `down_s` and `up_s`, how long each time. Begins with down."""

    name = "flapping"
    summary = "interfaces go down and up, again and again"

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        for length in ("down_s", "up_s"):
            number_of(wanted, length, 0.05, 3600)
        return super().check(machine, wanted)

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        """Up is a part of it."""
        return True

    def first_beat_s(self, wanted: Wanted) -> float:
        return number_of(wanted, "down_s", 0.05, 3600)

    def beat(self, machine: Machine, wanted: Wanted) -> float:
        if super().is_active(machine, wanted):
            restore(machine, wanted.before)
            return number_of(wanted, "up_s", 0.05, 3600)
        self.inject(machine, wanted)
        return number_of(wanted, "down_s", 0.05, 3600)
