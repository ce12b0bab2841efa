"""The class of a flow, path by path, for faults of every kind; what must hold of any is asked of random fabrics."""

from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address
from random import Random

import observe_sites as sites
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_radius import OBSERVED, gone, random_around, random_removed

from rtmctl.drill.classes import Classes, Reaction
from rtmctl.drill.ends import Matrix, Passage, ends
from rtmctl.drill.paths import Path
from rtmctl.drill.radius import radius
from rtmctl.drill.types import Detection, FaultPlan, FlowClass, Removed, Surroundings
from rtmctl.observe.places import Place, places, primary
from rtmctl.probe.types import Flow

LOCAL, REMOTE, STRANDED, SPARED = FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.STRANDED, FlowClass.SPARED


def fault(removed: Removed, detection: Detection = Detection.CARRIER) -> FaultPlan:
    return FaultPlan("any", "any", "any", (), removed, detection)


@lru_cache
def around(text: str, shut: frozenset[str] = frozenset()) -> Surroundings:
    return Surroundings(sites.fabric(text), sites.models(text, shut))


def place(text: str, name: str) -> Place:
    found = primary(sites.fabric(text), sites.fabric(text).host(name), 4)
    assert found is not None
    return found


def reactions(text: str, plan: FaultPlan, a: str, b: str, *shut: str) -> dict[str, Reaction]:
    """By the switches of the path."""
    classes = Classes(around(text, frozenset(shut)), plan)
    return {" ".join(p.switches): r for p, r in classes.reactions(place(text, a), place(text, b))}


TALL = sites.THREE_TIERS.replace("web1: {rack: r1, segment", "web1: {rack: r1, leaf: leaf1, segment").replace(
    "web2: {rack: r2, segment", "web2: {rack: r2, leaf: leaf3, segment"
)
ONE, TWO = "leaf1 spine1 leaf3", "leaf1 spine2 leaf3"
BACK, BESIDE = "leaf3 spine1 leaf1", "leaf3 spine2 leaf1"
CASES = {
    "below a dead link: the other spine": (OBSERVED, ("spine1:leaf1",), "web1", "web2", ONE, (LOCAL, "leaf1", ())),
    "over the other spine": (OBSERVED, ("spine1:leaf1",), "web1", "web2", TWO, (SPARED, "", ())),
    "above it: no valley": (OBSERVED, ("spine1:leaf1",), "web2", "web1", BACK, (REMOTE, "spine1", ("leaf3",))),
    "a spine off: each leaf sees it": (OBSERVED, ("spine1",), "web2", "web1", BACK, (LOCAL, "leaf3", ())),
    "a leaf off under an access host": (OBSERVED, ("leaf3",), "web1", "web2", ONE, (STRANDED, "spine1", ())),
    "and out of it": (OBSERVED, ("leaf3",), "web2", "web1", BACK, (STRANDED, "web2", ())),
    "a leaf of a pair off, toward": (OBSERVED, ("leaf3",), "web1", "any1", ONE, (REMOTE, "spine1", ("leaf1",))),
    "a leaf of a pair off, away": (OBSERVED, ("leaf3",), "any1", "web1", BACK, (LOCAL, "any1", ())),
    "the other leaf of the pair": (OBSERVED, ("leaf4",), "any1", "web1", BACK, (SPARED, "", ())),
    "routed between subnets": (
        *(OBSERVED, ("spine2:leaf4",), "web1", "db1", "leaf1 spine2 leaf4"),
        (REMOTE, "spine2", ("leaf1",)),
    ),
    "a routed host's cable, toward: the leaf's other route": (
        *(OBSERVED, ("any1@leaf3",), "web1", "any1", ONE),
        (LOCAL, "leaf3", ()),
    ),
    "a routed host's cable, away": (OBSERVED, ("any1@leaf3",), "any1", "web1", BACK, (LOCAL, "any1", ())),
    "an access host's cable": (OBSERVED, ("web2@leaf3",), "web1", "web2", ONE, (STRANDED, "leaf3", ())),
    "a host off": (OBSERVED, ("web2:",), "web1", "web2", ONE, (STRANDED, "leaf3", ())),
    "a host off, its own packets": (OBSERVED, ("web2:",), "web2", "web1", BACK, (STRANDED, "web2", ())),
    "on one leaf: no fabric link is used": (
        OBSERVED,
        ("spine1", "spine2"),
        "web1",
        "guest1",
        "leaf1",
        (SPARED, "", ()),
    ),
    "a leaf cut off, toward a pair": (
        *(OBSERVED, ("spine1:leaf3", "spine2:leaf3"), "web1", "any1", ONE),
        (REMOTE, "spine1", ("leaf1",)),
    ),
    "a leaf cut off still announces the subnet it carries": (
        *(OBSERVED, ("spine1:leaf3", "spine2:leaf3"), "any1", "web1", BACK),
        (STRANDED, "leaf3", ()),
    ),
    "but withdraws one that it does not": (
        OBSERVED.replace("subnets: [10.1.20.0/24], racks: [r2]", "subnets: [10.1.20.0/24], racks: [r1]").replace(
            "db1: {rack: r2, leaf: leaf4", "db1: {rack: r1, leaf: leaf1"
        ),
        *(("spine1:leaf3", "spine2:leaf3"), "any1", "db1", BACK),
        (REMOTE, "leaf3", ("any1",)),
    ),
    "pods: up to a dead super-spine": (
        *(TALL, ("super1",), "web1", "web2", "leaf1 spine1 super1 spine3 leaf3"),
        (LOCAL, "spine1", ()),
    ),
    "pods: a link down within the far pod": (
        *(TALL, ("spine3:leaf3",), "web1", "web2", "leaf1 spine1 super1 spine3 leaf3"),
        (REMOTE, "spine3", ("super1",)),
    ),
    "pods: a super-spine has another spine of the pod": (
        *(TALL, ("super1:spine3",), "web1", "web2", "leaf1 spine1 super1 spine3 leaf3"),
        (LOCAL, "super1", ()),
    ),
    "pods: told over two switches": (
        *(TALL, ("spine3:leaf3", "super1:spine4"), "web1", "web2", "leaf1 spine1 super1 spine3 leaf3"),
        (REMOTE, "spine3", ("super1", "spine1")),
    ),
}


@pytest.mark.parametrize(("text", "names", "a", "b", "way", "expected"), CASES.values(), ids=CASES)
def test_class(
    text: str, names: tuple[str, ...], a: str, b: str, way: str, expected: tuple[FlowClass, str, tuple[str, ...]]
) -> None:
    found = reactions(text, fault(gone(*names)), a, b)[way]
    assert (found.kind, found.sender, found.told) == expected
    nodes = (a, *way.split(), b)
    assert found.into == (nodes[nodes.index(found.sender) + 1] if found.sender else "")


def test_a_next_hop_that_stands_in_the_table_is_told_from_one_that_must_be_chosen() -> None:
    installed = {
        names: reactions(OBSERVED, fault(gone(names)), "web1", "any1")[ONE]
        for names in ("spine1:leaf1", "leaf3", "any1@leaf3")
    }
    assert {n: r.installed for n, r in installed.items()} == {"spine1:leaf1": True, "leaf3": True, "any1@leaf3": False}


def test_only_a_drained_spine_is_left_as_the_other_next_hop() -> None:
    """Nobody uses it until then, so it must be chosen first."""
    found = reactions(OBSERVED, fault(gone("spine1:leaf1")), "web1", "web2", "spine2")
    assert {way: (r.kind, r.installed) for way, r in found.items()} == {ONE: (LOCAL, False)}


DETECTIONS = {
    "endured: lost as long as it lasts": (Detection.ENDURED, ("spine1",), "web1", ONE, STRANDED),
    "endured, elsewhere": (Detection.ENDURED, ("spine1",), "web1", TWO, SPARED),
    "drained: told before": (Detection.PLANNED, ("spine1:leaf1",), "web1", ONE, LOCAL),
    "the data plane goes on where nothing else is left": (Detection.NONE, ("leaf3",), "web1", ONE, LOCAL),
    "silence": (Detection.BFD, ("spine1:leaf1",), "web1", ONE, LOCAL),
}


@pytest.mark.parametrize(("detection", "names", "a", "way", "kind"), DETECTIONS.values(), ids=DETECTIONS)
def test_detection(detection: Detection, names: tuple[str, ...], a: str, way: str, kind: FlowClass) -> None:
    found = reactions(OBSERVED, fault(gone(*names), detection), a, "web2")[way]
    assert found.kind is kind
    nodes = (a, *way.split(), "web2")
    assert found.into == (nodes[nodes.index(found.sender) + 1] if found.sender else "")


def test_a_fault_that_removes_nothing_is_met_where_it_touches() -> None:
    plan = FaultPlan("any", "any", "any", (), Removed(), Detection.NONE, touches=gone("spine1"))
    found = reactions(OBSERVED, plan, "web1", "web2")
    assert {way: r.kind for way, r in found.items()} == {ONE: LOCAL, TWO: SPARED}


SETTLED = {
    "both links seen": (("spine1:leaf3", "spine1:leaf1"), REMOTE),
    "one of them is enough": (("spine1:leaf3",), REMOTE),
    "with the cable to the host": (("spine2:leaf3", ("leaf1", "web1")), SPARED),
    "every cable of the path": (
        ("spine1:leaf3", "spine1:leaf1", ("leaf1", "web1"), ("leaf3", "web2")),
        REMOTE,
    ),
    "nothing seen: either may be": ((), None),
    "a link of no path": (("spine1:leaf4",), None),
    "two paths at once": (("spine1:leaf3", "spine2:leaf3"), None),
}


@pytest.mark.parametrize(("used", "kind"), SETTLED.values(), ids=SETTLED)
def test_counters_settle_it(used: tuple[str | tuple[str, str], ...], kind: FlowClass | None) -> None:
    port = {c.leaf: c.port for host in ("web1", "web2") for c in sites.fabric(OBSERVED).host(host).links}
    seen = [step if isinstance(step, str) else (step[0], port[step[0]]) for step in used]
    classes = Classes(around(OBSERVED), fault(gone("spine1:leaf1")))
    found = classes.settle(place(OBSERVED, "web2"), place(OBSERVED, "web1"), seen)
    assert (found.kind if found else None) is kind


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 1000))
def test_classes_agree_with_the_radius(site: int, seed: int) -> None:
    """A flow is spared exactly on paths that cross nothing removed, and has no way back where its pair is lost."""
    here = random_around(site)
    removed = random_removed(here.fabric, Random(seed))
    classes = Classes(here, fault(removed))
    for a, b in _pairs(here, Random(seed)):
        found = classes.reactions(a, b)
        lost = radius(_pair_alone(here, a, b), removed).pairs_lost
        for path, reaction in found:
            assert (reaction.kind is SPARED) is not _crosses(path, removed)
            if lost:
                assert reaction.kind in (SPARED, STRANDED)
            elif a.segment is None and b.segment is None and reaction.kind is STRANDED:
                raise AssertionError(f"{path} has no way although the pair has one")
        assert not (lost and any(r.kind is SPARED for _, r in found))


def _crosses(path: Path, removed: Removed) -> bool:
    return bool(
        removed.devices & set(path.switches)
        or removed.links & set(path.links)
        or removed.hosts & {path.source, path.destination}
        or removed.host_ports & {path.enters, path.leaves}
    )


def _pairs(here: Surroundings, dice: Random) -> list[tuple[Place, Place]]:
    matrix, all_ = Matrix(here.fabric), [end for end in ends(here.fabric) if not end.outside]
    may = [(a, b) for a in all_ for b in all_ if a != b and matrix.between(a.zones, b.zones) is Passage.FABRIC]
    firsts = {h.name: places(here.fabric, h)[0] for h in here.fabric.hosts if h.links}
    return [(firsts[a.name], firsts[b.name]) for a, b in dice.sample(may, min(4, len(may)))]


def _pair_alone(here: Surroundings, a: Place, b: Place) -> Surroundings:
    hosts = tuple(h for h in here.fabric.hosts if h.name in (a.host, b.host))
    return Surroundings(replace(here.fabric, hosts=hosts), here.models)


def test_a_probes_flow_is_settled_by_its_own_addresses() -> None:
    def settled(source: str, address: str) -> FlowClass | None:
        web1 = place(OBSERVED, "web1")
        flow = Flow("any", "web1", source, web1.address, ip_address(address))
        found = Classes(around(OBSERVED), fault(gone("spine1:leaf1"))).settle_flow(flow, {"spine1:leaf1"})
        return found.kind if found else None

    own = str(place(OBSERVED, "web2").address)
    assert settled("web2", own) is LOCAL
    assert settled("db1", own) is None
