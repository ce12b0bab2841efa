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
