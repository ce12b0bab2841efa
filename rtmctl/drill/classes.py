"""The class of a flow for a fault: who sends into what is gone, and who has another next hop. Pure.

Both directions of a pair are classed on their own: over a dead link the leaf below sees it and has other spines, the
spine above has no other way down (no valley), so that whoever sends to it must be told.
"""

from collections.abc import Collection
from dataclasses import dataclass

from rtmctl.base.net import Address
from rtmctl.drill.paths import Cable, Path, Router
from rtmctl.drill.types import Detection, FaultPlan, FlowClass, Removed, Surroundings
from rtmctl.observe.expect import drained
from rtmctl.observe.places import Place, places
from rtmctl.probe.types import Flow

__all__ = ["Classes", "Reaction"]


Choices = frozenset[tuple[str, str]]
"""(leaf where the packet leaves the fabric, next hop)"""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What happens to a flow on one path when the fault comes."""

    kind: FlowClass
    sender: str = ""
    """the switch or host that sends into what is gone; '' for a flow that is spared"""
    into: str = ""
    """the neighbour it sends to"""
    told: tuple[str, ...] = ()
    """who must learn of it from the one before, in order; the last has another next hop"""
    installed: bool = True
    """the other next hop stands in the forwarding table already: nobody has to choose a route"""


SPARED = Reaction(FlowClass.SPARED)


class Classes:
    """The flows of one fabric before one fault."""

    def __init__(self, around: Surroundings, fault: FaultPlan) -> None:
        shut = drained(around.models)
        self._met, self._detection = fault.met, fault.detection
        self._whole = Router(around.fabric, shut)
        self._rest = Router(around.fabric, shut, fault.met)

    def paths(self, source: Place, destination: Place) -> tuple[Path, ...]:
        return tuple(self._whole.paths(source, destination))

    def reactions(self, source: Place, destination: Place) -> tuple[tuple[Path, Reaction], ...]:
        """What may happen to a flow, path by path."""
        return tuple((path, self.reaction(path, destination)) for path in self.paths(source, destination))

    def settle(self, source: Place, destination: Place, used: Collection[str | Cable]) -> Reaction | None:
        """The class of a flow of which counters showed the links.

        Args:
            used: identities of links between switches, (leaf, port) of cables to hosts, as far as they were seen.

        Returns:
            None when what was seen fits no path, or paths of different classes: then nothing is known.
        """
        fitting = [r for path, r in self.reactions(source, destination) if set(used) <= set(path.steps)]
        kinds = {reaction.kind for reaction in fitting}
        return fitting[0] if len(kinds) == 1 else None

    def settle_flow(self, flow: Flow, used: Collection[str | Cable]) -> Reaction | None:
        """`settle`, for a flow of a probe; None too where a host does not have the flow's address."""
        source, destination = (
            self._place(flow.source, flow.source_address),
            self._place(flow.destination, flow.destination_address),
        )
        return None if source is None or destination is None else self.settle(source, destination, used)

    def _place(self, host: str, address: Address) -> Place | None:
        fabric = self._whole.fabric
        return next((p for p in places(fabric, fabric.host(host)) if p.address == address), None)

    def reaction(self, path: Path, destination: Place) -> Reaction:
        broken = _broken(path, self._met)
        if broken is None:
            return SPARED
        sender, into = path.nodes[broken], path.nodes[broken + 1]
        if self._detection is Detection.ENDURED:
            return Reaction(FlowClass.STRANDED, sender, into)
        found = self._turn(path, destination, broken)
        if found.kind is FlowClass.STRANDED and self._detection in (Detection.NONE, Detection.PLANNED):
            return Reaction(FlowClass.LOCAL, sender, into)  # the data plane goes on
        return found

    def _turn(self, path: Path, destination: Place, broken: int) -> Reaction:
        """Back from the fault to the first who has another next hop."""
        sender, into = path.nodes[broken], path.nodes[broken + 1]
        if sender not in self._met.hosts:
            for at in range(broken, -1, -1):
                after = self._choices(self._rest, path, destination, broken, at)
                if after:
                    before = self._choices(self._whole, path, destination, broken, at)
                    told = tuple(reversed(path.nodes[at:broken]))
                    kind = FlowClass.REMOTE if told else FlowClass.LOCAL
                    return Reaction(kind, sender, into, told, bool(before & after))
        return Reaction(FlowClass.STRANDED, sender, into)

    def _choices(self, router: Router, path: Path, destination: Place, broken: int, at: int) -> Choices:
        """What a node on the path may do with the flow."""
        node, exit_ = path.nodes[at], path.switches[-1]
        if at == 0:
            if broken > 0 and self._never_withdraws(path.switches[0], destination):
                return frozenset()
            leafs = router.leafs(path.source)
            return frozenset(("", leaf) for leaf in leafs if router.exits(leaf, path.destination))
        if node in (path.switches[0], exit_):
            return router.next_hops(node, path.destination)
        if exit_ not in router.leafs(path.destination):
            return frozenset()  # switches in between know leafs, not hosts
        return frozenset((exit_, hop) for hop in router.ways.next_hops(node, exit_))

    def _never_withdraws(self, leaf: str, destination: Place) -> bool:
        """A leaf that carries a segment announces its subnet to hosts, cut off from the rest of it or not."""
        name = destination.segment
        return name is not None and leaf in self._whole.fabric.segment(name).leafs


def _broken(path: Path, met: Removed) -> int | None:
    """The node on the path that sends into what is gone; itself where it is gone and first."""
    if path.source in met.hosts:
        return 0
    for number, step in enumerate(path.steps):
        onward = path.nodes[number + 1]
        cut = step in met.links if isinstance(step, str) else step in met.host_ports
        if cut or onward in (met.hosts if number == len(path.switches) else met.devices):
            return number
    return None
