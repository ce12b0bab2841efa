"""What a bound is made of: detection as deployed, else as modelled; daemons on the way; and what is said of a miss."""

from dataclasses import replace

import observe_perfect as perfect
import observe_sites as sites
import pytest
from test_classes import BACK, ONE, around, fault, place
from test_radius import OBSERVED, gone

from rtmctl.device.state import DeviceState
from rtmctl.drill.bounds import bound_of, derive_bounds, explain
from rtmctl.drill.classes import Classes, Reaction
from rtmctl.drill.false_downs import refused_profiles, tolerated_stall_ms
from rtmctl.drill.timers import Part, Timers
from rtmctl.drill.types import Bound, Detection, FlowClass
from rtmctl.model.types import BfdProfile

NO_BFD = OBSERVED.replace("site: observed", "site: observed\nfabric: {timers: {bfd: null}}")
FAST = OBSERVED.replace("site: observed", "site: observed\nfabric: {timers: {bfd: {interval_ms: 100}}}")


def live(text: str = OBSERVED) -> dict[str, DeviceState]:
    """States of devices that do as their models say: BFD 3 × 300 ms, hold time 9 s."""
    return dict(perfect.reading(sites.fabric(text), sites.models(text)).states)


def negotiated(device: str, peer: str, **values: int | bool) -> dict[str, DeviceState]:
    """The session of one device to a peer has other values than the models."""
    states = live()
    port = next(p.name for p in sites.models(OBSERVED)[device].ports if p.peer_device == peer)
    bfd = tuple(replace(s, **values) if s.interface == port else s for s in states[device].bfd)
    return {**states, device: replace(states[device], bfd=bfd)}


DETECTIONS = {
    "as negotiated": (OBSERVED, live(), "leaf1", "spine1", 900.0),
    "nothing was read: the models": (OBSERVED, {}, "leaf1", "spine1", 900.0),
    "the remote multiplier": (
        *(OBSERVED, negotiated("leaf1", "spine1", remote_multiplier=5), "leaf1", "spine1"),
        1500.0,
    ),
    "not the local one": (OBSERVED, negotiated("leaf1", "spine1", local_multiplier=5), "leaf1", "spine1", 900.0),
    "the slower of what one end sends": (
        *(OBSERVED, negotiated("leaf1", "spine1", remote_tx_ms=1000), "leaf1", "spine1"),
        3000.0,
    ),
    "and the other takes": (OBSERVED, negotiated("leaf1", "spine1", local_rx_ms=500), "leaf1", "spine1", 1500.0),
    "what it sends itself does not count": (
        *(OBSERVED, negotiated("leaf1", "spine1", local_tx_ms=1000), "leaf1", "spine1"),
        900.0,
    ),
    "a session that is down negotiated nothing": (
        *(OBSERVED, negotiated("leaf1", "spine1", remote_multiplier=50, up=False), "leaf1", "spine1"),
        900.0,
    ),
    "a host, from its leaf's end of the session": (
        *(OBSERVED, negotiated("leaf3", "any1", local_multiplier=4, local_tx_ms=400), "any1", "leaf3"),
        1600.0,
    ),
    "its leaf": (OBSERVED, live(), "leaf3", "any1", 900.0),
    "without BFD the hold time": (NO_BFD, {}, "leaf1", "spine1", 9000.0),
}


@pytest.mark.parametrize(("text", "states", "node", "into", "expected"), DETECTIONS.values(), ids=DETECTIONS)
def test_detection(text: str, states: dict[str, DeviceState], node: str, into: str, expected: float) -> None:
    found = Timers(sites.models(text), states).detection(node, into)
    assert found is not None
    assert found.ms == expected


def test_the_smaller_hold_time_of_both_ends_counts() -> None:
    models = dict(sites.models(NO_BFD))
    slow = tuple(replace(bgp, hold_s=6) for bgp in models["spine1"].bgp)
    models["spine1"] = replace(models["spine1"], bgp=slow)
    found = Timers(models).detection("leaf1", "spine1")
    assert found is not None
    assert found.ms == 6000.0


def test_each_end_has_its_own_profile_in_the_models() -> None:
    models = dict(sites.models(OBSERVED))
    own = tuple(replace(p, tx_ms=500, rx_ms=700, multiplier=4) for p in models["spine1"].bfd_profiles)
    models["spine1"] = replace(models["spine1"], bfd_profiles=own)
    ends = [Timers(models).detection(*pair) for pair in (("leaf1", "spine1"), ("spine1", "leaf1"), ("leaf1", "spine2"))]
    assert [end.ms for end in ends if end] == [4 * 500, 3 * 700, 3 * 300]


def test_a_session_over_addresses_is_found_by_its_peer_and_has_bfd_beside_the_overlays_without() -> None:
    text = sites.NUMBERED
    states = live(text)
    peer = next(
        str(n.address)
        for n in sites.models(text)["leaf1"].bgp[0].neighbors
        if n.remote_device == "spine1" and n.bfd_profile
    )
    bfd = tuple(replace(s, remote_multiplier=7) if s.peer == peer else s for s in states["leaf1"].bfd)
    timers = Timers(sites.models(text), {**states, "leaf1": replace(states["leaf1"], bfd=bfd)})
    ends = [timers.detection("leaf1", spine) for spine in ("spine1", "spine2")]
    assert [end.ms for end in ends if end] == [7 * 300, 3 * 300]


def test_the_hold_time_is_that_of_the_session() -> None:
    states = live(NO_BFD)
    port = next(p.name for p in sites.models(NO_BFD)["leaf1"].ports if p.peer_device == "spine1")
    bgp = tuple(replace(s, hold_s=30) if s.peer == port else s for s in states["leaf1"].bgp)
    timers = Timers(sites.models(NO_BFD), {**states, "leaf1": replace(states["leaf1"], bgp=bgp)})
    ends = [timers.detection("leaf1", spine) for spine in ("spine1", "spine2")]
    assert [end.ms for end in ends if end] == [30000, 9000]


def test_the_hold_time_as_negotiated() -> None:
    states = live(NO_BFD)
    states["leaf1"] = replace(states["leaf1"], bgp=tuple(replace(s, hold_s=30) for s in states["leaf1"].bgp))
    found = Timers(sites.models(NO_BFD), states).detection("leaf1", "spine1")
    assert found is not None
    assert (found.ms, found.text) == (30000.0, "BGP hold time leaf1-spine1: 30 s")


def test_nobody_detects_where_there_is_no_session() -> None:
    assert Timers(sites.models(OBSERVED)).detection("leaf1", "web1") is None
    assert Timers(sites.models(OBSERVED)).detection("web1", "leaf1") is None


def bounds(
    detection: Detection, *names: str, text: str = OBSERVED, a: str = "web2", b: str = "web1"
) -> dict[str, Bound]:
    classes = Classes(around(text), fault(gone(*names), detection))
    ways = [*classes.reactions(place(text, a), place(text, "web1"))]
    ways += classes.reactions(place(text, "web1"), place(text, a))
    return {bound.kind: bound for bound in derive_bounds(around(text), detection, [r for _, r in ways])}


CASES = {
    "link down: the kernel, and two queues": (Detection.CARRIER, ("spine1:leaf1",), {"local": 5, "remote": 150}),
    "silence: detection, and daemons at both": (Detection.BFD, ("spine1:leaf1",), {"local": 995, "remote": 1045}),
    "a spine off: everybody sees it": (Detection.CARRIER, ("spine1",), {"local": 5}),
    "drained": (Detection.PLANNED, ("spine1:leaf1",), {"local": 0, "remote": 0}),
    "the data plane goes on": (Detection.NONE, ("spine1",), {"local": 0}),
    "endured: nothing is claimed": (Detection.ENDURED, ("spine1",), {}),
    "stranded: nothing is claimed": (Detection.CARRIER, ("leaf1",), {}),
}


@pytest.mark.parametrize(("detection", "names", "expected"), CASES.values(), ids=CASES)
def test_bounds(detection: Detection, names: tuple[str, ...], expected: dict[str, float]) -> None:
    assert {kind: bound.limit_ms for kind, bound in bounds(detection, *names).items()} == expected


def test_each_switch_that_must_be_told_has_its_queue() -> None:
    near = Reaction(FlowClass.REMOTE, "spine3", "leaf3", ("super1",))
    far = replace(near, told=("super1", "spine1"))
    one, two = (derive_bounds(around(OBSERVED), Detection.CARRIER, [r])[0] for r in (near, far))
    assert two.limit_ms - one.limit_ms == 50
    assert ("work queue of bgpd on spine1", 50.0) in two.parts
    both = derive_bounds(around(OBSERVED), Detection.CARRIER, [near, far])
    assert both == (two,)  # the flow for which most has to happen


def test_a_withdrawal_waits_for_the_advertisement_interval() -> None:
    text = OBSERVED.replace("site: observed", "site: observed\nfabric: {timers: {advertisement_interval_s: 2}}")
    found = bounds(Detection.CARRIER, "spine1:leaf1", text=text)
    assert {kind: bound.limit_ms for kind, bound in found.items()} == {"local": 5, "remote": 2150}
    assert "advertisement_interval_s 2 → 0" in found["remote"].dominating


def test_a_route_that_must_be_chosen_takes_the_daemons_even_where_it_is_seen() -> None:
    found = bounds(Detection.CARRIER, "any1@leaf3", a="any1")
    assert found["local"].limit_ms == 100


def test_a_host_takes_its_next_hop_out_itself() -> None:
    found = bounds(Detection.CARRIER, "leaf3", a="any1")
    assert {kind: bound.limit_ms for kind, bound in found.items()} == {"local": 40, "remote": 150}


def test_the_largest_part_is_named_with_the_change_that_helps() -> None:
    assert bounds(Detection.BFD, "spine1:leaf1")["remote"].dominating == (
        "BFD detection spine1-leaf1: 3 × 300 ms; bfd interval 300 → 100 ms: detection 900 → 300 ms"
    )
    silent = bounds(Detection.BFD, "spine1:leaf1", text=NO_BFD)["local"]
    assert silent.dominating == (
        "BGP hold time leaf1-spine1: 9 s; switch BFD on: detection 9000 → 300 ms with 3 × 100 ms"
    )
    assert bounds(Detection.BFD, "spine1:leaf1", text=FAST)["local"].limit_ms == 395
    assert bounds(Detection.CARRIER, "spine1:leaf1")["remote"].dominating.startswith("work queue of bgpd on spine1; ")


LADDER = {2000: "2000 → 1000", 1000: "1000 → 300", 300: "300 → 100", 100: "100 → 50", 50: "50 → 10", 10: ""}


@pytest.mark.parametrize(("interval", "step"), LADDER.items())
def test_the_next_faster_interval_is_advised(interval: int, step: str) -> None:
    text = OBSERVED.replace(
        "site: observed",
        f"site: observed\nfabric: {{timers: {{bfd: {{interval_ms: {interval}}}, keepalive_s: 100, hold_s: 300}}}}",
    )
    found = Timers(sites.models(text)).detection("leaf1", "spine1")
    assert found is not None
    assert (f"bfd interval {step} ms" in found.advice) if step else (found.advice == "")


def test_parts_of_any_room_make_a_bound() -> None:
    parts = (Part("Kafka broker session", 9000.0, "broker.session.timeout.ms 9000 → 6000"), Part("election", 50.0))
    found = bound_of(FlowClass.REMOTE, parts)
    assert (found.limit_ms, found.parts) == (9050.0, (("Kafka broker session", 9000.0), ("election", 50.0)))
    assert found.dominating == "Kafka broker session; broker.session.timeout.ms 9000 → 6000"


def test_a_miss_is_explained() -> None:
    bound = bound_of(FlowClass.REMOTE, (Part("work queue", 100.0, "fewer hops"), Part("kernel", 50.0)))
    assert explain(bound, 151) == (
        "151 ms, 1 ms more than what is deployed explains; most of it is work queue; fewer hops"
    )
    assert explain(bound, 150) == explain(bound, 30) == ""
    assert explain(bound, 29) == "29 ms of 150 ms: the bound is loose, most of it is work queue; fewer hops"
    narrow = bound_of(FlowClass.LOCAL, (Part("kernel", 50.0),))
    assert explain(narrow, 0) == ""
    nothing = bound_of(FlowClass.LOCAL, (Part("drained", 0.0),))
    assert (explain(nothing, 0), explain(nothing, 1) != "") == ("", True)


def test_where_loose_begins() -> None:
    bound = bound_of(FlowClass.REMOTE, (Part("work queue", 1000.0),))
    assert (explain(bound, 199) != "", explain(bound, 200)) == (True, "")
    assert explain(bound_of(FlowClass.REMOTE, (Part("work queue", 62.0),)), 12) == ""
    assert explain(bound_of(FlowClass.REMOTE, (Part("work queue", 63.0),)), 12) != ""


def test_what_is_deployed_is_told() -> None:
    told = Timers(sites.models(OBSERVED), live()).deployed()
    assert told["leaf1-spine1 BFD"] == "3 × 300 ms"
    assert told["leaf3-any1 BFD"] == "3 × 300 ms"
    assert Timers(sites.models(NO_BFD)).deployed()["leaf1-spine1 BGP hold time"] == "9 s"


PROFILES = tuple(BfdProfile(f"p{ms}", ms, ms, 3) for ms in (10, 50, 100))


def test_a_pause_of_so_long_is_borne() -> None:
    assert [tolerated_stall_ms(p) for p in PROFILES] == [20, 100, 200]
    assert tolerated_stall_ms(BfdProfile("mixed", 10, 50, 3)) == 100


FLOORS = {
    "a quiet machine keeps all": ((1.0, 9.9), 0),
    "half of what is borne is too much": ((1.0, 10.0), 1),
    "the worst pause decides": ((60.0, 1.0, 1.0), 2),
    "none is kept": ((100.0,), 3),
    "not measured: none is promised": ((), 3),
}


@pytest.mark.parametrize(("stalls", "refused"), FLOORS.values(), ids=FLOORS)
def test_profiles_that_a_machine_cannot_keep(stalls: tuple[float, ...], refused: int) -> None:
    found = list(refused_profiles(PROFILES, stalls))
    assert len(found) == refused
    assert all(f"3 × {ms} ms" in text for text, ms in zip(found, (10, 50, 100), strict=False))


def test_ways_back_and_forth_are_bound_on_their_own() -> None:
    classes = Classes(around(OBSERVED), fault(gone("spine1:leaf1")))
    there = {" ".join(p.switches): r for p, r in classes.reactions(place(OBSERVED, "web1"), place(OBSERVED, "web2"))}
    back = {" ".join(p.switches): r for p, r in classes.reactions(place(OBSERVED, "web2"), place(OBSERVED, "web1"))}
    kinds = [derive_bounds(around(OBSERVED), Detection.CARRIER, [r])[0].kind for r in (there[ONE], back[BACK])]
    assert kinds == [FlowClass.LOCAL, FlowClass.REMOTE]
