"""Which flows a drill measures when its file names none: such that the fault is met, with untouched ones beside. Pure.

Which of several next hops a 5-tuple takes is the kernel's hash with a seed of its own: nobody can predict it, only
counters tell. So as many 5-tuples are sent as make it likely (`SURE`) that one of them is where the fault is.
"""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from random import Random

from rtmctl.drill.classes import Classes, Reaction
from rtmctl.drill.ends import ends
from rtmctl.drill.paths import Path
from rtmctl.drill.types import FaultPlan, FlowClass, Load, PlannedFlow, Removed, Surroundings
from rtmctl.drill.ways import Ways
from rtmctl.fabric.types import Fabric
from rtmctl.observe.places import Packet, Place, places, ruling
from rtmctl.probe.types import Flow, ProbeSpec

__all__ = ["Chosen", "choose_flows", "tuples_needed"]

SURE = 0.99
"""chance that every class that the fault has is met by at least one flow"""
MOST_TUPLES = 64
NEAR, FAR = 16, 48
"""hosts next to the fault, and others, of which pairs are tried"""
_PORT = ProbeSpec((), 0.0).port
_WORST = (FlowClass.STRANDED, FlowClass.REMOTE, FlowClass.LOCAL, FlowClass.SPARED)


@dataclass(frozen=True, slots=True)
class Chosen:
    flows: tuple[PlannedFlow, ...]
    reactions: tuple[Reaction, ...]
    """what may happen to any of them, on any path"""
    chance: float
    """that every class the plan is about is met, when hashes are fair"""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction of a pair."""

    source: Place
    destination: Place
    found: tuple[tuple[Path, Reaction], ...]

    @property
    def kinds(self) -> frozenset[FlowClass]:
        return frozenset(reaction.kind for _, reaction in self.found)

    def share(self, kind: FlowClass) -> float:
        """Of its paths of equal cost those on which a flow is of the class."""
        return sum(reaction.kind is kind for _, reaction in self.found) / len(self.found)


_Pair = tuple[_Way, _Way]


def choose_flows(
    around: Surroundings,
    fault: FaultPlan,
    load: Load,
    *,
    hosts: Collection[str],
    most_pairs: int = 4,
    seed: int = 0,
) -> Chosen:
    """The flows of a drill, both directions of each pair.

    Args:
        load: where it names pairs, they are taken as they are, `per_pair` 5-tuples each way; else `per_pair` at least.
        hosts: that can be entered; others are left out.
        most_pairs: to be chosen, one that the fault does not touch included.
        seed: equal seeds give equal flows.
    """
    classes = Classes(around, fault)
    if load.pairs:
        named = {names: _pair(around, classes, *names) for names in load.pairs}
        notes = tuple(
            f"{a} and {b}: the site lets no probe pass between them" for (a, b), pair in named.items() if pair is None
        )
        return _planned(load, [pair for pair in named.values() if pair is not None], load.per_pair, notes)
    pairs = list(_chosen(around, fault.met, classes, sorted(hosts), most_pairs, Random(seed)))
    notes = () if _shares(pairs) else ("no pair of hosts that probes may use crosses what the fault removes",)
    return _planned(load, pairs, max(load.per_pair, _tuples(pairs)), notes)


def tuples_needed(share: float, sure: float = SURE) -> int:
    """5-tuples until one takes the share of paths that is meant, with probability `sure`: 1 − (1 − share)^n."""
    return 1 if share >= 1 else math.ceil(math.log(1 - sure) / math.log(1 - share))


def _tuples(pairs: Iterable[_Pair]) -> int:
    """Enough for the class that is hardest to meet. Each direction that may have it sends as many."""
    shares = _shares(pairs)
    sure = 1 - (1 - SURE) / max(1, len(shares))  # none of the classes is missed
    needed = [math.ceil(tuples_needed(_together(found), sure) / len(found)) for found in shares.values()]
    return min(max(needed, default=1), MOST_TUPLES)


def _shares(pairs: Iterable[_Pair]) -> dict[FlowClass, list[float]]:
    found: dict[FlowClass, list[float]] = {}
    for pair in pairs:
        for way in pair:
            for kind in way.kinds - {FlowClass.SPARED}:
                found.setdefault(kind, []).append(way.share(kind))
    return found


def _together(shares: list[float]) -> float:
    return 1 - math.prod(1 - share for share in shares) ** (1 / len(shares))


def _chance(pairs: Iterable[_Pair], tuples: int) -> float:
    missed = [math.prod(1 - share for share in found) ** tuples for found in _shares(pairs).values()]
    return math.prod(1 - each for each in missed)


def _chosen(
    around: Surroundings, met: Removed, classes: Classes, hosts: list[str], most: int, dice: Random
) -> Iterator[_Pair]:
    """Greedy: the pair that shows most of what was not shown yet, then one that the fault does not touch."""
    dice.shuffle(hosts)
    near = _near(around.fabric, met, hosts)
    others = _unlike(around.fabric, hosts)
    meeting = [
        pair
        for one in (near or others)[:NEAR]
        for other in others[:FAR]
        if one != other and (pair := _pair(around, classes, one, other)) is not None
    ]
    shown: set[tuple[FlowClass, bool]] = set()
    alive = [pair for pair in meeting if not any(FlowClass.STRANDED in way.kinds for way in pair)]
    if any(_shows(pair) for pair in alive):
        meeting = alive  # what is lost for good shows nothing of how fast the rest comes back
    taken = 0
    while taken < max(1, most - 1):
        best = max(meeting, key=lambda pair: len(_shows(pair) - shown), default=None)
        if best is None or not _shows(best) - shown:
            break
        shown |= _shows(best)
        taken += 1
        yield best
    for one in others[:FAR]:
        for other in others[:FAR]:
            if one < other and (pair := _pair(around, classes, one, other)) is not None and not _shows(pair):
                yield pair
                return


def _shows(pair: _Pair) -> set[tuple[FlowClass, bool]]:
    """(class, whether bridged) of both directions."""
    return {
        (kind, way.source.segment is not None and way.source.segment == way.destination.segment)
        for way in pair
        for kind in way.kinds - {FlowClass.SPARED}
    }


def _near(fabric: Fabric, met: Removed, hosts: list[str]) -> list[str]:
    """Hosts with what is removed on a way up from them."""
    ways = Ways(fabric)
    tops = met.devices | {link.b.device for link in fabric.links if link.identity in met.links}
    below = frozenset[str]().union(*(ways.below(top) for top in tops))
    touched = {
        host.name
        for host in fabric.hosts
        if host.name in met.hosts
        or any(cable.leaf in below or (cable.leaf, cable.port) in met.host_ports for cable in host.links)
    }
    return [name for name in hosts if name in touched]


def _unlike(fabric: Fabric, hosts: list[str]) -> list[str]:
    """One host of each kind: the same leafs and zones are the same to every fault but one of the host itself."""
    known = {end.name: (end.zones, frozenset(leaf for leaf, _ in end.cables)) for end in ends(fabric)}
    found: dict[object, str] = {}
    for name in hosts:
        if name in known:
            found.setdefault(known[name], name)
    return list(found.values())


def _pair(around: Surroundings, classes: Classes, one: str, other: str) -> _Pair | None:
    """None: the site does not let probes pass both ways, or there is no way."""
    for a in places(around.fabric, around.fabric.host(one)):
        for b in places(around.fabric, around.fabric.host(other)):
            if a.version == b.version and _may(around, a, b) and _may(around, b, a):
                there, back = classes.reactions(a, b), classes.reactions(b, a)
                return (_Way(a, b, there), _Way(b, a, back)) if there and back else None
    return None


def _may(around: Surroundings, a: Place, b: Place) -> bool:
    packet = Packet(a.address, b.address, "udp", _PORT + 1, _PORT)
    return ruling(around.fabric, around.models, a, b, packet).passes is True


def _planned(load: Load, pairs: list[_Pair], tuples: int, notes: tuple[str, ...]) -> Chosen:
    ways = [way for pair in pairs for way in pair]
    flows = tuple(
        PlannedFlow(
            Flow(
                f"{way.source.host}-{way.destination.host}-{number}",
                way.source.host,
                way.destination.host,
                way.source.address,
                way.destination.address,
                load.rate_pps,
                load.size,
            ),
            next(kind for kind in _WORST if kind in way.kinds),
            _via(way),
        )
        for way in ways
        for number in range(1, tuples + 1)
    )
    reactions = dict.fromkeys(reaction for way in ways for _, reaction in way.found)
    return Chosen(flows, tuple(reactions), _chance(pairs, tuples), notes)


def _via(way: _Way) -> tuple[str, ...]:
    stages = zip_longest(*(path.switches for path, _ in way.found))
    return tuple(dict.fromkeys(name for stage in stages for name in sorted({n for n in stage if n is not None})))
