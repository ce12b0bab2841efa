"""Flows to be measured, and what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rtmctl.base.net import Address


@dataclass(frozen=True, slots=True)
class Flow:
    """UDP one way, from one host to another, with a fixed 5-tuple. `size` is the whole IP packet in bytes."""

    name: str
    source: str
    destination: str
    source_address: Address
    destination_address: Address
    rate_pps: float = 1000.0
    size: int = 128

    @property
    def interval_ms(self) -> float:
        return 1000.0 / self.rate_pps


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """`port`: the UDP port each receiver listens on; flow n is sent from `port` + 1 + n."""

    flows: tuple[Flow, ...]
    duration_s: float
    port: int = 20000
    lead_s: float = 1.5
    """from the call to the first packet, while the agents start; one that needs longer makes the run inconclusive"""
    linger_s: float = 1.0
    """how long receivers wait for the last packets"""
    max_stall_ms: float = 20.0
    """a sender that was later than this was stalled: the run is inconclusive"""


@dataclass(frozen=True, slots=True)
class LossWindow:
    """Consecutive packets that did not arrive."""

    start_ms: float
    """intended send time of the first, since the flow began"""
    length_ms: float
    """packets × interval"""
    packets: int


@dataclass(frozen=True, slots=True)
class Latency:
    """One way, from the intended send time to the receiver's kernel timestamp; milliseconds."""

    count: int
    min_ms: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    clock_error_ms: float | None
    """bound on the difference of the two hosts' clocks, from the fastest packets of both directions; None when only
    one direction was measured"""


@dataclass(frozen=True, slots=True)
class FlowResult:
    flow: Flow
    sent: int
    """intended packets, those the host could not send included"""
    send_errors: int
    """packets the source host refused to send (no route, link down); they count as lost"""
    received: int
    """different packets"""
    duplicates: int
    reordered: int
    windows: tuple[LossWindow, ...]
    latency: Latency | None
    """None: nothing arrived"""

    @property
    def lost(self) -> int:
        return self.sent - self.received

    @property
    def worst_ms(self) -> float:
        return max((w.length_ms for w in self.windows), default=0.0)


@dataclass(frozen=True, slots=True)
class Interim:
    """What one agent has seen until now; each tells about every 100 ms. Not for a verdict: an agent may be stalled."""

    host: str
    at_ns: int
    """CLOCK_REALTIME of the host"""
    flows: Mapping[str, float]
    """flow that arrives at the host to the ms since its last packet arrived, since the start when none has"""
    received: Mapping[str, int]
    """flow to packets until now"""
    worst_late_ms: float
    """of this agent's own sending"""


class Verdict(StrEnum):
    CLEAN = "clean"
    LOSS = "loss"
    INCONCLUSIVE = "inconclusive"
    """the probe cannot vouch for its own numbers"""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    flows: tuple[FlowResult, ...]
    doubts: tuple[str, ...]
    """why the numbers cannot be trusted; any doubt makes the run inconclusive"""
    resolution_ms: float
    """the shortest loss that is told from none: the longest interval, or the worst lateness of a sender"""
    began_ns: int
    """wall-clock time of the first packet"""

    @property
    def lost(self) -> int:
        return sum(f.lost for f in self.flows)

    @property
    def worst_ms(self) -> float:
        """The longest loss window of any flow."""
        return max((f.worst_ms for f in self.flows), default=0.0)

    @property
    def verdict(self) -> Verdict:
        if self.doubts or not self.flows:
            return Verdict.INCONCLUSIVE
        return Verdict.LOSS if self.lost else Verdict.CLEAN
