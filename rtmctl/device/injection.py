"""A fault on one machine, and who takes it back: the machine itself, or a third party that outlives it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

Argument: TypeAlias = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Injection:
    """One mechanism on one machine: `silence` of two interfaces, `daemon-kill` of bgpd."""

    node: str
    mechanism: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


class HoldState(StrEnum):
    NONE = "none"
    ARMED = "armed"
    """what the fault owns is recorded, the guard runs, nothing is changed yet"""
    ACTIVE = "active"
    RESTORED = "restored"
    """taken back, and what the fault owned hashes as before"""
    BROKEN = "broken"
    """not as before: act now"""


@dataclass(frozen=True, slots=True)
class Held:
    """How an injection stands, as its holder says. Times are CLOCK_REALTIME of the holder, in ns."""

    injection: Injection
    drill: str
    state: HoldState
    expires_in_s: float | None = None
    """None: nothing is held"""
    before: str = ""
    """SHA-256 over the configuration bytes and the objects the fault owns; never over routes or counters"""
    after: str = ""
    began_ns: int | None = None
    """right before the first change of the injection"""
    done_ns: int | None = None
    reverted_ns: int | None = None
    failure: str = ""
    """what is not as before, or why a step failed"""


def lease_holder(drill: str) -> str:
    """Who holds the leases of a drill's switches: the same text wherever it is carried on, so that it renews them."""
    return f"drill {drill}"


class Holder(Protocol):
    """Holds one injection under a lease: not renewed, it is taken back without anybody's help.

    All methods raise PermanentError or TemporaryError with node and step.
    """

    injection: Injection

    async def check(self) -> str | None:
        """Why the injection cannot be made here, None when it can; changes nothing."""
        ...

    async def arm(self, drill: str, lease_s: float) -> Held: ...
    async def inject(self) -> Held: ...
    async def renew(self, lease_s: float) -> Held:
        """Raises PermanentError when the injection is held no longer."""
        ...

    async def revert(self) -> Held: ...
    async def status(self) -> Held: ...
    async def close(self) -> None: ...


OpenHolder: TypeAlias = Callable[[Injection], Awaitable[Holder]]
