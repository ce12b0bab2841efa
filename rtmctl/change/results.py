"""What a change came to: one outcome, and each device's part in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rtmctl.base import Exit


class Outcome(StrEnum):
    NOTHING = "nothing to do"
    UNCONFIRMED = "applied, unconfirmed"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    PARTLY = "confirmed in part"
    """some waves or stages were confirmed, the rest is as before"""
    ABORTED = "aborted, restored"
    ARMED = "interrupted, the undo is armed"
    UNKNOWN = "state unknown"
    RUNNING = "running"
    """begun, and not known to have ended"""


_EXITS = {
    Outcome.NOTHING: Exit.DONE,
    Outcome.UNCONFIRMED: Exit.DONE,
    Outcome.CONFIRMED: Exit.DONE,
    Outcome.REVERTED: Exit.ROLLED_BACK,
    Outcome.PARTLY: Exit.STATE_UNKNOWN,
    Outcome.ABORTED: Exit.ABORTED,
    Outcome.ARMED: Exit.INTERRUPTED,
    Outcome.UNKNOWN: Exit.STATE_UNKNOWN,
    Outcome.RUNNING: Exit.STATE_UNKNOWN,
}


class Standing(StrEnum):
    """Where one device stands when a change ends."""

    OLD = "as before"
    NEW = "new, confirmed"
    PENDING = "new, its revert timer runs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeviceOutcome:
    device: str
    standing: Standing
    message: str = ""
    """why, or what to do"""


def unknown(devices: Iterable[str], message: str = "") -> tuple[DeviceOutcome, ...]:
    """Nobody knows where these stand."""
    return tuple(DeviceOutcome(name, Standing.UNKNOWN, message) for name in devices)


def lost(outcomes: Iterable[DeviceOutcome]) -> tuple[str, ...]:
    """The devices of which nobody knows where they stand."""
    return tuple(outcome.device for outcome in outcomes if outcome.standing is Standing.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ChangeResult:
    change: str
    """its id; empty when nothing was to do"""
    outcome: Outcome
    message: str
    """one sentence; names device and step when something failed"""
    devices: tuple[DeviceOutcome, ...] = ()
    hint: str = ""
    seconds: float = 0.0

    @property
    def exit(self) -> Exit:
        return _EXITS[self.outcome]
