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
    echo: bool = False
    """receivers send every packet back on its 5-tuple: round trips too, for twice the packets"""
    start_s: float = 15.0
    """how long agents may take until they are ready"""
    linger_s: float = 0.5
    """how long receivers wait for the last packets"""
    max_stall_ms: float = 20.0
    """a sender that was later than this was stalled: the run is inconclusive"""
    may_vanish: frozenset[str] = frozenset()
    """hosts that somebody means to take away meanwhile: that their agents are gone is no doubt"""


@dataclass(frozen=True, slots=True)
class LossWindow:
    """Consecutive packets that did not arrive."""

    start_ms: float
    """intended send time of the first, since `ProbeResult.began_ns`"""
    length_ms: float
    """packets × interval"""
    packets: int
    until_ms: float | None = None
    """arrival of the next packet, on the same scale; None: nothing came after"""


@dataclass(frozen=True, slots=True)
class Latency:
    """A distribution of times, in milliseconds, each exact to 1.6 %."""

    count: int
    min_ms: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    clock_error_ms: float | None = None
    """one way: bound on what the two hosts' clocks add to or take from each value; None: one clock told both times"""
    buckets: tuple[tuple[float, int], ...] = ()
    """(value in ms, packets), ascending"""


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
    """RFC 4737 §3"""
    windows: tuple[LossWindow, ...]
    latency: Latency | None
    """one way, from the intended send time to the receiver's kernel timestamp; None: nothing arrived, or the clocks
    cannot be compared"""
    network: Latency | None = None
    """likewise, from the time of sending: without the sender's own lateness"""
    rtt: Latency | None = None
    """there and back, from the intended send time, less the time spent at the far end; None: not asked for, or
    nothing came back"""
    rtt_network: Latency | None = None
    """likewise, from the time of sending"""

    @property
    def lost(self) -> int:
        return self.sent - self.received

    @property
    def worst_ms(self) -> float:
        return max((w.length_ms for w in self.windows), default=0.0)


@dataclass(frozen=True, slots=True)
class Agent:
    """How well one agent kept its times."""

    host: str
    late: Latency | None
    """of its packets, behind their intended send times; None: it sent none"""
    worst_late_ms: float
    """the kernel's send stamps included"""
    stalls: int
    """stretches later than the limit"""
    stamped: bool
    """the kernel stamped what was sent"""
    realtime: bool
    """SCHED_FIFO was allowed"""
    locked: bool
    """its memory was locked"""
    clock_offset_ms: float
    """its clock beyond rtmctl's, taken out of all times"""
    clock_error_ms: float
    """bound on what is left"""


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
    """time of the first packet, by this machine's CLOCK_REALTIME"""
    agents: tuple[Agent, ...] = ()
    lasted_s: float = 0.0
    """the longest time that any host sent"""
    vanished: tuple[str, ...] = ()
    """hosts of `may_vanish` whose agents are gone; their flows are not in `flows`"""

    @property
    def lost(self) -> int:
        return sum(f.lost for f in self.flows)

    @property
    def worst(self) -> FlowResult | None:
        """The flow with the longest loss, of equal ones that which lost most."""
        return max(self.flows, key=lambda f: (f.worst_ms, f.lost), default=None)

    @property
    def worst_ms(self) -> float:
        """The longest loss window of any flow."""
        return max((f.worst_ms for f in self.flows), default=0.0)

    @property
    def clock_error_ms(self) -> float:
        """How far `began_ns` and the windows may be from this machine's clock; 0 where all share it, as in a lab."""
        return max((a.clock_error_ms for a in self.agents), default=0.0)

    @property
    def verdict(self) -> Verdict:
        if self.doubts or not self.flows:
            return Verdict.INCONCLUSIVE
        return Verdict.LOSS if self.lost else Verdict.CLEAN
