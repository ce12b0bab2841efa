"""Every single failure of a fabric: what `drill run --matrix` walks. Pure."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from rtmctl.base.order import natural_key
from rtmctl.drill.types import Removed
from rtmctl.fabric.types import Fabric, Role

__all__ = ["FailureKind", "SingleFailure", "every_single_failure"]


class FailureKind(StrEnum):
    LINK = "link"
    SPINE = "spine"
    """super-spines too"""
    LEAF = "leaf"
    BORDER = "border"
    RACK = "rack"


@dataclass(frozen=True, slots=True)
class SingleFailure:
    kind: FailureKind
    target: str
    """as a fault's target is written: 'spine1:leaf3', 'spine1', 'rack1'"""
    removed: Removed

    @property
    def fault(self) -> str:
        """The name of the fault that makes it."""
        return "link-down" if self.kind is FailureKind.LINK else str(self.kind)

    @property
    def name(self) -> str:
        """Stable: it follows from names alone."""
        return f"{self.kind} {self.target}"


_KINDS = {
    Role.SPINE: FailureKind.SPINE,
    Role.SUPER_SPINE: FailureKind.SPINE,
    Role.LEAF: FailureKind.LEAF,
    Role.BORDER: FailureKind.BORDER,
}


def every_single_failure(fabric: Fabric) -> tuple[SingleFailure, ...]:
    """Each link, each switch, and each rack whose leafs may fail together; a rack of one leaf is that leaf."""
    found = [SingleFailure(FailureKind.LINK, n.identity, Removed(links=frozenset({n.identity}))) for n in fabric.links]
    racks: defaultdict[str, set[str]] = defaultdict(set)
    for device in fabric.devices:
        found.append(SingleFailure(_KINDS[device.role], device.name, Removed(devices=frozenset({device.name}))))
        if device.rack is not None:
            racks[device.rack].add(device.name)
    found += [
        SingleFailure(FailureKind.RACK, rack, Removed(devices=frozenset(leafs)))
        for rack, leafs in racks.items()
        if len(leafs) > 1
    ]
    order = list(FailureKind)
    return tuple(sorted(found, key=lambda failure: (order.index(failure.kind), natural_key(failure.target))))
