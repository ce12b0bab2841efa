"""How a change is carried out."""

from dataclasses import dataclass, field
from enum import StrEnum


class CommitMode(StrEnum):
    ALL = "all"
    """the first bad wave reverts everything"""
    WAVE = "wave"
    """each wave is confirmed after its soak; a bad one reverts itself only"""


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds."""

    window_s: float | None = None
    """revert timer of the wave in progress; extended while rtmctl lives, so how long a dead rtmctl's change stays.
    None: computed from what is measured, see change.transaction.timers"""
    stagger_s: float | None = None
    """between the deadlines of two waves: enough for a device to revert and its sessions to return. None: likewise"""
    lease_ttl_s: float = 30
    step_timeout_s: float = 20
    """for anything but a commit or revert"""
    commit_timeout_s: float = 60
    health_wait_s: float = 45
    """for sessions to come back after a wave"""
    soak_s: float = 0
    """how long a wave must stay healthy before the next"""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    reason: str = ""
    by: str = ""
    commit: CommitMode = CommitMode.ALL
    timing: Timing = field(default_factory=Timing)
    confirm_within_s: float | None = None
    """leave it applied for so long and let `net confirm` decide"""
    degraded: bool = False
    """change a device although its redundant partner is down"""
    accept_outage: bool = False
    override_freeze: str = ""
    """the reason for changing within a freeze window"""
    drain: bool = True
    """move traffic away first where the plan has a way to"""
    holder: str = ""
    """who holds the devices' leases already, and goes on holding them; empty: the change takes its own"""
