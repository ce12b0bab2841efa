"""Which cable each flow takes, by its packets: a prediction says which it may take, ECMP which it does. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rtmctl.base.net import Address
from rtmctl.device.events import CounterSample, Counts, Sighting
from rtmctl.fabric.types import Fabric

SHARE = 0.2
"""a cable carries a flow when at least this share of its packets was seen on it; less is a flow that was moving"""

Cable: TypeAlias = str | tuple[str, str]
"""a link by its identity, a host's cable by (leaf, port)"""
Ends: TypeAlias = dict[Cable, tuple[tuple[str, str], ...]]
"""cable to its (device, port), the upper end first"""


class FiveTuple(NamedTuple):
    """UDP, one way."""

    source: Address
    destination: Address
    source_port: int
    destination_port: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one port over a span of time, packets per second."""

    rx_pps: float
    tx_pps: float


def cables(fabric: Fabric) -> Ends:
    """Every cable of the fabric and of its hosts by the ends that are on switches."""
    links: Ends = {link.identity: tuple((e.device, e.port) for e in (link.a, link.b)) for link in fabric.links}
    hosts: Ends = {(c.leaf, c.port): ((c.leaf, c.port),) for host in fabric.hosts for c in host.links}
    return links | hosts


def lookouts(ends: Ends, devices: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Device to ports to look at: one end of each cable, of those that can be looked at."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for places in ends.values():
        here = next((place for place in places if place[0] in devices), None)
        if here is not None:
            found[here[0]].append(here[1])
    return {device: tuple(sorted(ports)) for device, ports in found.items()}


def carried(
    flows: Mapping[str, tuple[FiveTuple, float]], sightings: Iterable[Sighting], ends: Ends
) -> dict[str, frozenset[Cable]]:
    """Flow to the cables that carry it; a flow that was seen nowhere has none.

    Args:
        flows: name to 5-tuple and rate in packets/s.
    """
    cable_of = {place: cable for cable, places in ends.items() for place in places}
    named = {five: (name, rate) for name, (five, rate) in flows.items()}
    found: dict[str, set[Cable]] = {name: set() for name in flows}
    for seen in sightings:
        five = FiveTuple(seen.source, seen.destination, seen.source_port, seen.destination_port)
        cable = cable_of.get((seen.device, seen.port))
        if five not in named or cable is None:
            continue
        name, rate = named[five]
        if seen.packets >= max(1.0, SHARE * rate * seen.lasted_ms / 1000):
            found[name].add(cable)
    return {name: frozenset(on) for name, on in found.items()}


def rates(samples: Iterable[CounterSample], from_ns: int, until_ns: int) -> dict[tuple[str, str], Rate]:
    """(device, port) to its rate, from the last samples before either end of the span; ports that were seen twice."""
    first: dict[tuple[str, str], Counts] = {}
    last: dict[tuple[str, str], Counts] = {}
    for sample in sorted(samples, key=lambda one: one.at_ns):
        if sample.at_ns > until_ns:
            break
        for port, counts in sample.counts.items():
            last[sample.device, port] = counts
            if sample.at_ns <= from_ns or (sample.device, port) not in first:
                first[sample.device, port] = counts
    seconds = (until_ns - from_ns) / 1e9
    return {
        place: Rate(
            (counts.rx_packets - first[place].rx_packets) / seconds,
            (counts.tx_packets - first[place].tx_packets) / seconds,
        )
        for place, counts in last.items()
    }


def contradicted(
    used: Mapping[str, frozenset[Cable]],
    flows: Mapping[str, tuple[FiveTuple, float]],
    measured: Mapping[tuple[str, str], Rate],
    ends: Ends,
) -> tuple[str, ...]:
    """Cables that flows were seen on, and whose counters do not show as many packets at either end."""
    wanted: defaultdict[Cable, float] = defaultdict(float)
    for name, on in used.items():
        for cable in on:
            wanted[cable] += flows[name][1]
    found = []
    for cable, pps in wanted.items():
        shown = [measured[place] for place in ends[cable] if place in measured]
        if shown and all(rate.rx_pps + rate.tx_pps < SHARE * pps for rate in shown):
            found.append(cable if isinstance(cable, str) else " ".join(cable))
    return tuple(sorted(found))
