"""The blast radius pair by pair and way by way: slow, and with nothing of the code under test."""

from collections.abc import Iterator
from itertools import combinations

from rtmctl.drill.types import Removed
from rtmctl.fabric import Fabric
from rtmctl.fabric.types import Attachment, Host, Role

TIER = {Role.LEAF: 0, Role.BORDER: 0, Role.SPINE: 1, Role.SUPER_SPINE: 2}
Way = tuple[str, ...]


class Truth:
    """What is left of a fabric of hosts alone: externals are not looked at."""

    def __init__(self, fabric: Fabric, drained: frozenset[str], removed: Removed) -> None:
        self.fabric, self.drained, self.removed = fabric, drained, removed
        self.tier = {d.name: TIER[d.role] for d in fabric.devices}
        self.asn = {d.name: d.asn for d in fabric.devices}

    def neighbors(self, name: str) -> Iterator[str]:
        for link in self.fabric.links_of(name):
            far = link.far(name).device
            if link.identity not in self.removed.links and not {name, far} & self.removed.devices:
                yield far

    def climbs(self, way: Way, goal: str, *, up: bool) -> Iterator[Way]:
        """Every way that goes on from here without a valley and names no AS above leafs twice."""
        if way[-1] == goal:
            above = [self.asn[name] for name in way if self.tier[name]]
            if len(above) == len(set(above)):
                yield way
            return
        for far in self.neighbors(way[-1]):
            rises = self.tier[far] > self.tier[way[-1]]
            if far not in way and (up or not rises):
                yield from self.climbs((*way, far), goal, up=rises)

    def best(self, a: str, b: str) -> frozenset[Way]:
        ways = {w: (len(self.drained & set(w[1:-1])), len(w)) for w in self.climbs((a,), b, up=True)}
        return frozenset(w for w, cost in ways.items() if cost == min(ways.values()))

    def leafs(self, host: Host) -> frozenset[str]:
        if host.name in self.removed.hosts:
            return frozenset()
        alive = {
            c.leaf
            for c in host.links
            if c.leaf not in self.removed.devices and (c.leaf, c.port) not in self.removed.host_ports
        }
        return frozenset(alive - self.drained or alive)

    def ways(self, a: Host, b: Host) -> frozenset[Way]:
        """One direction, over the nearest leafs of the receiver."""
        found: set[Way] = set()
        for entry in self.leafs(a):
            if entry in self.leafs(b):
                found.add((entry,))
                continue
            offers = {w for exit_ in self.leafs(b) for w in self.best(entry, exit_)}
            hops = min(map(len, offers), default=0)
            found |= {w for w in offers if len(w) == hops}
        return frozenset(found)


def allowed(fabric: Fabric, a: Host, b: Host) -> bool:
    """Whether the site lets two hosts speak within the fabric."""
    return any(
        versions_a & versions_b and _meet(fabric, x, y)
        for x, versions_a in _stands(fabric, a)
        for y, versions_b in _stands(fabric, b)
    )


def _meet(fabric: Fabric, x: tuple[str, str | None], y: tuple[str, str | None]) -> bool:
    flows = [f for f in fabric.flows if {f.source, f.to} == {x[1], y[1]}]
    if x[0] != y[0]:
        return any(flow.via == "leak" for flow in flows)
    return None in (x[1], y[1]) or x == y or bool(flows) or not fabric.tenant(x[0]).filtered


def _stands(fabric: Fabric, host: Host) -> Iterator[tuple[tuple[str, str | None], set[int]]]:
    if host.attachment is Attachment.ROUTED:
        yield (host.tenant, None), {4, *(s.version for s in host.services)}
    for name in {host.untagged, *host.tagged} - {None}:
        segment = fabric.segment(str(name))
        yield (segment.tenant, segment.name), {s.network.version for s in segment.subnets}


def counted(fabric: Fabric, drained: frozenset[str], removed: Removed) -> tuple[int, int, int]:
    """Pairs allowed, lost and degraded."""
    before, after = Truth(fabric, drained, Removed()), Truth(fabric, drained, removed)
    pairs = lost = fewer = 0
    for a, b in combinations((h for h in fabric.hosts if h.links), 2):
        if allowed(fabric, a, b):
            pairs += 1
            here, there = after.ways(a, b), after.ways(b, a)
            if not here and not there:
                lost += 1
            elif (here, there) != (before.ways(a, b), before.ways(b, a)):
                fewer += 1
    return pairs, lost, fewer
