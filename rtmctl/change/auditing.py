"""Accounting for changes: a link of the audit chain at the beginning and at the end, and the chain's head on devices.

The head on the devices is what shows later that the chain's tail was cut off, or that the whole store was replaced.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from rtmctl.base import RtmctlError
from rtmctl.change.anchors import anchor
from rtmctl.change.events import Note, OnEvent
from rtmctl.change.fleet import Fleet
from rtmctl.store import AuditRow, Store


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
        """Raises StoreError, or what resolving the site's audit key raises."""
        body = {"change": self.change, "site": self.site, "outcome": outcome, "devices": sorted(self.devices)}
        return store.audit(self.by, self.action, json.dumps({**body, "reason": self.reason}), at)

    async def close(self, store: Store, outcome: str, at: float, fleet: Fleet, emit: OnEvent) -> None:
        """The last link, and the head on the devices. Never raises: what has been done is done."""
        try:
            row = self.write(store, outcome, at)
            await anchor(fleet, self.devices, store.audit_chain(), row)
        except RtmctlError as error:
            emit(Note(f"the audit chain has no link for the end of {self.change}: {error.message}"))
