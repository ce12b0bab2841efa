"""What allocation cannot do, as the operator is told: who has the value, how large the pool would have to be."""

from ipaddress import IPv4Network

from rtmctl.base import Finding, Position
from rtmctl.base.order import natural_key
from rtmctl.fabric.demands import Demand
from rtmctl.fabric.lock import FILE_NAME, Kind, Lock, scope_of
from rtmctl.fabric.pools import AddressPool, Pool, SubnetPool
from rtmctl.intent.schema.pools import Pools
from rtmctl.intent.site import KeyPath, Site

_NAMED = 3
"""how many names a finding lists before it says how many more there are"""


def taken(
    site: Site, lock: Lock, demand: Demand, value: str, holder: tuple[Kind, str], other: Demand | None
) -> Finding:
    """An explicit value that a live identity holds; `other` is its demand where that is explicit too."""
    line = lock.lines.get(holder)
    place = f" ({FILE_NAME}:{line})" if line else ""
    also = site.where(*other.path) if other is not None else None
    return Finding(
        "allocation-taken",
        f"{demand.kind} {value} for {demand.identity} belongs to {holder[1]} already{'' if other else place}",
        site.where(*demand.path),
        hint="give one of the two another value"
        if other
        else f"choose another value, or remove the line of {holder[1]} from {FILE_NAME} to renumber it",
        also=(also,) if also is not None else (),
    )


def garbled(lock: Lock, demand: Demand) -> Finding:
    """A line of the lock whose value its kind can never have."""
    value = lock.get(demand.kind, demand.identity)
    line = lock.lines.get((demand.kind, demand.identity))
    return Finding(
        "lock-bad-value",
        f"{value!r} cannot be the {demand.kind} of {demand.identity}; one is {demand.pool.value(0)}",
        Position(FILE_NAME, line, 1) if line else None,
        hint="restore the line from git; without it `rtmctl net lock` gives another value",
    )


def pool_moved(site: Site, lock: Lock, demands: list[Demand]) -> Finding:
    """Values in the lock that the site's pool, or switch, no longer holds; all of one pool."""
    pool = demands[0].pool
    named = [f"{d.identity} {lock.get(d.kind, d.identity)}" for d in demands]
    lines = ", ".join(str(n) for d in demands if (n := lock.lines.get((d.kind, d.identity))))
    return Finding(
        "pool-moved",
        f"pool '{pool.name}' {pool.describe()} leaves out {len(demands)} value(s) already given: {some(named)}",
        site.where(*_pool_path(demands[0])),
        hint=f"widen the pool so that it holds them; to renumber them remove their lines from {FILE_NAME}"
        + (f" (line {lines})" if lines and len(demands) <= _NAMED else ""),
    )


def pool_full(site: Site, demand: Demand, need: int, dead: int) -> Finding:
    """`need` live identities want a value of the demand's pool, and `dead` ones still hold some."""
    pool = demand.pool
    if demand.kind is Kind.PORT:
        return _no_port_left(site, demand, need + dead)
    what = _UNIT.get(demand.kind, "addresses")
    kept = f", {dead} of them kept for removed names" if dead else ""
    return Finding(
        "pool-exhausted",
        f"pool '{pool.name}' {pool.describe()} holds {pool.usable} {what}, the fabric needs {need + dead}{kept}",
        site.where(*_pool_path(demand)),
        hint=_wider(pool, need + dead) + ("; or `rtmctl net lock --prune`" if dead else ""),
    )


def _no_port_left(site: Site, demand: Demand, need: int) -> Finding:
    switch, _, end = demand.identity.partition(" ")
    ports = f"{demand.pool.size} {demand.pool.name.partition(' of ')[0]}"
    return Finding(
        "no-free-port",
        f"no port for {end.replace(':', ' ')}: {switch} has {ports}, {need} are needed",
        site.where(*demand.path),
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


def some(names: list[str]) -> str:
    """The first few, and how many more there are."""
    names = sorted(names, key=natural_key)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
