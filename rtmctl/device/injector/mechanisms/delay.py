"""Packets leave interfaces late, by netem."""

from __future__ import annotations

from typing import Any

from ...onboard.machine import Machine
from .. import tc
from ..mechanism import Change, Wanted, choice_of, number_of

KIND = "netem"
LIMIT = "100000"
"""packets that may be under way"""


class Delay:
    """Arguments: `interfaces`; `delay_ms`; `jitter_ms`, 0 when left out; `direction`: out."""

    name = "delay"
    summary = "packets leave interfaces late"

    def unable(self, machine: Machine) -> str | None:
        return tc.unable(machine, [KIND, "delay", "1ms"])

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        self._qdisc(wanted)
        if choice_of(wanted, "direction", ("out", "in", "both")) != "out":
            return "only packets that leave an interface can be delayed: direction out, at each end of the link"
        return tc.check(machine, wanted)

    def _qdisc(self, wanted: Wanted) -> list[str]:
        delay, jitter = number_of(wanted, "delay_ms", 0.01, 60_000), 0.0
        if "jitter_ms" in wanted.arguments:
            jitter = number_of(wanted, "jitter_ms", 0, delay)
        return [KIND, "limit", LIMIT, "delay", f"{delay:g}ms", *([f"{jitter:g}ms"] if jitter else [])]

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return tc.owned(machine, wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return tc.replace(machine, wanted, self._qdisc(wanted))

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return tc.is_active(machine, wanted, KIND)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        tc.restore(machine, wanted, KIND)
