"""What a change reports while it works: one frozen event a step, for the terminal and for JSON lines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PhaseBegun:
    """lease, check, stage, wave, health, soak, confirm, undo, recover …"""

    phase: str
    devices: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class StageBegun:
    """Of a change with more than one."""

    number: int
    """from 1"""
    of: int
    name: str


@dataclass(frozen=True, slots=True)
class WaveBegun:
    number: int
    """from 1, over all stages"""
    of: int
    name: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceStep:
    device: str
    step: str
    """lease, stage, commit, confirm, revert …"""
    ok: bool
    message: str = ""
    reverts_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something takes its time: convergence, a soak, a device's own timer, another's lease."""

    what: str
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Note:
    """Anything else worth a line."""

    text: str


Event: TypeAlias = PhaseBegun | StageBegun | WaveBegun | DeviceStep | Waiting | Note
OnEvent: TypeAlias = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """For those who do not listen."""
