"""How unfinished changes stand, read from the devices alone, and which way each must go. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rtmctl.change.notes import Decision, Manifest, Verdict
from rtmctl.device.types import DeviceStatus, TransactionState

PENDING = (TransactionState.ARMED, TransactionState.APPLIED)
"""its revert timer runs"""
UNSETTLED = (*PENDING, TransactionState.BROKEN)
"""changed, and neither confirmed nor reverted"""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one device holds."""

    status: DeviceStatus
    manifest: Manifest | None
    decision: Decision | None


class Direction(StrEnum):
    SETTLED = "settled"
    FORWARD = "forward"
    """the decision stands: every participant goes to the new state"""
    BACK = "back"


@dataclass(frozen=True, slots=True)
class OpenChange:
    """A transaction that at least one device still holds."""

    manifest: Manifest
    holdings: Mapping[str, Holding]
    """participants that answer"""
    silent: tuple[str, ...]
    """participants that do not"""
    direction: Direction

    @property
    def waits(self) -> float | None:
        """Seconds for which it still waits to be confirmed by hand; None when it does not wait, but was left behind."""
        held = [holding.status for holding in self.holdings.values()]
        if self.manifest.confirm_within_s is None or self.direction is not Direction.BACK:
            return None
        if any(s.state is not TransactionState.APPLIED or s.transaction != self.manifest.id or s.lease for s in held):
            return None
        return min((status.reverts_in_s or 0.0 for status in held), default=None)


def open_changes(holdings: Mapping[str, Holding]) -> tuple[OpenChange, ...]:
    """Group what the devices hold by transaction; those that need nothing are left out."""
    manifests: dict[str, Manifest] = {}
    for holding in holdings.values():
        transaction = holding.status.transaction
        if transaction is None:
            continue
        if holding.manifest is not None and holding.manifest.id == transaction:
            manifests.setdefault(transaction, holding.manifest)
    for name, holding in holdings.items():
        transaction = holding.status.transaction
        if transaction is not None and transaction not in manifests:  # applied past rtmctl's change: NAPALM, by hand
            manifests[transaction] = Manifest(transaction, transaction, "", "", "", ((name,),))
    found = (stands(manifest, holdings) for manifest in manifests.values())
    return tuple(sorted((one for one in found if one.direction is not Direction.SETTLED), key=lambda o: o.manifest.id))


def stands(manifest: Manifest, holdings: Mapping[str, Holding]) -> OpenChange:
    """Where one transaction stands on those of its devices that answer."""
    part = {name: holdings[name] for name in manifest.devices if name in holdings}
    silent = tuple(name for name in manifest.devices if name not in holdings)
    return OpenChange(manifest, part, silent, direction(manifest, part))


def direction(manifest: Manifest, part: Mapping[str, Holding]) -> Direction:
    """Forward when somebody is confirmed, or when everybody who answers holds the decision; else back.

    A device is confirmed only after all hold the decision, so one that answers and does not hold it proves that
    nobody is confirmed.
    """
    states = {name: h.status.state for name, h in part.items() if h.status.transaction == manifest.id}
    verdicts = {name: _verdict(manifest, holding) for name, holding in part.items()}
    confirmed = TransactionState.CONFIRMED in states.values()
    withdrawn = Verdict.REVERT in verdicts.values()
    decided = bool(part) and all(verdict is Verdict.COMMIT for verdict in verdicts.values())
    if confirmed or (decided and not withdrawn):
        done = all(state is TransactionState.CONFIRMED for state in states.values())
        return Direction.SETTLED if done else Direction.FORWARD
    waiting = (*UNSETTLED, TransactionState.STAGED)
    return Direction.BACK if any(state in waiting for state in states.values()) else Direction.SETTLED


def _verdict(manifest: Manifest, holding: Holding) -> Verdict | None:
    decision = holding.decision
    return decision.verdict if decision is not None and decision.transaction == manifest.id else None
