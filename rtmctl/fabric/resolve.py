"""After a merge: two identities with one value. Who was there before keeps it, the newer one is allocated anew."""

from rtmctl.fabric.lock import Kind, Lock, may_share, scope_of


def resolve(lock: Lock, base: Lock) -> Lock:
    """`lock` without the losers of every collision; `allocate` then gives them other values.

    The holder that `base` knows with this value stays; where it knows none, the first by name. A value that both
    kinds of VNI hold counts as a collision too.
    """
    holders: dict[tuple[str, str, str], list[tuple[Kind, str]]] = {}
    for kind, identity, value in lock.items():
        space = "vni" if kind in (Kind.L2VNI, Kind.L3VNI) else str(kind)
        holders.setdefault((space, scope_of(kind, identity), value), []).append((kind, identity))
    losers: set[tuple[Kind, str]] = set()
    for (_, _, value), found in holders.items():
        if len(found) > 1:
            stays = min(found, key=lambda holder: (base.get(*holder) != value, holder))
            losers.update(h for h in found if h != stays and not may_share(h[0], h[1], stays[1]))
    return Lock(
        {
            kind: {name: value for name, value in lock.of(kind).items() if (kind, name) not in losers}
            for kind in lock.allocations
        }
    )
