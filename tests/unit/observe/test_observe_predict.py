"""What is predicted: next hops, whether a packet passes, and its way."""

from ipaddress import ip_address

import observe_perfect as perfect
import observe_sites as sites
import pytest

from rtmctl.base import PermanentError
from rtmctl.observe import cabling, predict, summarize, where
from rtmctl.observe.expect import underlay
from rtmctl.observe.places import Packet, primary, ruling
from rtmctl.observe.where import Standing

BASE, TALL = sites.TEXTS["base"], sites.TEXTS["three-tiers"]
FABRIC, MODELS = sites.fabric(BASE), sites.models(BASE)
GOOD = perfect.reading(FABRIC, MODELS)


NEXT = {
    "leaf to leaf over both spines": (BASE, (), "leaf1", "leaf4", {"spine1", "spine2"}, 2),
    "leaf to spine directly": (BASE, (), "leaf1", "spine1", {"spine1"}, 1),
    "spine to leaf directly": (BASE, (), "spine1", "leaf1", {"leaf1"}, 1),
    "a drained spine takes no transit": (BASE, ("spine1",), "leaf1", "leaf4", {"spine2"}, 2),
    "but is reached itself": (BASE, ("spine1",), "leaf1", "spine1", {"spine1"}, 1),
    "all spines drained: both carry": (BASE, ("spine1", "spine2"), "leaf1", "leaf4", {"spine1", "spine2"}, 2),
    "same pod stays in the pod": (TALL, (), "leaf1", "leaf2", {"spine1", "spine2"}, 2),
    "other pod by the own spines": (TALL, (), "leaf1", "leaf3", {"spine1", "spine2"}, 4),
    "spine to the other pod by the super-spines": (TALL, (), "spine1", "leaf3", {"super1", "super2"}, 3),
    "a drained super-spine takes no transit": (TALL, ("super1",), "spine1", "leaf3", {"super2"}, 3),
    "a spine of the other pod": (TALL, (), "leaf1", "spine3", {"spine1", "spine2"}, 3),
}


@pytest.mark.parametrize(("text", "drained", "device", "to", "neighbors", "hops"), NEXT.values(), ids=NEXT)
def test_next_hops(text: str, drained: tuple[str, ...], device: str, to: str, neighbors: set[str], hops: int) -> None:
    way = underlay(sites.fabric(text), frozenset(drained))[device, to]
    assert (way.neighbors, way.hops) == (neighbors, hops)


@pytest.mark.parametrize(("text", "pair"), [(BASE, ("spine1", "spine2")), (TALL, ("super1", "super2"))])
def test_no_valley(text: str, pair: tuple[str, str]) -> None:
    assert pair not in underlay(sites.fabric(text), frozenset())


RULINGS = {
    "one segment": ("web1", "web2", "icmp", 0, True),
    "an open tenant": ("web1", "db1", "icmp", 0, True),
    "two tenants": ("web1", "app1", "icmp", 0, False),
    "the flow's port": ("app1", "store1", "tcp", 5432, True),
    "another port": ("app1", "store1", "tcp", 5433, False),
    "another protocol": ("app1", "store1", "udp", 5432, False),
    "ping beside a port flow": ("app1", "store1", "icmp", 0, False),
    "the flow backwards": ("store1", "app1", "tcp", 5432, False),
    "a routed host": ("any1", "web1", "tcp", 80, True),
}


@pytest.mark.parametrize(("a", "b", "protocol", "port", "passes"), RULINGS.values(), ids=RULINGS)
def test_ruling(a: str, b: str, protocol: str, port: int, passes: bool) -> None:
    x, y = (primary(FABRIC, FABRIC.host(name), 4) for name in (a, b))
    assert x is not None
    assert y is not None
    packet = Packet(x.address, y.address, protocol, 50000 if port else 0, port)
    assert ruling(FABRIC, MODELS, x, y, packet).passes is passes


WAYS = {
    "bridged": ("web1", "web2", f"bridged over VNI {FABRIC.segment('web').vni}", ["leaf1", "spine1 spine2", "leaf3"]),
    "routed": ("web1", "db1", f"routed over VNI {FABRIC.tenant('red').vni}", ["leaf1", "spine1 spine2", "leaf4"]),
    "one leaf": ("web1", "guest1", "bridged on one leaf", ["leaf1"]),
    "to both leafs of a routed host": (
        "web1",
        "any1",
        f"routed over VNI {FABRIC.tenant('red').vni}",
        ["leaf1", "spine1 spine2", "leaf3 leaf4"],
    ),
    "dropped": ("web1", "app1", "dropped", []),
}


@pytest.mark.parametrize(("a", "b", "forwarding", "stages"), WAYS.values(), ids=WAYS)
def test_way(a: str, b: str, forwarding: str, stages: list[str]) -> None:
    found = predict(FABRIC, MODELS, a, b)
    assert (found.forwarding, [" ".join(s.devices) for s in found.stages]) == (forwarding, stages)


def test_the_last_stage_names_the_hosts_port() -> None:
    port = next(p.name for p in MODELS["leaf3"].ports if p.peer_device == "web2")
    assert predict(FABRIC, MODELS, "web1", "web2").stages[-1].ports == (("leaf3", port),)


def test_four_switches_between_pods() -> None:
    found = predict(sites.fabric(TALL), sites.models(TALL), "web1", "web2")
    first, *_, last = (s.devices for s in found.stages)
    assert [s.devices for s in found.stages][1:4] == [("spine1", "spine2"), ("super1", "super2"), ("spine3", "spine4")]
    assert len(first) == len(last) == 1


def test_an_unknown_host_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match="'web9'") as caught:
        predict(FABRIC, MODELS, "web9", "web1")
    assert "web1" in caught.value.hint


def at(query: str, states: object = None) -> list[tuple[str, str, Standing]]:
    found = where(FABRIC, MODELS, states or GOOD.states, query)
    return [(s.device, s.port, s.standing) for s in found.sightings]


WEB1 = next(p.name for p in MODELS["leaf1"].ports if p.peer_device == "web1")
MAC1 = next(e.mac for e in GOOD.states["leaf1"].macs if e.port == WEB1)
ADDRESS1 = str(next(p.interface.ip for p in FABRIC.host("web1").addresses))


@pytest.mark.parametrize("query", ["web1", MAC1, MAC1.replace(":", "-").upper(), ADDRESS1], ids=str)
def test_where_by_any_name(query: str) -> None:
    assert at(query) == [("leaf1", WEB1, Standing.HERE)]


def test_where_is_a_routed_host() -> None:
    assert [(d, s) for d, _, s in at("10.1.99.1")] == [("leaf3", Standing.ROUTED), ("leaf4", Standing.ROUTED)]


def test_where_shows_both_places_of_a_duplicate() -> None:
    other = next(p.name for p in MODELS["leaf3"].ports if p.peer_device == "web2")
    macs = GOOD.states["leaf3"].macs
    states = perfect.change(
        GOOD, "leaf3", macs=(*macs, perfect.MacEntry(10, FABRIC.segment("web").vni, MAC1, other, None))
    ).states
    assert at("web1", states) == [("leaf1", WEB1, Standing.DUPLICATE), ("leaf3", other, Standing.DUPLICATE)]


def test_where_shows_a_stale_entry() -> None:
    macs = (perfect.MacEntry(10, FABRIC.segment("web").vni, MAC1, None, MODELS["leaf4"].vtep),)
    states = perfect.change(GOOD, "leaf2", macs=macs).states
    assert at("web1", states) == [("leaf1", WEB1, Standing.HERE), ("leaf2", "", Standing.STALE)]


@pytest.mark.parametrize("query", ["nobody", "10.1.10.999", "02:00:00:00:00"])
def test_where_of_nonsense(query: str) -> None:
    with pytest.raises(PermanentError, match="neither a MAC"):
        where(FABRIC, MODELS, GOOD.states, query)


def test_where_of_an_unseen_address() -> None:
    assert at("192.0.2.9") == []


def test_cabling_has_a_row_for_each_end_and_says_what_is_seen() -> None:
    rows = cabling(MODELS)
    between = [r for r in rows if r.kind == "fabric"]
    assert len(between) == 2 * len(FABRIC.links)
    assert {r.seen for r in rows} == {None}
    assert {(r.far_device, r.far_port, r.device, r.port) for r in between} == {
        (r.device, r.port, r.far_device, r.far_port) for r in between
    }
    live = cabling(MODELS, GOOD.states)
    assert {r.seen for r in live if r.kind == "fabric" and r.device == "leaf1"} == {"spine1 swp1", "spine2 swp1"}
    lldp = (*GOOD.states["leaf1"].lldp, perfect.LldpNeighbor("swp47", "stranger.example", "eth1"))
    extra = [r for r in cabling(MODELS, perfect.change(GOOD, "leaf1", lldp=lldp).states) if not r.planned]
    assert [(r.device, r.port, r.seen) for r in extra] == [("leaf1", "swp47", "stranger eth1")]


def test_summary() -> None:
    found = summarize(MODELS["leaf1"], GOOD.states["leaf1"])
    assert (found.device, found.role, found.asn) == ("leaf1", "leaf", MODELS["leaf1"].asn)
    assert {s.remote_device for s in found.sessions if s.vrf == "default"} == {"spine1", "spine2"}
    assert {s.bfd for s in found.sessions if s.vrf == "default"} == {"up, detects in 900 ms"}
    assert (WEB1, "web1 eth0", MAC1) in found.hosts
    assert ip_address(found.vtep) == MODELS["leaf1"].vtep
