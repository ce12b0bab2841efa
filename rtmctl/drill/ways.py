"""The best ways between two switches over what a fabric still has: BGP on a Clos, drawn as a graph. Pure.

A route goes up and then down, never down and up (no valley, RFC 7938 §5.2.1): a switch is two nodes, one while the way
climbs and one while it descends. A drained switch carries transit only where nothing else is left (RFC 8326), and a way
that names an AS twice is refused as a loop (RFC 4271 §9.1.2), so that a spine never stands in for its sister below it.
"""

from collections.abc import Collection, Hashable, Iterable

import rustworkx as rx

from rtmctl.drill.types import Removed
from rtmctl.fabric.types import Fabric, Link

Way = tuple[str, ...]
"""switches in the order in which a packet meets them, both ends included"""

_HOP = 1.0
_DRAINED = 1000.0
"""more than any way without a drained switch costs"""


class Ways:
    """Answers are kept: ask one object often."""

    def __init__(self, fabric: Fabric, drained: Collection[str] = (), removed: Removed = Removed()) -> None:  # noqa: B008  # frozen
        self._roles = {d.name: d.role for d in fabric.devices}
        self._asn = {d.name: d.asn for d in fabric.devices}
        self._names = [d.name for d in fabric.devices if d.name not in removed.devices]
        self._graph: rx.PyDiGraph[str, float] = rx.PyDiGraph(multigraph=False)
        self._climbing = {name: self._graph.add_node(name) for name in self._names}
        self._descending = {name: self._graph.add_node(name) for name in self._names}
        self._links: dict[tuple[str, str], Link] = {}
        self._known: dict[tuple[Hashable, Hashable], tuple[Way, ...]] = {}
        self._uplinks: dict[str, frozenset[str]] = {}
        cost = {name: _DRAINED if name in drained else _HOP for name in self._names}
        for name in self._names:
            self._graph.add_edge(self._climbing[name], self._descending[name], 0.0)
        for link in fabric.links:
            upper, lower = link.a.device, link.b.device
            if link.identity in removed.links or not {upper, lower} <= self._climbing.keys():
                continue
            self._graph.add_edge(self._climbing[lower], self._climbing[upper], cost[upper])
            self._graph.add_edge(self._descending[upper], self._descending[lower], cost[lower])
            self._links[upper, lower] = self._links[lower, upper] = link

    def __contains__(self, device: str) -> bool:
        return device in self._climbing

    def link(self, one: str, other: str) -> Link | None:
        """The cable between two neighbours; None when there is none, or it is removed."""
        return self._links.get((one, other))

    def best(self, source: str, destination: str) -> tuple[Way, ...]:
        """Ways of equal cost, sorted; empty when there is none or an end is removed."""
        if source not in self or destination not in self:
            return ()
        if source == destination:
            return ((source,),)
        key = (self.alike(source), self.alike(destination))
        if key not in self._known:
            self._known[key] = self._between(source, destination)
        return tuple((source, *way, destination) for way in self._known[key])

    def next_hops(self, device: str, destination: str) -> frozenset[str]:
        return frozenset(way[1] for way in self.best(device, destination) if len(way) > 1)

    def nearest(self, device: str, among: Iterable[str]) -> frozenset[str]:
        """Of switches that originate one prefix, those that `device` forwards to: the AS path decides.

        With an iBGP overlay it does not. That makes a difference to externals in several pods alone, and there only to
        which way is missed, for their own packets come in at every border.
        """
        hops = {one: len(ways[0]) for one in among if (ways := self.best(device, one))}
        return frozenset(one for one, count in hops.items() if count == min(hops.values()))

    def below(self, device: str) -> frozenset[str]:
        """The device, and every switch that a way down from it leads to."""
        found = rx.descendants(self._graph, self._descending[device])
        return frozenset(self._graph[n] for n in found) | {device}

    def alike(self, device: str) -> Hashable:
        """Leafs with the same switches above them have the same ways to everybody but each other."""
        if not self._roles[device].has_hosts:
            return device
        if device not in self._uplinks:
            above = self._graph.successors(self._climbing[device])
            self._uplinks[device] = frozenset(above) - {device}
        return self._uplinks[device]

    def _between(self, source: str, destination: str) -> tuple[Way, ...]:
        """What stands between the ends, way by way."""
        paths = rx.digraph_all_shortest_paths(
            self._graph, self._climbing[source], self._descending[destination], weight_fn=float
        )
        ways = (tuple(dict.fromkeys(self._graph[n] for n in path)) for path in paths)
        return tuple(sorted(way[1:-1] for way in ways if self._is_loop_free(way)))

    def _is_loop_free(self, way: Way) -> bool:
        """Leafs may share an AS where the site lets them (`allowas-in`)."""
        seen = [self._asn[name] for name in way if not self._roles[name].has_hosts]
        return len(seen) == len(set(seen))
