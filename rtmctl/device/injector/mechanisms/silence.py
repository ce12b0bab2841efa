"""Packets of interfaces vanish, the carrier stays.

LLDP frames that come in are still seen by lldpd, whose packet socket stands before the rules; those that go out are
lost with the rest, so it is the far end that forgets its neighbour.
"""

from __future__ import annotations

from typing import Any

from ...onboard.machine import Machine
from .. import tables
from ..mechanism import Change, Wanted

RULES = ["counter drop"]


class Silence:
    """Arguments: `interfaces`; `direction`: both, out or in, as the interface sees it."""

    name = "silence"
    summary = "packets of interfaces vanish, the carrier stays"

    def unable(self, machine: Machine) -> str | None:
        return tables.unable(machine, RULES)

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        return tables.check(machine, wanted)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return tables.owned(machine, wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return tables.load(machine, wanted, RULES)

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return tables.is_loaded(machine, wanted)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        tables.remove(machine, wanted.before)
