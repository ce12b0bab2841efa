"""What the default VRF's sessions and policies do, seen by letting BGP converge over the models."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from bgp_simulation import apply, converge
from fabric_sites import fabric, switches

from rtmctl.fabric.types import Fabric, Overlay
from rtmctl.model import DeviceModel, build_models
from rtmctl.model.routes import Route
from rtmctl.model.types import Family, Neighbor

OVERLAYS = ["ebgp-direct", "ebgp-multihop", "ibgp-rr"]


def pods() -> dict[str, Any]:
    boxes: dict[str, Any] = {f"p{p}-spine{n}": {"role": "spine", "pod": f"p{p}"} for p in (1, 2) for n in (1, 2)}
    boxes |= {f"p{p}-leaf{n}": {"role": "leaf", "pod": f"p{p}", "rack": f"p{p}r1"} for p in (1, 2) for n in (1, 2)}
    return boxes | {"super1": {"role": "super-spine"}, "super2": {"role": "super-spine"}}


def vtep(made: Fabric, leaf: str) -> IPv4Network:
    return IPv4Network(f"{made.device(leaf).vtep}/32")


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_leaf_reaches_every_vtep_over_all_spines(overlay: str, underlay: str) -> None:
    made = fabric(switches=switches(3, 4), fabric={"overlay": overlay, "underlay": underlay})
    tables = converge(build_models(made))
    for here in ("leaf1", "leaf4"):
        for there in ("leaf2", "leaf3"):
            assert [r.next_hop for r in tables[here][vtep(made, there)]] == ["spine1", "spine2", "spine3"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_reach_each_other_through_the_super_spines_without_a_valley(overlay: str) -> None:
    made = fabric(switches=pods(), fabric={"overlay": overlay})
    tables = converge(build_models(made))
    routes = tables["p1-leaf1"][vtep(made, "p2-leaf2")]
    assert [r.next_hop for r in routes] == ["p1-spine1", "p1-spine2"]
    asn = {name: made.device(name).asn for name in ("p1-spine1", "super1", "p2-spine1", "p2-leaf2")}
    assert {r.route.path for r in routes} == {tuple(asn.values())}
    # what a spine learnt from above it does not hand up again
    spine = build_models(made)["p1-spine1"]
    down = Route(vtep(made, "p2-leaf2"), (asn["super1"], asn["p2-spine1"], asn["p2-leaf2"]))
    assert apply(spine, "UNDERLAY-OUT-UP", down) is None
    assert apply(spine, "UNDERLAY-OUT", down) is not None


def test_networks_are_in_order_wherever_the_pools_lie() -> None:
    pools = {"loopback": "10.9.0.0/22", "vtep": "10.1.0.0/22", "loopback6": "2001:db8::/64"}
    networks = build_models(fabric(switches=switches(1, 2), pools=pools))["leaf1"].bgp[0].networks
    assert [n.version for n in networks] == [4, 4, 6]
    assert networks[0].subnet_of(IPv4Network(pools["vtep"]))  # type: ignore[arg-type]  # IPv4, as just seen


def test_a_leaf_gives_no_transit_even_when_both_its_spines_lose_another_leaf() -> None:
    made = fabric(switches=switches(2, 4))
    models = build_models(made)
    leaf, own, foreign = models["leaf1"], vtep(made, "leaf1"), vtep(made, "leaf2")
    assert apply(leaf, "UNDERLAY-OUT", Route(own)) is not None
    assert apply(leaf, "UNDERLAY-OUT", Route(foreign, (4200000000,))) is None


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "10.255.0.0/22", "10.255.0.0/31", "192.0.2.1/32", "10.1.0.0/24"])
def test_the_underlay_takes_and_gives_single_loopbacks_only(prefix: str) -> None:
    models = build_models(fabric())
    leak = Route(IPv4Network(prefix), (65001,))
    for device, names in (("leaf1", ("UNDERLAY-IN", "UNDERLAY-OUT")), ("spine1", ("UNDERLAY-IN", "UNDERLAY-OUT"))):
        for name in names:
            assert apply(models[device], name, leak) is None


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_drained_spine_is_avoided_and_still_carries_what_has_no_other_way(overlay: str) -> None:
    made = fabric(switches=switches(2, 4), fabric={"overlay": overlay})
    models = build_models(made, frozenset({"spine1"}))
    assert models["spine1"].drained and not models["spine2"].drained
    tables = converge(models)
    assert [r.next_hop for r in tables["leaf1"][vtep(made, "leaf3")]] == ["spine2"]
    alone = converge(models, down=frozenset({"spine2"}))
    assert [r.next_hop for r in alone["leaf1"][vtep(made, "leaf3")]] == ["spine1"]


def test_a_drained_leaf_is_seen_as_leaving_by_all_others() -> None:
    made = fabric(switches=switches(2, 4))
    (learnt, *_) = converge(build_models(made, frozenset({"leaf1"})))["leaf3"][vtep(made, "leaf1")]
    route = learnt.route
    assert route.local_preference == 0
    assert "graceful-shutdown" in route.communities
    assert route.path.count(made.device("leaf1").asn) == 4


def test_an_unknown_name_cannot_be_drained() -> None:
    with pytest.raises(KeyError, match="leaf9"):
        build_models(fabric(), frozenset({"leaf9"}))


def sessions(model: DeviceModel, family: Family) -> list[Neighbor]:
    return [n for n in model.bgp[0].neighbors if any(f.family is family for f in n.families)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_evpn_runs_in_the_form_the_site_asks_for(overlay: str) -> None:
    made = fabric(switches=switches(2, 2), fabric={"overlay": overlay})
    models = build_models(made)
    leaf, spine = models["leaf1"], models["spine1"]
    down = sessions(spine, Family.EVPN)
    up = sessions(leaf, Family.EVPN)
    assert len(down) == len(up) == 2
    family = next(f for f in down[0].families if f.family is Family.EVPN)
    assert spine.bgp[0].retain_route_targets and not leaf.bgp[0].retain_route_targets
    assert leaf.bgp[0].advertise_all_vni and not spine.bgp[0].advertise_all_vni
    match Overlay(overlay):
        case Overlay.EBGP_DIRECT:
            assert (up[0].interface, up[0].multihop, family.next_hop_unchanged) == (leaf.ports[1].name, None, True)
            assert len(leaf.bgp[0].neighbors) == 2
        case Overlay.EBGP_MULTIHOP:
            assert (up[0].update_source, up[0].multihop, family.next_hop_unchanged) == (leaf.router_id, 2, True)
            assert up[0].address in {m.router_id for m in models.values()}
        case Overlay.IBGP_RR:
            assert up[0].remote_asn == down[0].remote_asn == leaf.bgp[0].asn == spine.bgp[0].asn == 65000
            assert family.route_reflector_client and not family.next_hop_unchanged
            assert {n.local_asn for n in sessions(leaf, Family.IPV4)} == {leaf.asn}
            assert sessions(leaf, Family.IPV4)[0].remote_asn == spine.asn


def test_what_a_leaf_learnt_from_a_spine_it_does_not_hand_to_the_other() -> None:
    made = fabric(switches=switches(2, 2))
    leaf, spine_asn = build_models(made)["leaf1"], made.device("spine1").asn
    prefix = IPv4Network("10.1.0.0/24")
    assert apply(leaf, "EVPN-OUT", Route(prefix, (spine_asn, 4200000009))) is None
    assert apply(leaf, "EVPN-OUT", Route(prefix)) is not None
    routed_host = Route(prefix, (4200000009,))
    assert apply(leaf, "EVPN-OUT", routed_host) is not None, "a routed host's prefix is of this leaf"


def test_numbered_sessions_are_named_by_address_and_unnumbered_by_port() -> None:
    numbered = build_models(fabric(fabric={"underlay": "numbered"}))["leaf1"]
    session = numbered.bgp[0].neighbors[0]
    assert (session.interface, session.name) == (None, str(session.address))
    assert numbered.ports[1].addresses[0].network.prefixlen == 31
    session = build_models(fabric())["leaf1"].bgp[0].neighbors[0]
    assert (session.interface, session.name, session.address) == ("swp49", "swp49", None)


def test_ipv6_loopbacks_are_routed_where_there_is_a_pool() -> None:
    made = fabric(pools={"loopback6": "2001:db8::/64"})
    model = build_models(made)["leaf1"]
    assert made.device("leaf1").loopback6 in {i.ip for i in model.loopbacks[0].addresses}
    assert len(sessions(model, Family.IPV6)) == 2
    assert {p.name for p in model.prefix_lists} >= {"FABRIC-V6", "OWN-V6"}
    assert not sessions(build_models(fabric())["leaf1"], Family.IPV6)


def test_bfd_can_be_turned_off() -> None:
    on, off = (build_models(fabric(fabric={"timers": {"bfd": bfd}}))["leaf1"] for bfd in ({"interval_ms": 50}, None))
    assert [(p.tx_ms, p.rx_ms, p.multiplier) for p in on.bfd_profiles] == [(50, 50, 3)]
    assert {n.bfd_profile for n in on.bgp[0].neighbors} == {"fabric"}
    assert (off.bfd_profiles, {n.bfd_profile for n in off.bgp[0].neighbors}) == ((), {None})


@pytest.mark.parametrize("shared", [False, True])
def test_allowas_in_only_on_leafs_that_share_an_as(shared: bool) -> None:
    boxes = switches(2, 3)
    if shared:
        boxes["leaf1"]["asn"] = boxes["leaf2"]["asn"] = 65200
    models = build_models(fabric(switches=boxes, fabric={"allow_shared_as": True}))
    allowed = {
        name: any(f.allowas_in is not None for n in m.bgp[0].neighbors for f in n.families)
        for name, m in models.items()
    }
    assert [name for name, yes in allowed.items() if yes] == (["leaf1", "leaf2"] if shared else [])


def test_leafs_that_share_an_as_reach_each_other_while_one_is_drained() -> None:
    """A drained leaf puts its AS into the path more often than FRR's `allowas-in` lets through unasked."""
    boxes = switches(2, 3)
    boxes["leaf1"]["asn"] = boxes["leaf2"]["asn"] = 65200
    made = fabric(switches=boxes, fabric={"allow_shared_as": True})
    tables = converge(build_models(made, frozenset({"leaf1"})))
    assert [r.next_hop for r in tables["leaf2"][vtep(made, "leaf1")]] == ["spine1", "spine2"]
