"""A probe's flows by pair of hosts and direction. Pure."""

from dataclasses import dataclass

from rtmctl.probe.distribution import together
from rtmctl.probe.types import FlowResult, Latency, ProbeResult


@dataclass(frozen=True, slots=True)
class Direction:
    """All flows from one host to another."""

    source: str
    destination: str
    flows: tuple[FlowResult, ...]

    @property
    def sent(self) -> int:
        return sum(f.sent for f in self.flows)

    @property
    def lost(self) -> int:
        return sum(f.lost for f in self.flows)

    @property
    def worst(self) -> FlowResult:
        return max(self.flows, key=lambda f: (f.worst_ms, f.lost))

    @property
    def reordered(self) -> int:
        return sum(f.reordered for f in self.flows)

    @property
    def duplicates(self) -> int:
        return sum(f.duplicates for f in self.flows)

    @property
    def latency(self) -> Latency | None:
        return together(f.latency for f in self.flows)

    @property
    def rtt(self) -> Latency | None:
        return together(f.rtt for f in self.flows)


def directions(result: ProbeResult) -> tuple[Direction, ...]:
    """In the order of their first flows."""
    found: dict[tuple[str, str], list[FlowResult]] = {}
    for one in result.flows:
        found.setdefault((one.flow.source, one.flow.destination), []).append(one)
    return tuple(Direction(source, destination, tuple(flows)) for (source, destination), flows in found.items())
