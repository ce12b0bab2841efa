"""What a device can do for a transaction, and what it tells of itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rtmctl.device.state import DeviceState
from rtmctl.model.config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The guard a driver can put under a change; the plan prints what is weaker than full."""

    revert_timer: bool
    granularity_s: int
    """the timer's step in seconds; 60 where the platform counts minutes"""
    extendable: bool
    survives_reboot: bool
    """a reboot before the confirmation comes up with the pre-image"""


class TransactionState(StrEnum):
    NONE = "none"
    STAGED = "staged"
    ARMED = "armed"
    """pre-image saved, revert timer runs, change begun"""
    APPLIED = "applied"
    """the target runs, the revert timer runs still"""
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    BROKEN = "broken"
    """a revert failed: act now"""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may change the device. A step with an older fence number is refused by the device itself."""

    holder: str
    fence: int
    expires_in_s: float
    purpose: str


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """The transaction as it stands on the device: the authority, whatever any store says."""

    boot_id: str
    lease: Lease | None
    state: TransactionState
    transaction: str | None
    pre_hash: str | None
    target_hash: str | None
    reverts_in_s: float | None
    failure: str | None
    """the step and message that made a commit fail or a revert break"""


@dataclass(frozen=True, slots=True)
class Running:
    """What the device runs now, normalised (salted hashes and timestamps removed)."""

    config: DeviceConfig
    hash: str
    version: str
    """of the network operating system, '8.4.4'"""
    mask_key: str = ""
    """secrets stand in `config` as hashes keyed with this; see rtmctl.device.frr.normal.normal_form"""
    raw: DeviceConfig | None = None
    """`config` with the comments that its files hold; None where the platform tells none"""


class Session(Protocol):
    """An open connection to one device. All methods raise PermanentError or TemporaryError with device and step."""

    name: str
    capabilities: Capabilities

    async def running(self) -> Running: ...
    async def status(self) -> DeviceStatus: ...
    async def lease(self, holder: str, ttl_s: float, purpose: str) -> Lease:
        """Take or renew; raises Locked (exit 9) naming the holder when another's has not expired."""
        ...

    async def release(self, fence: int) -> None: ...
    async def stage(self, transaction: str, fence: int, target: DeviceConfig) -> None:
        """Put the target on the device and check its syntax there; changes nothing."""
        ...

    async def commit(
        self, transaction: str, fence: int, pre_hash: str, revert_in_s: float, again: bool = False
    ) -> None:
        """Save the pre-image, arm the timer, apply, compare. Refused when what runs is not `pre_hash`.

        `again`: this transaction was reverted here although it had been decided, or is applied and another target
        has been staged for it since (then `pre_hash` is not looked at and the first pre-image stays).
        """
        ...

    async def extend(self, transaction: str, fence: int, revert_in_s: float) -> None: ...
    async def confirm(self, transaction: str, fence: int) -> None: ...
    async def revert(self, transaction: str, fence: int) -> None: ...
    async def show(self, command: str) -> str:
        """Output of one read-only command of the platform's CLI."""
        ...

    async def state(self) -> DeviceState: ...
    async def close(self) -> None: ...
