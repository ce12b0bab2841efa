"""The ways a flow may take from host to host: which of them its 5-tuple is pinned to, only counters tell. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rtmctl.drill.types import Removed
from rtmctl.drill.ways import Ways
from rtmctl.fabric.types import Fabric
from rtmctl.observe.places import Place

__all__ = ["Path", "Router"]

Cable = tuple[str, str]
"""(leaf, port)"""


@dataclass(frozen=True, slots=True)
class Path:
    """One way of several of equal cost."""

    source: str
    switches: tuple[str, ...]
    destination: str
    enters: Cable
    leaves: Cable
    links: tuple[str, ...]
    """identities of the cables between switches, in order"""

    @property
    def nodes(self) -> tuple[str, ...]:
        return (self.source, *self.switches, self.destination)

    @property
    def steps(self) -> tuple[str | Cable, ...]:
        """The cable behind each node but the last."""
        return (self.enters, *self.links, self.leaves)


class Router:
    """How a fabric without `removed` routes between hosts."""

    def __init__(self, fabric: Fabric, drained: Collection[str] = (), removed: Removed = Removed()) -> None:  # noqa: B008  # frozen
        self.fabric = fabric
        self.removed = removed
        self.ways = Ways(fabric, drained, removed)
        self._drained = frozenset(drained)

    def cables(self, host: str) -> tuple[Cable, ...]:
        """Those in use: to drained leafs only where there are no others."""
        if host in self.removed.hosts:
            return ()
        found = [(cable.leaf, cable.port) for cable in self.fabric.host(host).links]
        alive = [c for c in found if c[0] in self.ways and c not in self.removed.host_ports]
        return tuple(c for c in alive if c[0] not in self._drained) or tuple(alive)

    def leafs(self, host: str) -> frozenset[str]:
        return frozenset(leaf for leaf, _ in self.cables(host))

    def exits(self, leaf: str, host: str) -> frozenset[str]:
        """The leafs that `leaf` sends packets to a host to: itself where the host hangs on it, else the nearest."""
        leafs = self.leafs(host)
        return frozenset({leaf}) if leaf in leafs else self.ways.nearest(leaf, leafs)

    def next_hops(self, leaf: str, host: str) -> frozenset[tuple[str, str]]:
        """(leaf where the packet leaves the fabric, next switch), of equal cost; the leaf itself where it leaves."""
        return frozenset(
            (exit_, hop)
            for exit_ in self.exits(leaf, host)
            for hop in (self.ways.next_hops(leaf, exit_) if exit_ != leaf else {leaf})
        )

    def paths(self, source: Place, destination: Place) -> Iterator[Path]:
        """Every way of equal cost between two hosts; none where there is no way."""
        ports = dict(self.cables(destination.host))
        for leaf, port in self.cables(source.host):
            for exit_ in sorted(self.exits(leaf, destination.host)):
                for way in self.ways.best(leaf, exit_):
                    links = (self.ways.link(a, b) for a, b in pairwise(way))
                    yield Path(
                        source.host,
                        way,
                        destination.host,
                        (leaf, port),
                        (exit_, ports[exit_]),
                        tuple(link.identity for link in links if link is not None),
                    )
