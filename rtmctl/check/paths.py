"""Every leaf still reaches every other after any single switch above them fails.

Paths go up and then down again, never through a leaf (RFC 7938 §5.2.1: no valley): two leafs reach each other when
going up they come to a common switch. A link's failure takes less than the failure of the switch at its upper end.
"""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding, Severity
from rtmctl.fabric.types import Fabric, Role
from rtmctl.model.types import DeviceModel, PortKind

_LEVEL = {Role.LEAF: 0, Role.BORDER: 0, Role.SPINE: 1, Role.SUPER_SPINE: 2}


def survives_single_failure(_fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    above = {name: _above(model, models) for name, model in sorted(models.items())}
    leafs = [name for name in above if _LEVEL[models[name].role] == 0]
    whole = _apart(leafs, above, lost=None)
    if whole is not None:
        yield Finding("fabric-split", f"{whole[0]} and {whole[1]} have no path to each other")
        return
    for lost in above:
        if lost in leafs:
            continue
        pair = _apart(leafs, above, lost)
        if pair is not None:
            yield Finding(
                "single-point-of-failure",
                f"when {lost} fails, {pair[0]} and {pair[1]} cannot reach each other",
                hint="connect each leaf to two spines at least",
                severity=Severity.WARNING,
            )


def _above(model: DeviceModel, models: Mapping[str, DeviceModel]) -> frozenset[str]:
    """The switches one level up at the far ends of its cables."""
    level = _LEVEL[model.role]
    peers = {port.peer_device for port in model.ports if port.kind is PortKind.FABRIC and port.peer_device is not None}
    return frozenset(peer for peer in peers if peer in models and _LEVEL[models[peer].role] > level)


def _apart(leafs: list[str], above: Mapping[str, frozenset[str]], lost: str | None) -> tuple[str, str] | None:
    """Two leafs that reach no common switch; leafs with the same uplinks are looked at once."""
    reach: dict[frozenset[str], frozenset[str]] = {}
    first: dict[frozenset[str], str] = {}
    for leaf in leafs:
        uplinks = above[leaf]
        if reach.get(uplinks):
            continue
        if uplinks not in reach:
            reach[uplinks] = _climb(uplinks, above, lost)
            first[uplinks] = leaf
        elif not reach[uplinks]:
            return first[uplinks], leaf
    groups = sorted(first.items(), key=lambda group: group[1])
    for n, (uplinks, leaf) in enumerate(groups):
        for others, other in groups[n + 1 :]:
            if not reach[uplinks] & reach[others]:
                return leaf, other
    return None


def _climb(start: frozenset[str], above: Mapping[str, frozenset[str]], lost: str | None) -> frozenset[str]:
    seen: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name != lost and name not in seen:
            seen.add(name)
            todo += above[name]
    return frozenset(seen)
