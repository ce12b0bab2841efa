"""The flows of a drill that names none: the fault is met, in every class it has, and something is left beside."""

from collections import Counter

import observe_sites as sites
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_classes import around, fault
from test_radius import OBSERVED, WITH_BORDERS, gone

from rtmctl.drill.failures import every_single_failure
from rtmctl.drill.flows import Chosen, choose_flows, tuples_needed
from rtmctl.drill.types import Detection, FlowClass, Load, Removed
from rtmctl.observe.places import Packet, places, ruling

LOCAL, REMOTE, STRANDED, SPARED = FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.STRANDED, FlowClass.SPARED
HOSTS = tuple(h.name for h in sites.fabric(OBSERVED).hosts if h.managed)
FOUR_SPINES = OBSERVED.replace("spine[1-2]", "spine[1-4]")


def chosen(*names: str, text: str = OBSERVED, load: Load | None = None, **options: object) -> Chosen:
    given = {"hosts": HOSTS, **options}
    return choose_flows(around(text), fault(gone(*names)), load or Load(), **given)  # type: ignore[arg-type]


def kinds(found: Chosen) -> dict[tuple[str, str], FlowClass]:
    return {(p.flow.source, p.flow.destination): p.kind for p in found.flows}


CASES = {
    "a link: local and remote, and a pair beside": (("spine1:leaf4",), {LOCAL, REMOTE, SPARED}),
    "a leaf of a pair: nobody is stranded who need not be": (("leaf4",), {LOCAL, REMOTE, SPARED}),
    "a spine: local only": (("spine1",), {LOCAL}),
    "a leaf without a partner for its hosts": (("leaf1",), {STRANDED, SPARED}),
    "nothing to meet: what is left beside": (("leaf2",), {SPARED}),
    "a host": (("web1:",), {STRANDED, SPARED}),
}


@pytest.mark.parametrize(("names", "expected"), CASES.values(), ids=CASES)
def test_classes_met(names: tuple[str, ...], expected: set[FlowClass]) -> None:
    assert set(kinds(chosen(*names)).values()) == expected


def test_nothing_to_meet_is_said() -> None:
    assert [bool(chosen(name).notes) for name in ("leaf2", "leaf4")] == [True, False]


def test_bridged_and_routed_flows_both_meet_it() -> None:
    pairs = kinds(chosen("spine1:leaf1"))
    assert {("web1", "web2"), ("web2", "web1")} <= pairs.keys()
    assert any("web1" in pair and "web2" not in pair for pair in pairs)


@pytest.mark.parametrize("failure", every_single_failure(sites.fabric(WITH_BORDERS)), ids=lambda f: f.name)
def test_every_single_failure_has_flows(failure: object) -> None:
    removed = failure.removed  # type: ignore[attr-defined]
    found = choose_flows(around(WITH_BORDERS), fault(removed), Load(), hosts=HOSTS, most_pairs=3)
    assert found.flows
    assert found.chance > 0.99
    pairs = Counter((p.flow.source, p.flow.destination) for p in found.flows)
    assert len(pairs) <= 6
    assert all((b, a) in pairs for a, b in pairs)
    assert min(pairs.values()) >= 8
    for one in found.flows:
        packet = Packet(one.flow.source_address, one.flow.destination_address, "udp", 20001, 20000)
        fabric, models = around(WITH_BORDERS).fabric, around(WITH_BORDERS).models
        a, b = (
            next(p for p in places(fabric, fabric.host(host)) if p.address == address)
            for host, address in (
                (one.flow.source, one.flow.source_address),
                (one.flow.destination, one.flow.destination_address),
            )
        )
        assert ruling(fabric, models, a, b, packet).passes


def test_hosts_that_cannot_be_entered_are_left_out() -> None:
    found = chosen("spine1:leaf1", hosts=("web1", "web2"))
    assert {p.flow.source for p in found.flows} == {"web1", "web2"}


def test_equal_seeds_give_equal_flows() -> None:
    assert chosen("spine1", seed=1) == chosen("spine1", seed=1, hosts=reversed(HOSTS))
    assert len({tuple(kinds(chosen("spine1", seed=n))) for n in range(8)}) > 1


def test_named_pairs_are_taken_as_they_are() -> None:
    found = chosen("spine1:leaf1", load=Load(pairs=(("web1", "web2"), ("app1", "web1")), per_pair=3))
    assert kinds(found) == {("web1", "web2"): LOCAL, ("web2", "web1"): REMOTE}
    assert len(found.flows) == 6
    assert found.notes == ("app1 and web1: the site lets no probe pass between them",)
    assert found.chance == pytest.approx((1 - 0.5**3) ** 2)


def test_more_spines_need_more_flows() -> None:
    def each_way(text: str) -> int:
        found = chosen("spine1:leaf4", text=text, hosts=("web1", "db1"))
        return len([p for p in found.flows if p.flow.source == "web1"])

    assert (each_way(OBSERVED), each_way(FOUR_SPINES)) == (8, 19)


@pytest.mark.parametrize(("most", "pairs"), [(1, 2), (2, 2), (3, 3), (9, 3)])
def test_no_more_pairs_than_asked_for(most: int, pairs: int) -> None:
    """One is always beside the fault, and one always meets it."""
    found = kinds(chosen("spine1:leaf1", most_pairs=most))
    assert len(found) == 2 * pairs
    assert set(found.values()) == {LOCAL, REMOTE, SPARED}


def test_both_directions_count_where_either_may_meet_it() -> None:
    """Sixteen ways between pods, and each switch has another next hop: ln 0.01 / ln 15/16 = 72 flows in all."""
    text = sites.THREE_TIERS.replace("super[1-2]", "super[1-4]").replace("spine[1-2]", "spine[5-8]")
    found = chosen("super1:spine5", text=text.replace("spine[3-4]", "spine[1-4]"), hosts=("web1", "web2"))
    assert len(found.flows) == 72
    assert found.chance == pytest.approx(1 - (15 / 16) ** 72)


def test_switches_on_the_way_are_named() -> None:
    found = {(p.flow.source, p.flow.destination): p.via for p in chosen("leaf4").flows}
    assert found["web1", "any1"] == ("leaf1", "spine1", "spine2", "leaf3", "leaf4")


@given(st.floats(0.05, 1.0))
def test_so_many_tuples_suffice(share: float) -> None:
    needed = tuples_needed(share)
    assert 1 - (1 - share) ** needed >= 0.99 - 1e-9
    assert needed == 1 or 1 - (1 - share) ** (needed - 1) < 0.99


def test_reactions_are_those_of_the_flows() -> None:
    found = chosen("spine1:leaf4")
    assert {r.kind for r in found.reactions} == {LOCAL, REMOTE, SPARED}


def test_a_fault_that_is_endured_strands_what_crosses_it() -> None:
    plan = fault(gone("spine1"), Detection.ENDURED)
    found = choose_flows(around(OBSERVED), plan, Load(), hosts=HOSTS)
    assert STRANDED in set(kinds(found).values())


def test_nothing_removed_spares_all() -> None:
    found = choose_flows(around(OBSERVED), fault(Removed()), Load(), hosts=HOSTS)
    assert set(kinds(found).values()) == {SPARED}
