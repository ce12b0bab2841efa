"""The blast radius of a fault: which hosts, segments and pairs of hosts lose reachability or a way. Pure.

Pairs are many and alike: ends on the same leafs in the same zones are counted as one group, and only groups with
something removed on their own way up are looked at, for a way between two ends is a way up from each.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from rtmctl.base.order import natural_key
from rtmctl.drill.ends import Cables, End, Matrix, Passage, Zones, ends
from rtmctl.drill.types import Radius, Removed, Surroundings
from rtmctl.drill.ways import Ways
from rtmctl.observe.expect import drained

__all__ = ["Blast", "radius"]

Leafs = frozenset[str]


def radius(around: Surroundings, removed: Removed) -> Radius:
    """Who loses what while `removed` is gone."""
    return Blast(around).radius(removed)


class Blast:
    """What is the same for every fault of a fabric is computed once: ask one object about many faults."""

    def __init__(self, around: Surroundings) -> None:
        self.fabric = around.fabric
        self.drained = drained(around.models)
        self.whole = Ways(self.fabric, self.drained)
        self.matrix = Matrix(self.fabric)
        self.ends = ends(self.fabric)
        self.pairs = self._count()

    def radius(self, removed: Removed) -> Radius:
        return _Fault(self, removed).radius()

    def usable(self, cables: Cables, removed: Removed = Removed()) -> Leafs:  # noqa: B008  # frozen
        """The leafs through which packets to and from these cables go: drained ones where there is no other."""
        alive = frozenset(
            leaf for leaf, port in cables if leaf not in removed.devices and (leaf, port) not in removed.host_ports
        )
        return alive - self.drained or alive

    def _count(self) -> int:
        kinds = Counter((end.zones, end.outside) for end in self.ends)
        twice = 0
        for (one, outside), count in kinds.items():
            for (other, also), more in kinds.items():
                if not (outside and also) and self.matrix.between(one, other) is not Passage.CLOSED:
                    twice += count * (more - 1 if (one, outside) == (other, also) else more)
        return twice // 2


class Fate(IntEnum):
    SAME = 0
    FEWER = 1
    """a way of several is gone"""
    LOST = 2


@dataclass(frozen=True, slots=True)
class _Group:
    """Ends that share every way. `before`, `after`: the leafs they use."""

    zones: Zones
    before: Leafs
    after: Leafs
    outside: bool


@dataclass(slots=True)
class _Tally:
    """Pairs of one end of a group."""

    lost: int = 0
    fewer: int = 0
    living: int = 0
    """pairs with an end that has a way itself"""
    living_lost: int = 0

    def note(self, other: _Group, ends_: int, fate: Fate) -> None:
        self.lost += ends_ * (fate is Fate.LOST)
        self.fewer += ends_ * (fate is Fate.FEWER)
        if other.after:
            self.living += ends_
            self.living_lost += ends_ * (fate is Fate.LOST)

    @property
    def touched(self) -> bool:
        return self.lost + self.fewer > 0

    @property
    def cut_off(self) -> bool:
        return 0 < self.living == self.living_lost


class _Fault:
    def __init__(self, blast: Blast, removed: Removed) -> None:
        self.blast, self.removed = blast, removed
        self.rest = Ways(blast.fabric, blast.drained, removed)
        self._fates: dict[tuple[Hashable, ...], Fate] = {}
        self._forms: dict[Leafs, tuple[int, ...]] = {}
        self._kinds: dict[Hashable, int] = {}
        members: dict[_Group, list[str]] = {}
        for end in blast.ends:
            members.setdefault(self._group(end), []).append(end.name)
        self.groups = tuple(members)
        self.members = tuple(members.values())

    def radius(self) -> Radius:
        below = self._below()
        hit = [n for n, group in enumerate(self.groups) if group.before != group.after or group.before & below]
        tallies = {n: _Tally() for n in hit}
        pairs = dict.fromkeys(Fate, 0)
        for one in hit:
            for other, group in enumerate(self.groups):
                if other < one and other in tallies:
                    continue
                fate = self._fate(self.groups[one], group)
                if fate is None:
                    continue
                near, far = len(self.members[one]), len(self.members[other])
                pairs[fate] += near * far if other != one else near * (near - 1) // 2
                tallies[one].note(group, far if other != one else near - 1, fate)
                if other != one and other in tallies:
                    tallies[other].note(self.groups[one], near, fate)
        gone = [n for n in hit if not self.groups[n].after or tallies[n].cut_off]
        worse = [n for n in hit if n not in gone and tallies[n].touched]
        zones = (zone for n in (*gone, *worse) for zone in self.groups[n].zones)
        return Radius(
            hosts_lost=self._names(gone, outside=False),
            hosts_degraded=self._names(worse, outside=False),
            segments=tuple(sorted({zone.segment for zone in zones if zone.segment is not None})),
            pairs=self.blast.pairs,
            pairs_lost=pairs[Fate.LOST],
            pairs_degraded=pairs[Fate.FEWER],
            externals_lost=self._names(gone, outside=True),
        )

    def _names(self, groups: Iterable[int], *, outside: bool) -> tuple[str, ...]:
        found = (name for n in groups if self.groups[n].outside is outside for name in self.members[n])
        return tuple(sorted(found, key=natural_key))

    def _group(self, end: End) -> _Group:
        gone = not end.outside and end.name in self.removed.hosts
        after = frozenset[str]() if gone else self.blast.usable(end.cables, self.removed)
        return _Group(end.zones, self.blast.usable(end.cables), after, end.outside)

    def _below(self) -> Leafs:
        """The leafs with something removed on a way up."""
        tops = set(self.removed.devices)
        tops |= {link.b.device for link in self.blast.fabric.links if link.identity in self.removed.links}
        return frozenset().union(*(self.blast.whole.below(top) for top in tops if top in self.blast.whole))

    def _fate(self, one: _Group, other: _Group) -> Fate | None:
        """None: the site allows nothing between them."""
        if one.outside and other.outside:
            return None
        match self.blast.matrix.between(one.zones, other.zones):
            case Passage.CLOSED:
                return None
            case Passage.FABRIC:
                return self._between(one.before, one.after, other.before, other.after)
        near, far = (
            (self.blast.usable(leg), self.blast.usable(leg, self.removed))
            for leg in self.blast.matrix.legs(one.zones, other.zones)
        )
        return max(
            self._between(one.before, one.after, *near),
            self._between(*far, other.before, other.after),
        )

    def _between(self, a: Leafs, a_after: Leafs, b: Leafs, b_after: Leafs) -> Fate:
        # leafs apart from each other matter by what is above them alone
        apart = a.isdisjoint(b)
        key = tuple(map(self._form, (a, a_after, b, b_after))) if apart else (a, a_after, b, b_after)
        if key not in self._fates:
            self._fates[key] = max(self._toward(a, a_after, b, b_after), self._toward(b, b_after, a, a_after))
        return self._fates[key]

    def _form(self, leafs: Leafs) -> tuple[int, ...]:
        if leafs not in self._forms:
            kinds = ((self.blast.whole.alike(n), self.rest.alike(n) if n in self.rest else None) for n in leafs)
            self._forms[leafs] = tuple(sorted(self._kinds.setdefault(kind, len(self._kinds)) for kind in kinds))
        return self._forms[leafs]

    def _toward(self, a: Leafs, a_after: Leafs, b: Leafs, b_after: Leafs) -> Fate:
        """One direction: each leaf of the sender goes to the nearest leafs of the receiver."""
        before, after = self._crossings(self.blast.whole, a, b), self._crossings(self.rest, a_after, b_after)
        if not after:
            return Fate.LOST
        same = before == after and all(self.blast.whole.best(*c) == self.rest.best(*c) for c in before)
        return Fate.SAME if same else Fate.FEWER

    def _crossings(self, ways: Ways, a: Leafs, b: Leafs) -> frozenset[tuple[str, str]]:
        """(leaf where packets enter the fabric, leaf where they leave it)"""
        near = {(leaf, leaf) for leaf in a & b}
        far = {(leaf, exit_) for leaf in a - b for exit_ in ways.nearest(leaf, b)}
        return frozenset(near | far)
