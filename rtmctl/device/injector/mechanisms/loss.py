"""A share of the packets of interfaces is lost, each by its own throw."""

from __future__ import annotations

from typing import Any

from ...onboard.machine import Machine
from .. import tables
from ..mechanism import Change, Wanted, number_of


def share_of(wanted: Wanted) -> str:
    """The packets that suffer, as the beginning of an nft rule."""
    return f"numgen random mod 1000000 < {round(number_of(wanted, 'percent', 0.0001, 100.0) * 10_000)}"


class Loss:
    """Arguments: `interfaces`; `percent`; `direction`: both, out or in, as the interface sees it."""

    name = "loss"
    summary = "a share of the packets of interfaces is lost"

    def unable(self, machine: Machine) -> str | None:
        return tables.unable(machine, ["numgen random mod 1000000 < 10000 counter drop"])

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        share_of(wanted)
        return tables.check(machine, wanted)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return tables.owned(machine, wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return tables.load(machine, wanted, [f"{share_of(wanted)} counter drop"])

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return tables.is_loaded(machine, wanted)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        tables.remove(machine, wanted.before)
