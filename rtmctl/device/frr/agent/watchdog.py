"""What a watchdog does: it outlives a change's maker and puts the device back when nobody confirms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ...onboard.clock import boottime, start_of
from ...onboard.errors import AgentError
from ...onboard.sessions import kill_holder, kill_session
from .device import Device
from .record import PENDING
from .undo import revert

ARMING_S = 30.0
"""how long a watchdog waits for the record it was started for"""
KILL_AFTER_S = 3.0
"""how long an expired timer waits for a change still in progress before it kills it"""
RETRY_S = 2.0
"""until the next try after something that no undo should meet: an input/output error, a damaged record"""
MEND_S = (5.0, 10.0, 20.0, 40.0, *[60.0] * 10)
"""between tries of an undo that left something, because FRR is dead or a program hangs; then it is the operator's"""


class Watchdog:
    """Waits for the deadline in the record and reverts; ends as soon as the change is decided.

    `starter` is the process that arms the change; `starter_start` tells it from a later one of that number.
    """

    def __init__(self, device: Device, transaction: str, starter: int, starter_start: int | None) -> None:
        self.device, self.transaction, self.starter, self.starter_start = device, transaction, starter, starter_start
        self.mends = iter(MEND_S)
        self.mend_at = 0.0

    def looks(self) -> Iterator[float]:
        """Looks at the record for as long as there is something to wait for; yields the seconds until the next look."""
        give_up = boottime() + ARMING_S
        while True:
            try:
                pause = self.look(give_up)
            except (AgentError, OSError, KeyError):  # a failing disk must not end the only one who would undo
                pause = RETRY_S
            if pause is None:
                return
            yield pause

    def look(self, give_up: float) -> float | None:
        """One look at the record: seconds until the next, or None when the work is done."""
        device = self.device
        with contextlib.suppress(OSError):
            device.heal("pre.json", "record.json", "lease.json")
        record = device.load("record.json")
        if record.get("transaction") != self.transaction or record["state"] == "staged":
            orphan = start_of(self.starter) != self.starter_start or self.starter_start is None
            return None if orphan or boottime() > give_up else 0.1
        if record["state"] not in PENDING:
            return self.mend(record) if record["state"] == "broken" else None
        expired = record["boot_id"] != device.boot_id() or device.now() >= record["deadline"]
        if expired or record["state"] == "armed":
            try:
                with device.lock(wait_s=KILL_AFTER_S if expired else 0):
                    self.act()
                    return 0.0
            except AgentError as failure:
                if failure.code == "busy" and expired:
                    kill_session(record)
                    kill_holder(device.lock_path())
                    return 0.05
        return min(0.5, max(0.01, float(record["deadline"]) - device.now()))

    def mend(self, record: Mapping[str, Any]) -> float | None:
        """Another try at an undo that left something, unless the operator is at it or has been."""
        if self.device.now() >= self.mend_at:
            pause = next(self.mends, None)
            if pause is None:
                return None
            with contextlib.suppress(AgentError), self.device.lock(wait_s=0):
                if self.mend_at and self.device.load("record.json") == record:
                    revert(self.device, str(record["cause"]))
            self.mend_at = self.device.now() + pause
        return 0.5

    def act(self) -> None:
        """The lock is held, so nothing is in progress: `armed` now means that whoever was at it is dead."""
        device = self.device
        record = device.load("record.json")
        if record.get("transaction") != self.transaction or record["state"] not in PENDING:
            return
        if record["state"] == "armed":
            kill_session(record)
            revert(device, record.get("cause") or f"the change stopped halfway at step {record['step']}")
        elif record["boot_id"] != device.boot_id() or device.now() >= record["deadline"]:
            revert(device, "the revert timer ran out unconfirmed")
