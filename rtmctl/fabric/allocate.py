"""Allocation: every identity keeps what it has; a new one gets the first free slot from the one its name hashes to.

Within one kind the operator's explicit values are placed first, then what the lock holds, then the new identities in
sorted order, so that the order of the site file decides nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from rtmctl.base import Finding, SiteInvalid
from rtmctl.base.findings import errors
from rtmctl.base.order import natural_key
from rtmctl.fabric.demands import Demand, number_demands, port_demands
from rtmctl.fabric.hardware import hardware
from rtmctl.fabric.lock import FILE_NAME, SHARED, Kind, Lock, collisions, may_share, scope_of
from rtmctl.fabric.pools import AddressPool, Pool, SubnetPool, preferred_slot
from rtmctl.fabric.topology import Topology, build_topology
from rtmctl.intent.schema.hosts import Attachment
from rtmctl.intent.schema.pools import Pools
from rtmctl.intent.site import KeyPath, Site

_NAMED = 3
"""how many names a finding lists before it says how many more there are"""


@dataclass(frozen=True, slots=True)
class Completed:
    """A lock that holds all the site needs, as far as the pools go, and what is wrong."""

    lock: Lock
    live: frozenset[tuple[Kind, str]]
    """what the site needs; the rest of the lock belongs to removed identities"""
    findings: tuple[Finding, ...]


def allocate(site: Site, lock: Lock) -> Lock:
    """The lock with every missing allocation made; nothing that stands in it changes but by an explicit value.

    Raises:
        SiteInvalid: a pool is exhausted, an explicit value is taken, an allocation fell out of its pool.
    """
    completed = complete(site, lock)
    if errors(completed.findings):
        raise SiteInvalid(completed.findings)
    return completed.lock


def stale(site: Site, lock: Lock) -> tuple[Finding, ...]:
    """One finding when the site needs what the lock does not hold, besides those of the allocation itself."""
    completed = complete(site, lock)
    return completed.findings or missing(site, lock, completed)


def prune(site: Site, lock: Lock) -> Lock:
    """The lock without the allocations of identities that the site no longer has."""
    live = complete(site, lock).live
    kept: dict[Kind, dict[str, str]] = {}
    for kind, identity, value in lock.items():
        if (kind, identity) in live:
            kept.setdefault(kind, {})[identity] = value
    return Lock(kept)


def missing(site: Site, lock: Lock, completed: Completed) -> tuple[Finding, ...]:
    """The finding that names what `completed` had to add to or change in the lock."""
    lacking = [
        f"{kind} {identity}"
        for kind, identity in completed.live
        if lock.get(kind, identity) != completed.lock.get(kind, identity)
    ]
    if not lacking:
        return ()
    return (
        Finding(
            "lock-stale",
            f"{FILE_NAME} does not fit the site: {len(lacking)} allocation(s) are missing or changed, {_some(lacking)}",
            site.where("site"),
            hint="run `rtmctl net lock` and review the lines it adds",
        ),
    )


def complete(site: Site, lock: Lock) -> Completed:
    """Make what can be made and collect what cannot."""
    topology = build_topology(site.intent)
    switches = {name: hardware(site.intent, name) for name in site.intent.switches}
    builder = _Builder(site, lock)
    if not site.intent.fabric.allow_shared_as:
        builder.findings += collisions(lock, frozenset({Kind.ASN}))
    builder.place(number_demands(site.intent, topology))
    builder.place_hosts(topology, {name: len(hw.host_ports) for name, hw in switches.items()})
    builder.place(port_demands(site.intent, topology, switches, builder.leaf_of))
    return Completed(
        Lock({kind: entries for kind, entries in builder.entries.items() if entries}),
        frozenset(builder.live),
        tuple(sorted(builder.findings, key=Finding.sort_key)),
    )


@dataclass(slots=True)
class _Builder:
    site: Site
    lock: Lock
    entries: dict[Kind, dict[str, str]] = field(default_factory=dict)
    holders: dict[tuple[str, str], dict[str, tuple[Kind, str]]] = field(default_factory=dict)
    live: set[tuple[Kind, str]] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    leaf_of: dict[str, str] = field(default_factory=dict)

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
        fresh: list[Demand] = []
        for demand in ordered:
            if demand.explicit is not None:
                continue
            value = self.entries[demand.kind].get(demand.identity)
            if value is None:
                fresh.append(demand)
            elif demand.pool.slot(value) is None:
                outside.setdefault((demand.pool.name, demand.kind), []).append(demand)
        full: dict[str, list[Demand]] = {}
        for demand in fresh:
            if not self._take_free(demand):
                full.setdefault(demand.pool.name, []).append(demand)
        self.findings += [self._outside(found) for found in outside.values()]
        self.findings += [self._exhausted(found, ordered) for found in full.values()]

    def _pin(self, demand: Demand, value: str, pinned: dict[tuple[str, str, str], Demand]) -> None:
        """The operator's value: it wins over the lock, but silently renumbers nobody who is still there."""
        space = self._space(demand.kind, demand.identity)
        entries = self.entries[demand.kind]
        holder = space.get(value)
        shared = demand.kind is Kind.ASN and self.site.intent.fabric.allow_shared_as
        shared = shared or (holder is not None and may_share(demand.kind, demand.identity, holder[1]))
        if holder is not None and holder != (demand.kind, demand.identity) and not shared:
            if holder in self.live:
                self._taken(demand, value, holder, pinned)
                return
            del self.entries[holder[0]][holder[1]]
        old = entries.get(demand.identity)
        if old is not None and space.get(old) == (demand.kind, demand.identity):
            del space[old]
        entries[demand.identity] = value
        space[value] = (demand.kind, demand.identity)
        pinned[demand.kind, scope_of(demand.kind, demand.identity), value] = demand

    def _taken(
        self, demand: Demand, value: str, holder: tuple[Kind, str], pinned: dict[tuple[str, str, str], Demand]
    ) -> None:
        kind, identity = holder
        other = pinned.get((kind, scope_of(kind, identity), value))
        line = self.lock.lines.get(holder)
        place = f" ({FILE_NAME}:{line})" if line else ""
        also = self.site.where(*other.path) if other is not None else None
        self.findings.append(
            Finding(
                "allocation-taken",
                f"{demand.kind} {value} for {demand.identity} belongs to {identity} already{'' if other else place}",
                self.site.where(*demand.path),
                hint="give one of the two another value"
                if other
                else f"choose another value, or remove the line of {identity} from {FILE_NAME} to renumber it",
                also=(also,) if also is not None else (),
            )
        )

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

    def place_hosts(self, topology: Topology, host_ports: dict[str, int]) -> None:
        """Give each single-homed host a leaf of its rack that has a port for it."""
        intent = self.site.intent
        used = self._used_host_ports(topology)
        entries = self.entries[Kind.LEAF]
        waiting: list[str] = []
        for name, host in sorted(intent.hosts.items()):
            leafs = topology.racks.get(host.rack, ())
            if host.attachment in (Attachment.ROUTED, Attachment.ESI_LAG):
                for leaf in leafs:
                    used[leaf].add(f"host:{name}")
                continue
            identity = f"host:{name}"
            self.live.add((Kind.LEAF, identity))
            leaf_name = host.leaf or entries.get(identity)
            if leaf_name in leafs:
                entries[identity] = self.leaf_of[name] = leaf_name
                used[leaf_name].add(identity)
            else:
                waiting.append(name)
        for name in waiting:
            leafs = topology.racks.get(intent.hosts[name].rack, ())
            identity = f"host:{name}"
            start = preferred_slot(Kind.LEAF, identity, len(leafs)) if leafs else 0
            for leaf in (*leafs[start:], *leafs[:start]):
                if len(used[leaf]) < host_ports[leaf]:
                    entries[identity] = self.leaf_of[name] = leaf
                    used[leaf].add(identity)
                    break
        for name in sorted(set(waiting) - set(self.leaf_of)):
            self._no_port(name, topology, host_ports)

    def _used_host_ports(self, topology: Topology) -> dict[str, set[str]]:
        """Per leaf, who holds a host port now: removed identities keep theirs until they are pruned."""
        used: dict[str, set[str]] = {leaf: set() for leaf in topology.leafs}
        for identity in self.entries[Kind.PORT]:
            leaf, _, end = identity.partition(" ")
            if leaf in used and ":" in end:
                used[leaf].add(end)
        for name, external in self.site.intent.externals.items():
            used[external.border].add(f"external:{name}")
        return used

    def _no_port(self, name: str, topology: Topology, host_ports: dict[str, int]) -> None:
        rack = self.site.intent.hosts[name].rack
        leafs = topology.racks.get(rack, ())
        counts = ", ".join(f"{leaf} has {host_ports[leaf]}" for leaf in leafs) or "it has no leaf"
        self.findings.append(
            Finding(
                "no-free-port",
                f"host {name}: no leaf of rack {rack} has a free host port ({counts})",
                self.site.where("hosts", name, "rack"),
                hint="put the host in another rack, raise host_ports, or prune ports of removed hosts from the lock",
            )
        )

    def _outside(self, demands: list[Demand]) -> Finding:
        pool = demands[0].pool
        named = [f"{d.identity} {self.entries[d.kind][d.identity]}" for d in demands]
        lines = ", ".join(str(n) for d in demands if (n := self.lock.lines.get((d.kind, d.identity))))
        return Finding(
            "pool-moved",
            f"pool '{pool.name}' {pool.describe()} leaves out {len(demands)} value(s) already given: {_some(named)}",
            self.site.where(*_pool_path(demands[0])),
            hint=f"widen the pool so that it holds them; to renumber them remove their lines from {FILE_NAME}"
            + (f" (line {lines})" if lines and len(demands) <= _NAMED else ""),
        )

    def _exhausted(self, unplaced: list[Demand], demands: list[Demand]) -> Finding:
        first = unplaced[0]
        pool = first.pool
        need = sum(1 for d in demands if d.pool.name == pool.name and d.kind is first.kind)
        space = self._space(first.kind, first.identity)
        dead = sum(1 for holder in space.values() if holder not in self.live)
        if first.kind is Kind.PORT:
            return self._no_port_left(first, need + dead)
        what = _UNIT.get(first.kind, "addresses")
        kept = f", {dead} of them kept for removed names" if dead else ""
        return Finding(
            "pool-exhausted",
            f"pool '{pool.name}' {pool.describe()} holds {pool.usable} {what}, the fabric needs {need + dead}{kept}",
            self.site.where(*_pool_path(first)),
            hint=_wider(pool, need + dead) + ("; or `rtmctl net lock --prune`" if dead else ""),
        )

    def _no_port_left(self, demand: Demand, need: int) -> Finding:
        switch, _, end = demand.identity.partition(" ")
        ports = f"{demand.pool.size} {demand.pool.name.partition(' of ')[0]}"
        return Finding(
            "no-free-port",
            f"no port for {end.replace(':', ' ')}: {switch} has {ports}, {need} are needed",
            self.site.where(*demand.path),
            hint="raise the number of ports if the switch has more, move cables, or prune the lock of removed names",
        )


_UNIT = {
    Kind.P2P: "links",
    Kind.ASN: "ASNs",
    Kind.L2VNI: "VNIs",
    Kind.L3VNI: "VNIs",
    Kind.L3VLAN: "VLANs",
    Kind.RD: "indexes",
}


def _pool_path(demand: Demand) -> KeyPath:
    """Where the pool itself is written down."""
    if demand.kind is Kind.ADDRESS:
        return ("segments", scope_of(demand.kind, demand.identity), "subnets")
    return ("pools", demand.pool.name) if demand.pool.name in Pools.model_fields else demand.path


def _wider(pool: Pool, need: int) -> str:
    """Which pool would do; for a network the prefix length that just holds the need, and a roomy one."""
    if isinstance(pool, AddressPool | SubnetPool):
        spare = pool.skip_first + pool.skip_last + len(pool.reserved) if isinstance(pool, AddressPool) else 0
        unit_bits = pool.network.max_prefixlen - (
            pool.length if isinstance(pool, SubnetPool) else pool.network.max_prefixlen
        )
        length = pool.network.max_prefixlen - unit_bits - (need + spare - 1).bit_length()
        left = (1 << (pool.network.max_prefixlen - unit_bits - length)) - spare - need
        roomy = max(length - 3, 8 if isinstance(pool.network, IPv4Network) else 16)
        more = (1 << (pool.network.max_prefixlen - unit_bits - roomy)) - spare - need
        leaves = f"leave {left}" if left else "leave none"
        return f"a /{length} would hold them and {leaves}; a /{roomy} leaves room for {more} more"
    return f"{need} are needed: make the range at least that long"


def _some(names: list[str]) -> str:
    names = sorted(names, key=natural_key)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
