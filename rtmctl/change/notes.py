"""What a change writes on the devices themselves, so that a fresh clone with an empty store can finish it.

`transaction` holds the manifest (who takes part, in which waves); `decision` holds the verdict.
A device is confirmed only once every participant holds the decision. So a participant without it proves that
nobody has been confirmed, and everything may revert; when all hold it, recovery goes forward.
"""

from enum import StrEnum

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

TRANSACTION = "transaction"
DECISION = "decision"
MANAGED = "managed"
"""which objects are rtmctl's, see `unmanaged`"""
MANAGED_NEXT = "managed.next"
"""the same for a target that is not confirmed yet"""
DRAIN = "drain"
"""who drained the device, why and until when, see `drains`; none: it is not drained"""
DRAIN_NEXT = "drain.next"
"""the same once what is staged is confirmed; empty: no drain then"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One transaction as it stands on each participant."""

    id: str
    change: str
    """the change it is part of; the same unless a change has several stages or confirms wave by wave"""
    site: str
    by: str
    reason: str
    waves: tuple[tuple[str, ...], ...]
    confirm_within_s: float | None = None
    """left applied for somebody to confirm within so long; None: its rtmctl decides"""

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(name for wave in self.waves for name in wave)


_ADAPTER = TypeAdapter(Manifest)


def manifest_to_text(manifest: Manifest) -> str:
    return _ADAPTER.dump_json(manifest).decode()


def manifest_from_text(text: object) -> Manifest | None:
    """None when there is no note or it cannot be read: then the device alone says what it holds."""
    if not isinstance(text, str):
        return None
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        return None


class Verdict(StrEnum):
    COMMIT = "commit"
    REVERT = "revert"
    """a decision that was taken back before anybody was confirmed; it outranks `commit`"""


@dataclass(frozen=True, slots=True)
class Decision:
    transaction: str
    verdict: Verdict


_DECISION = TypeAdapter(Decision)


def decision_to_text(decision: Decision) -> str:
    return _DECISION.dump_json(decision).decode()


def decision_from_text(text: object) -> Decision | None:
    """None when there is none, or it cannot be read."""
    if not isinstance(text, str):
        return None
    try:
        return _DECISION.validate_json(text)
    except ValidationError:
        return None
