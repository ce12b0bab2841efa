"""The blast radius: counted by hand, pair by pair by another program, and what must hold of any."""

from dataclasses import replace
from functools import lru_cache
from random import Random

import fabric_sites
import observe_sites as sites
import pytest
from drill_truth import counted
from hypothesis import given, settings
from hypothesis import strategies as st
from random_sites import random_site

from rtmctl.drill.failures import every_single_failure
from rtmctl.drill.faults import find_fault
from rtmctl.drill.radius import Blast, radius
from rtmctl.drill.types import Radius, Removed, Surroundings
from rtmctl.drill.ways import Ways
from rtmctl.fabric import Fabric
from rtmctl.model import build_models
from rtmctl.observe.expect import drained

OBSERVED = sites.OBSERVED
"""red: web1, guest1 (leaf1), web2 (leaf3), db1 (leaf4), any1 (routed, leaf3 and leaf4), blue: app1 (leaf2), store1
(leaf3), which may speak: 10 pairs of red and one of blue"""
WITH_BORDERS = OBSERVED.replace("tenants:", "  border[1-2]: {role: border, rack: edge}\ntenants:") + (
    "externals:\n"
    "  isp1: {border: border1, tenant: red, asn: 3320, local: 192.0.2.1/30, peer: 192.0.2.2/30}\n"
    "  isp2: {border: border2, tenant: red, asn: 3320, local: 192.0.2.5/30, peer: 192.0.2.6/30}\n"
    "  fw: {border: border1, tenant: blue, asn: 64999, local: 192.0.2.9/30, peer: 192.0.2.10/30,\n"
    "       accept: [10.77.0.0/16]}\n"
)
"""red's hosts reach the world at either border, blue's two the prefix behind border1: 7 more pairs"""


@lru_cache
def around(text: str, shut: frozenset[str] = frozenset()) -> Surroundings:
    return Surroundings(sites.fabric(text), sites.models(text, shut))


def port(host: str, leaf: str) -> tuple[str, str]:
    return leaf, next(c.port for c in sites.fabric(OBSERVED).host(host).links if c.leaf == leaf)


def gone(*names: str) -> Removed:
    """Devices, links by their colon, host ports by 'host@leaf', hosts by 'host:'."""
    return Removed(
        devices=frozenset(n for n in names if ":" not in n and "@" not in n),
        links=frozenset(n for n in names if ":" in n and not n.endswith(":")),
        hosts=frozenset(n[:-1] for n in names if n.endswith(":")),
        host_ports=frozenset(port(*n.split("@")) for n in names if "@" in n),
    )


EVERY = ("any1", "app1", "db1", "guest1", "store1", "web1", "web2")
CASES = {
    "nothing": (OBSERVED, (), (), (), 0, 0),
    "a link: ways out of one leaf": (OBSERVED, ("spine1:leaf1",), (), ("guest1", "web1"), 0, 6),
    "a spine: all but neighbours on one leaf": (OBSERVED, ("spine1",), (), EVERY, 0, 10),
    "both spines: what is on one leaf stays": (
        OBSERVED,
        ("spine1", "spine2"),
        ("app1", "store1"),
        ("any1", "db1", "guest1", "web1", "web2"),
        8,
        2,
    ),
    "a leaf: its hosts, and a way of the routed one": (OBSERVED, ("leaf3",), ("store1", "web2"), ("any1",), 5, 3),
    "a rack": (OBSERVED, ("leaf3", "leaf4"), ("any1", "db1", "store1", "web2"), (), 10, 0),
    "a leaf with one host": (OBSERVED, ("leaf2",), ("app1",), (), 1, 0),
    "a host: others have lost nobody but it": (OBSERVED, ("web1:",), ("web1",), (), 4, 0),
    "the cable of an access host": (OBSERVED, ("web1@leaf1",), ("web1",), (), 4, 0),
    "a cable of a routed host": (OBSERVED, ("any1@leaf3",), (), ("any1",), 0, 4),
    "a leaf cut off": (
        OBSERVED,
        ("spine1:leaf4", "spine2:leaf4"),
        (),
        ("any1", "db1"),
        3,
        4,
    ),
    "a spine of a pod: ways up and within": (sites.THREE_TIERS, ("spine1",), (), ("web1",), 0, 1),
    "a super-spine": (sites.THREE_TIERS, ("super1",), (), ("web1", "web2"), 0, 1),
    "all super-spines: the pods apart": (sites.THREE_TIERS, ("super1", "super2"), ("web1", "web2"), (), 1, 0),
    "a border of two": (WITH_BORDERS, ("border2",), (), (), 0, 5),
    "the border of blue's firewall": (WITH_BORDERS, ("border1",), (), (), 2, 5),
}


@pytest.mark.parametrize(("text", "names", "lost", "worse", "pairs_lost", "pairs_worse"), CASES.values(), ids=CASES)
def test_by_hand(
    text: str, names: tuple[str, ...], lost: tuple[str, ...], worse: tuple[str, ...], pairs_lost: int, pairs_worse: int
) -> None:
    found = radius(around(text), gone(*names))
    assert (found.hosts_lost, found.hosts_degraded) == (lost, worse)
    assert (found.pairs_lost, found.pairs_degraded) == (pairs_lost, pairs_worse)


def test_pairs_are_those_that_the_site_allows() -> None:
    assert [radius(around(text), Removed()).pairs for text in (OBSERVED, WITH_BORDERS)] == [11, 18]


def test_segments_are_those_of_hosts_hit() -> None:
    assert radius(around(OBSERVED), gone("leaf3")).segments == ("store", "web")


def test_a_way_out_of_the_site_is_lost_by_name() -> None:
    assert radius(around(WITH_BORDERS), gone("border1")).externals_lost == ("fw",)
    assert radius(around(WITH_BORDERS), gone("border1", "border2")).externals_lost == ("fw", "isp1, isp2")


DRAINED = {
    "a drained spine carries nothing": (("spine1",), ("spine1",), 0, 0),
    "then the other is all there is": (("spine1",), ("spine2",), 0, 10),
    "a routed host has left its drained leaf": (("leaf4",), ("any1@leaf4",), 0, 0),
    "and is on the other alone": (("leaf4",), ("any1@leaf3",), 0, 4),
}


@pytest.mark.parametrize(("shut", "names", "lost", "worse"), DRAINED.values(), ids=DRAINED)
def test_drained(shut: tuple[str, ...], names: tuple[str, ...], lost: int, worse: int) -> None:
    found = radius(around(OBSERVED, frozenset(shut)), gone(*names))
    assert (found.pairs_lost, found.pairs_degraded) == (lost, worse)
    assert (found.hosts_degraded == ()) is (worse == 0)


TWO_EXITS = sites.THREE_TIERS.replace(
    "tenants:",
    "  border1: {role: border, rack: e1, pod: pod1}\n  border2: {role: border, rack: e2, pod: pod2}\ntenants:",
) + (
    "externals:\n"
    "  isp1: {border: border1, tenant: red, asn: 3320, local: 192.0.2.1/30, peer: 192.0.2.2/30}\n"
    "  isp2: {border: border2, tenant: red, asn: 3320, local: 192.0.2.5/30, peer: 192.0.2.6/30}\n"
)
"""a way out in each pod, and pairs of web1 and web2 with each other and with the world"""


def test_the_world_comes_in_at_every_border() -> None:
    """A host that leaves at its own pod's border misses the other one all the same."""
    both = TWO_EXITS.replace("site: tall", "site: tall\nfabric: {overlay: ibgp-rr}")
    assert [radius(around(text), gone("border2")).pairs_degraded for text in (TWO_EXITS, both)] == [2, 2]


def test_the_nearest_of_several_leafs_is_taken() -> None:
    ways = Ways(sites.fabric(TWO_EXITS))
    assert ways.nearest("leaf1", ("border1", "border2")) == {"border1"}
    assert ways.nearest("super1", ("border1", "border2")) == {"border1", "border2"}


def test_a_spine_is_not_reached_again_through_its_own_as() -> None:
    """Below different spines of one pod, over super-spines: the way up and down names the pod's AS twice."""
    text = sites.THREE_TIERS + "  web3: {rack: r1, leaf: leaf2, segment: web}\n"
    text = text.replace("web1: {rack: r1, segment", "web1: {rack: r1, leaf: leaf1, segment")
    cut = gone("spine1:leaf1", "spine2:leaf2")
    assert radius(around(text), cut).pairs_lost == 1
    fabric = sites.fabric(text)
    own = [replace(d, asn=4200099999) if d.name == "spine2" else d for d in fabric.devices]
    other = Surroundings(replace(fabric, devices=tuple(own)), around(text).models)
    assert radius(other, cut).pairs_lost == 0


@lru_cache
def random_around(seed: int) -> Surroundings:
    sections, drained = random_site(seed)
    sections.pop("externals")
    sections["flows"] = [flow for flow in sections["flows"] if flow.get("via", "leak") == "leak"]
    fabric = fabric_sites.fabric(**sections)
    return Surroundings(fabric, build_models(fabric, drained))


def random_removed(fabric: Fabric, dice: Random) -> Removed:
    def some(names: list[str]) -> frozenset[str]:
        return frozenset(dice.sample(names, min(len(names), dice.choice([0, 0, 1, 2, 4]))))

    cables = [(c.leaf, c.port) for h in fabric.hosts for c in h.links]
    return Removed(
        some([d.name for d in fabric.devices]),
        some([link.identity for link in fabric.links]),
        some([h.name for h in fabric.hosts]),
        frozenset(dice.sample(cables, min(len(cables), dice.choice([0, 0, 1, 2])))),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(0, 1000))
def test_equals_what_is_counted_pair_by_pair(site: int, seed: int) -> None:
    here = random_around(site)
    removed = random_removed(here.fabric, Random(seed))
    found = radius(here, removed)
    expected = counted(here.fabric, drained(here.models), removed)
    assert (found.pairs, found.pairs_lost, found.pairs_degraded) == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(0, 1000))
def test_more_removed_is_never_less_lost(site: int, seed: int) -> None:
    here = random_around(site)
    blast = Blast(here)
    one, more = (random_removed(here.fabric, Random(seed + n)) for n in (0, 1))
    both = Removed(
        one.devices | more.devices,
        one.links | more.links,
        one.hosts | more.hosts,
        one.host_ports | more.host_ports,
    )
    less, all_ = blast.radius(one), blast.radius(both)
    assert less.pairs_lost <= all_.pairs_lost
    assert less.pairs_lost + less.pairs_degraded <= all_.pairs_lost + all_.pairs_degraded


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40))
def test_the_radius_of_nothing_is_nothing(site: int) -> None:
    found = radius(random_around(site), Removed())
    assert found == Radius((), (), (), found.pairs, 0, 0)


def test_every_single_failure_has_a_stable_name_and_what_it_removes() -> None:
    found = every_single_failure(sites.fabric(WITH_BORDERS))
    assert [f.name for f in found if f.kind != "link"] == [
        *("spine spine1", "spine spine2", "leaf leaf1", "leaf leaf2", "leaf leaf3", "leaf leaf4"),
        *("border border1", "border border2", "rack edge", "rack r1", "rack r2"),
    ]
    assert [f.target for f in found if f.kind == "link"] == [
        f"spine{spine}:{leaf}"
        for spine in (1, 2)
        for leaf in ("border1", "border2", "leaf1", "leaf2", "leaf3", "leaf4")
    ]
    assert next(f for f in found if f.name == "rack r1").removed == gone("leaf1", "leaf2")


@pytest.mark.parametrize("text", [WITH_BORDERS, sites.THREE_TIERS], ids=["borders", "pods"])
def test_every_single_failure_is_what_its_fault_removes(text: str) -> None:
    for failure in every_single_failure(sites.fabric(text)):
        assert find_fault(failure.fault).plan(around(text), failure.target, {}).removed == failure.removed, failure.name
