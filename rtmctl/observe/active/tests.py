"""What hosts are asked to send, and what came back."""

from dataclasses import dataclass
from enum import StrEnum

from rtmctl.base.net import Address


class Kind(StrEnum):
    PING = "ping"
    TCP = "tcp"
    UDP = "udp"


class Seen(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"
    """the far host itself said no: the packet reached it"""
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    TOO_BIG = "too big"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class HostTest:
    """One packet exchange from `host`. `size` is the whole IP packet in bytes."""

    check: str
    host: str
    target: str
    """host or leaf at the far end"""
    kind: Kind
    source: Address
    destination: Address
    passes: bool
    """what the models say"""
    reason: str
    port: int = 0
    size: int = 84
    dont_fragment: bool = False
    stopped_by: tuple[str, ...] = ()
    """leafs that have to stop it, or its answer"""
    watched: bool = False
    """not even the packet itself may arrive: `target` looks out for it"""

    @property
    def subject(self) -> str:
        what = f"{self.kind.value}/{self.port}" if self.port else self.kind.value
        if self.dont_fragment:
            what += f" of {self.size} bytes, DF"
        return f"{self.host} → {self.target} ({self.destination}) {what}"


@dataclass(frozen=True, slots=True)
class Answer:
    seen: Seen
    detail: str = ""
    rtt_ms: float | None = None
    arrived: bool | None = None
    """of a watched test, whether `target` saw the packet come in; None: nobody could look"""

    def __str__(self) -> str:
        if self.arrived and self.seen not in (Seen.ANSWERED, Seen.REFUSED):
            return "it arrives; the answer is lost"
        return f"{self.seen.value} ({self.detail})" if self.detail else self.seen.value


@dataclass(frozen=True, slots=True)
class ActivePlan:
    """All tests of one verification, with what had to be left out."""

    tests: tuple[HostTest, ...]
    listeners: tuple[tuple[str, Kind, int], ...]
    """(host, tcp or udp, port) to be opened while the tests run"""
    skipped: tuple[tuple[str, str], ...]
    """(check, reason)"""
    not_run: tuple[tuple[str, str], ...]
    """(check, reason)"""
