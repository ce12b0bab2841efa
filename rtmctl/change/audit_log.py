"""Reading the audit log: its entries as a person asks for them, and whether it is whole."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rtmctl.base import Exit, Finding, Severity
from rtmctl.base.findings import errors
from rtmctl.change.anchors import read_anchors
from rtmctl.change.fleet import Connect
from rtmctl.store import AuditRow, Store, prove_chain

_CHANGES = 10_000
"""of the history that are compared with the log"""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry, its detail taken apart; what cannot be read is empty."""

    number: int
    at: float
    by: str
    action: str
    site: str
    change: str
    outcome: str
    devices: tuple[str, ...]
    reason: str
    hash: str
    key: str
    """the signer's public key"""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    since: float | None = None
    """seconds since the epoch"""
    device: str = ""
    who: str = ""
    """a part of the operator's name"""

    def takes(self, entry: AuditEntry) -> bool:
        return (
            (self.since is None or entry.at >= self.since)
            and (not self.device or self.device in entry.devices)
            and self.who in entry.by
        )


def entries_of(rows: Iterable[AuditRow]) -> tuple[AuditEntry, ...]:
    """In the order of the log."""
    return tuple(_entry(row) for row in rows)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `audit verify` found."""

    faults: tuple[Finding, ...]
    entries: int
    anchors: int
    """heads on devices that the log was compared with"""
    others: tuple[str, ...]
    """whose other logs have heads on the devices; those are for their own stores to verify"""
    unread: Mapping[str, str]
    """devices whose notes were not read, with the reason"""
    listed: bool
    """the site lists the keys that may sign"""
    offline: bool

    @property
    def exit(self) -> Exit:
        if errors(self.faults):
            return Exit.VERIFICATION_FAILED
        blind = self.unread and not self.anchors and not self.offline
        return Exit.INCONCLUSIVE if blind else Exit.DONE


async def verify_log(
    store: Store,
    site: str,
    names: Collection[str],
    connect: Connect | None,
    *,
    keys: Collection[str] = (),
    head: str | None = None,
    offline: bool = False,
    why_not: str = "--offline",
) -> AuditReport:
    """Recompute the chain and its signatures, and compare it with its heads on the devices.

    Args:
        names: the devices to ask.
        connect: None where there is no way to them, for the reason `why_not`.
        offline: that is as wanted; else a verdict without them is inconclusive.
        keys: public keys that may sign; none: this store's own alone.
        head: a hash kept elsewhere.
    """
    own = store.own_key
    rows = store.audit_log()
    anchors, unread = await read_anchors(connect, names) if connect is not None else ((), dict.fromkeys(names, why_not))
    trusted = set(keys) or ({own} if own else set())
    report = prove_chain(rows, trusted=trusted, own=own, anchors=anchors, head=head)
    return AuditReport(
        faults=(*report.faults, *_unaccounted(store, site, entries_of(rows))),
        entries=report.entries,
        anchors=report.anchors,
        others=report.others,
        unread=unread,
        listed=bool(keys),
        offline=offline,
    )


def _unaccounted(store: Store, site: str, entries: Iterable[AuditEntry]) -> Iterable[Finding]:
    known = {entry.change for entry in entries}
    for row in store.changes(site, _CHANGES, plans=False):
        if row.id not in known:
            yield Finding(
                "audit-change-missing",
                f"change {row.id} ({row.kind} by {row.by}) is in the history, and no entry of it in the log",
                severity=Severity.WARNING,
            )


def _entry(row: AuditRow) -> AuditEntry:
    try:
        detail = json.loads(row.detail)
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        detail = {}
    devices = detail.get("devices")
    site, change, outcome, reason = (str(detail.get(key, "")) for key in ("site", "change", "outcome", "reason"))
    return AuditEntry(
        number=row.number,
        at=row.at,
        by=row.by,
        action=row.action,
        site=site,
        change=change,
        outcome=outcome,
        devices=tuple(map(str, devices)) if isinstance(devices, list) else (),
        reason=reason,
        hash=row.hash,
        key=row.key or "",
    )
