"""What the store keeps, as frozen rows. Times are seconds since the epoch, UTC."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change in the history. `plan` is its JSON, without any secret."""

    id: str
    site: str
    kind: str
    """apply, rollback, drain …"""
    by: str
    reason: str
    begun_at: float
    ended_at: float | None
    outcome: str
    message: str
    plan: str
    undoes: str | None = None
    """the change whose old state this one brings back"""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One write-ahead entry: written and synced before what it names is done."""

    change: str
    sequence: int
    at: float
    kind: str
    device: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class DrainRow:
    site: str
    device: str
    by: str
    reason: str
    since: float
    until: float | None
    """None: until undrained"""

    def active(self, now: float) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Where a device stood in a change when it was last asked."""

    change: str
    device: str
    standing: str
    """`as before`, `new, confirmed`, `new, its revert timer runs` or `unknown`"""
    reason: str
    seen_at: float


@dataclass(frozen=True, slots=True)
class DrillRow:
    """One drill in the history. `report` is its JSON; empty until it has ended."""

    id: str
    site: str
    name: str
    fault: str
    target: str
    by: str
    reason: str
    begun_at: float
    ended_at: float | None
    outcome: str
    """its verdict, or `running`"""
    message: str
    report: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One link of the hash chain; `hash` covers every other field but the signature, and `previous` the link before."""

    number: int
    at: float
    by: str
    action: str
    detail: str
    previous: str
    hash: str
    signature: str | None = None
    """Ed25519 over `hash`, base64; None in links from before there were signatures"""
    key: str | None = None
    """the signer's public key, `ssh-ed25519 AAAA…`; covered by the hash"""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a chain as it was noted outside the store, on a device."""

    where: str
    """the device"""
    chain: str
    number: int
    hash: str
    at: float
    by: str
    key: str
    signature: str
