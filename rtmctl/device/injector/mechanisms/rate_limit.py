"""Interfaces send no faster than they are told, by tbf."""

from __future__ import annotations

from typing import Any

from ...onboard.machine import Machine
from .. import tc
from ..mechanism import Change, Wanted, number_of

KIND = "tbf"
LATENCY = "50ms"
"""longest wait in its queue; what comes faster is dropped"""


class RateLimit:
    """Arguments: `interfaces`; `mbit`, per second, of what leaves them."""

    name = "rate-limit"
    summary = "interfaces send no faster than they are told"

    def unable(self, machine: Machine) -> str | None:
        return tc.unable(machine, [KIND, "rate", "10mbit", "burst", "16kb", "latency", LATENCY])

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        self._qdisc(wanted)
        return tc.check(machine, wanted)

    def _qdisc(self, wanted: Wanted) -> list[str]:
        """The burst holds one tick of the slowest timer (1/100 s), and a jumbo frame: tc-tbf(8)."""
        rate = round(number_of(wanted, "mbit", 0.01, 1_000_000) * 1_000_000)
        return [KIND, "rate", f"{rate}bit", "burst", str(max(16_384, rate // 8 // 100)), "latency", LATENCY]

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return tc.owned(machine, wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return tc.replace(machine, wanted, self._qdisc(wanted))

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return tc.is_active(machine, wanted, KIND)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        tc.restore(machine, wanted, KIND)
