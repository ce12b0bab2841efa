"""Accounting for changes: a link of the audit chain at the beginning and at the end, and the chain's head on devices.

The head on the devices is what shows later that the chain's tail was cut off, or that the whole store was replaced.
"""

import asyncio
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rtmctl.base import RtmctlError
from rtmctl.change.events import Note, OnEvent
from rtmctl.change.fleet import Fleet
from rtmctl.store import AuditRow, Store, StoreError

HEAD = "audit.head"
"""note on a device: number, hash and time of the newest link; such notes need no lease"""
_ANCHOR_S = 8.0


@dataclass(frozen=True, slots=True)
class Account:
    """One deed, as each of its links tells it. `detail` in the links is JSON."""

    action: str
    """apply, rollback, drain, undrain, confirm, recover"""
    by: str
    change: str
    site: str
    devices: Collection[str]
    reason: str = ""

    def write(self, store: Store, outcome: str, at: float) -> AuditRow:
        """Raises StoreError."""
        body = {"change": self.change, "site": self.site, "outcome": outcome, "devices": sorted(self.devices)}
        return store.audit(self.by, self.action, json.dumps({**body, "reason": self.reason}), at)

    async def close(self, store: Store, outcome: str, at: float, fleet: Fleet, emit: OnEvent) -> None:
        """The last link, and the head on the devices. Never raises: what has been done is done."""
        try:
            await anchor(fleet, self.devices, self.write(store, outcome, at))
        except StoreError as error:
            emit(Note(f"the audit chain has no link for the end of {self.change}: {error.message}"))


async def anchor(fleet: Fleet, names: Iterable[str], row: AuditRow) -> None:
    """Best effort: a device that does not answer keeps the older head, which is as good a proof of what it covers."""
    head = json.dumps({"number": row.number, "hash": row.hash, "at": row.at})
    try:
        async with asyncio.timeout(_ANCHOR_S):
            await fleet.each(names, "audit", lambda device: device.set_note(HEAD, head), _ANCHOR_S)
    except (TimeoutError, RtmctlError):
        return
