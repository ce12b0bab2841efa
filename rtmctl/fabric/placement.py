"""Where an identity's value comes from: the first free slot, searched from the one that its name hashes to.

Within one kind the operator's explicit values are placed first, then what the lock holds, then the new identities in
sorted order, so that the order of the site file decides nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rtmctl.base import Finding
from rtmctl.fabric import refusals
from rtmctl.fabric.demands import Demand
from rtmctl.fabric.lock import SHARED, Kind, Lock, may_share, scope_of
from rtmctl.fabric.pools import preferred_slot
from rtmctl.intent.site import Site

Holder = tuple[Kind, str]
"""kind and identity of who has a value"""


@dataclass(slots=True)
class Placement:
    """A lock that grows. `live` is what the site asked for so far; findings are what could not be placed."""

    site: Site
    lock: Lock
    entries: dict[Kind, dict[str, str]] = field(default_factory=dict)
    holders: dict[tuple[str, str], dict[str, Holder]] = field(default_factory=dict)
    live: set[Holder] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        for kind in Kind:
            self.entries[kind] = dict(self.lock.of(kind))
        for kind, identity, value in self.lock.items():
            if kind not in SHARED:
                self._space(kind, identity).setdefault(value, (kind, identity))

    def _space(self, kind: Kind, identity: str) -> dict[str, tuple[Kind, str]]:
        """Who holds which value, among those that must differ: L2 and L3 VNIs are one number space."""
        name = "vni" if kind in (Kind.L2VNI, Kind.L3VNI) else str(kind)
        return self.holders.setdefault((name, scope_of(kind, identity)), {})

    def place(self, demands: Iterable[Demand]) -> None:
        ordered = sorted(demands, key=lambda d: (d.kind, d.identity))
        self.live.update((d.kind, d.identity) for d in ordered)
        pinned: dict[tuple[str, str, str], Demand] = {}
        for demand in ordered:
            if demand.explicit is not None:
                self._pin(demand, demand.explicit, pinned)
        outside: dict[tuple[str, ...], list[Demand]] = {}
        garbled: list[Demand] = []
        fresh: list[Demand] = []
        for demand in ordered:
            if demand.explicit is not None:
                continue
            value = self.entries[demand.kind].get(demand.identity)
            if value is None:
                fresh.append(demand)
            elif not demand.pool.can_be(value):
                garbled.append(demand)
            elif demand.pool.slot(value) is None:
                outside.setdefault((demand.pool.name, demand.kind), []).append(demand)
        full: dict[str, list[Demand]] = {}
        for demand in fresh:
            if not self._take_free(demand):
                full.setdefault(demand.pool.name, []).append(demand)
        self.findings += [refusals.garbled(self.lock, demand) for demand in garbled]
        self.findings += [refusals.pool_moved(self.site, self.lock, found) for found in outside.values()]
        self.findings += [self._full(found, ordered) for found in full.values()]

    def _pin(self, demand: Demand, value: str, pinned: dict[tuple[str, str, str], Demand]) -> None:
        """The operator's value: it wins over the lock, but silently renumbers nobody who is still there."""
        space = self._space(demand.kind, demand.identity)
        entries = self.entries[demand.kind]
        holder = space.get(value)
        shared = demand.kind is Kind.ASN and self.site.intent.fabric.allow_shared_as
        shared = shared or (holder is not None and may_share(demand.kind, demand.identity, holder[1]))
        if holder is not None and holder != (demand.kind, demand.identity) and not shared:
            if holder in self.live:
                other = pinned.get((holder[0], scope_of(*holder), value))
                self.findings.append(refusals.taken(self.site, self.lock, demand, value, holder, other))
                return
            del self.entries[holder[0]][holder[1]]
        old = entries.get(demand.identity)
        if old is not None and space.get(old) == (demand.kind, demand.identity):
            del space[old]
        entries[demand.identity] = value
        space[value] = (demand.kind, demand.identity)
        pinned[demand.kind, scope_of(demand.kind, demand.identity), value] = demand

    def _take_free(self, demand: Demand) -> bool:
        pool = demand.pool
        space = self._space(demand.kind, demand.identity)
        start = demand.prefer
        if start is None and pool.size:
            start = preferred_slot(demand.kind, demand.identity, pool.size)
        for step in range(pool.size):
            value = pool.value(((start or 0) + step) % pool.size)
            if value not in space and value not in pool.reserved:
                space[value] = (demand.kind, demand.identity)
                self.entries[demand.kind][demand.identity] = value
                return True
        return False

    def _full(self, unplaced: list[Demand], demands: list[Demand]) -> Finding:
        """The finding of a pool that holds fewer values than are asked for."""
        first = unplaced[0]
        need = sum(1 for d in demands if d.pool.name == first.pool.name and d.kind is first.kind)
        space = self._space(first.kind, first.identity)
        dead = sum(1 for holder in space.values() if holder not in self.live)
        return refusals.pool_full(self.site, first, need, dead)
