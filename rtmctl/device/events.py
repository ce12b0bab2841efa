"""What a switch was seen to do, vendor-neutral, and what that becomes on a timeline.

Times are CLOCK_REALTIME of the machine that runs rtmctl, in ns: the switch's own clock less the measured offset. VRFs
and interfaces are spelled as in the DeviceModel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rtmctl.base.net import Address, Network
from rtmctl.device.state import NextHop


@dataclass(frozen=True, slots=True)
class LinkEvent:
    at_ns: int
    device: str
    vrf: str
    interface: str
    admin_up: bool
    carrier: bool


@dataclass(frozen=True, slots=True)
class RouteEvent:
    """The kernel's route changed; no next hops: it is not there. Hops that are dead or without carrier do not count.

    Where packets are thrown away, the one hop's interface is 'blackhole', 'unreachable' or 'prohibit'.
    """

    at_ns: int
    device: str
    vrf: str
    prefix: Network
    before: tuple[NextHop, ...]
    after: tuple[NextHop, ...]


@dataclass(frozen=True, slots=True)
class VtepEvent:
    """Where a VXLAN interface sends a MAC address to; 00:00:00:00:00:00 is the flood list."""

    at_ns: int
    device: str
    interface: str
    mac: str
    before: tuple[Address, ...]
    after: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class BfdEvent:
    at_ns: int
    device: str
    peer: str
    """interface of a single-hop session, else the address"""
    up: bool
    reason: str


@dataclass(frozen=True, slots=True)
class BgpEvent:
    """As bgpd says it, at the time at which it says it."""

    at_ns: int
    device: str
    vrf: str
    peer: str
    up: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DaemonEvent:
    at_ns: int
    device: str
    daemon: str
    running: bool


Event: TypeAlias = LinkEvent | RouteEvent | VtepEvent | BfdEvent | BgpEvent | DaemonEvent


class Counts(NamedTuple):
    """Of an interface, since it was made."""

    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int


@dataclass(frozen=True, slots=True)
class CounterSample:
    """Interfaces whose counters changed since the sample before; a first one, or one that was asked for, has all."""

    at_ns: int
    device: str
    counts: Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Packets of one UDP flow that crossed a port while it was looked at; inside VXLAN, the inner flow."""

    device: str
    port: str
    outgoing: bool
    source: Address
    destination: Address
    source_port: int
    destination_port: int
    packets: int
    lasted_ms: float
    """for how long was looked"""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The switch's clock less ours, by the halves of the quickest question and answer."""

    ns: int
    error_ns: int
    """half of the time it took: the true offset is no further away"""


@dataclass(frozen=True, slots=True)
class Moment:
    """One event on the timeline, of the fault, a switch or a probe."""

    at_ms: float
    """since the injection began; negative before it"""
    node: str
    kind: str
    """'fault', 'link', 'bfd', 'bgp', 'daemon', 'route', 'vtep', 'traffic', 'revert'"""
    text: str
