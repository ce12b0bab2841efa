"""What a change means: objects, sessions that reset and why, hosts and segments it touches."""

from dataclasses import replace
from typing import Any

import pytest
from fabric_sites import fabric, site, switches

from rtmctl.fabric import Lock, allocate, derive
from rtmctl.model import DeviceModel, build_models
from rtmctl.model.diff import ChangeKind, ModelDiff, diff_models
from rtmctl.model.types import Family, NeighborFamily

SECTIONS: dict[str, Any] = {
    "switches": switches(2, 2),
    "tenants": {"prod": {"policy": "flows"}, "dev": {}},
    "segments": {
        "web": {"tenant": "prod", "vlan": 10, "subnets": ["10.1.0.0/24"]},
        "db": {"tenant": "prod", "vlan": 20, "subnets": ["10.2.0.0/24"]},
        "lab": {"tenant": "dev", "vlan": 30, "subnets": ["10.3.0.0/24"]},
    },
    "hosts": {
        "web1": {"rack": "r1", "leaf": "leaf1", "segment": "web"},
        "db1": {"rack": "r1", "leaf": "leaf1", "segment": "db"},
        "lab1": {"rack": "r1", "leaf": "leaf1", "segment": "lab"},
        "k1": {"rack": "r1", "attachment": "routed", "tenant": "prod"},
    },
}


def change(device: str = "leaf1", **changed: Any) -> ModelDiff:
    """From the site above to one with these sections instead, on one lock."""
    old, new = site(**SECTIONS), site(**SECTIONS | changed)
    lock = allocate(old, Lock.empty())
    before = build_models(derive(old, lock))
    after = build_models(derive(new, allocate(new, lock)))
    return diff_models(before[device], after[device])


def leaf() -> DeviceModel:
    return build_models(fabric(**SECTIONS))["leaf1"]


def reasons(diff: ModelDiff) -> dict[str, tuple[str, ...]]:
    return {reset.neighbor: reset.reasons for reset in diff.resets}


def test_no_difference_is_falsy() -> None:
    diff = diff_models(leaf(), leaf())
    assert not diff
    assert (diff.resets, diff.hosts, diff.segments, diff.whole_device) == ((), (), (), False)


def test_a_new_segment_resets_nothing_and_touches_itself_alone() -> None:
    segments = SECTIONS["segments"] | {
        "log": {"tenant": "dev", "vlan": 40, "subnets": ["10.4.0.0/24"], "racks": ["r1"]}
    }
    diff = change(segments=segments)
    assert diff.resets == ()
    assert (diff.hosts, diff.segments) == ((), ("log",))
    assert {(c.kind, c.what, c.name) for c in diff.changes} >= {
        (ChangeKind.ADDED, "vlan", "40"),
        (ChangeKind.ADDED, "interface", "vlan40"),
        (ChangeKind.CHANGED, "prefix list", "CONNECTED-dev"),
    }


def test_a_new_flow_changes_filters_only() -> None:
    diff = change(flows=[{"from": "web", "to": "db", "protocol": "tcp", "ports": [5432]}])
    assert {(c.what, c.name) for c in diff.changes} == {("filter", "web"), ("filter", "db")}
    assert (diff.resets, diff.segments, diff.hosts) == ((), ("db", "web"), ("db1", "web1"))


def test_a_gateway_change_touches_its_segment_and_the_hosts_in_it() -> None:
    segments = SECTIONS["segments"] | {"web": {**SECTIONS["segments"]["web"], "gateways": ["10.1.0.254"]}}
    diff = change(segments=segments)
    (gateway,) = [c for c in diff.changes if c.what == "interface"]
    assert str(gateway) == "interface vlan10 changed: addresses 10.1.0.1/24 → 10.1.0.254/24"
    assert (diff.segments, diff.hosts) == (("web",), ("web1",))


def test_removing_a_tenant_removes_its_sessions_and_touches_its_hosts() -> None:
    hosts = {name: host for name, host in SECTIONS["hosts"].items() if name == "lab1"}
    segments = {"lab": SECTIONS["segments"]["lab"]}
    diff = change(tenants={"dev": {}}, hosts=hosts, segments=segments)
    (reset,) = diff.resets
    assert (reset.vrf, reset.remote_device, reset.reasons) == ("prod", "k1", ("the session is removed",))
    assert (diff.hosts, diff.segments) == (("db1", "k1", "web1"), ("db", "web"))


def test_a_new_as_resets_every_session_of_the_leaf_and_its_one_on_each_spine() -> None:
    boxes = switches(2, 2)
    boxes["leaf1"]["asn"] = 65201
    here = change(switches=boxes)
    assert {r.neighbor: r.reasons[0] for r in here.resets if r.vrf == "default"} == dict.fromkeys(
        ("swp49", "swp50"), "own AS changes"
    )
    assert {r.vrf for r in here.resets} == {"default", "prod"}
    assert here.whole_device
    there = change("spine1", switches=boxes)
    assert reasons(there) == {"swp1": ("remote AS changes",)}
    assert not there.whole_device


def test_the_mtu_of_the_fabric_is_named_on_every_session() -> None:
    assert reasons(change("spine1", fabric={"mtu": {"fabric": 9100}})) == {
        "swp1": ("MTU of swp1 changes",),
        "swp2": ("MTU of swp2 changes",),
    }


def test_bfd_off_is_a_reason_and_other_timers_are_none() -> None:
    off = change(fabric={"timers": {"bfd": None}})
    assert set(reasons(off).values()) == {("BFD changes",)}
    slower = change(fabric={"timers": {"hold_s": 30, "bfd": {"interval_ms": 500}}})
    assert slower.resets == ()
    assert {(c.what, c.name) for c in slower.changes} == {
        ("bgp", "default"),
        ("bgp", "prod"),
        ("bgp", "dev"),
        ("bfd profile", "fabric"),
    }


def test_from_unnumbered_to_numbered_every_session_is_made_anew() -> None:
    diff = change(fabric={"underlay": "numbered"})
    assert {r.reasons for r in diff.resets} == {("the session is removed",)}
    assert len([c for c in diff.changes if c.what == "session"]) == 2 * len(diff.resets)


def edit(**changed: Any) -> ModelDiff:
    """Change the first fabric session of a leaf."""
    old = leaf()
    instance = old.bgp[0]
    neighbors = (replace(instance.neighbors[0], **changed), *instance.neighbors[1:])
    return diff_models(old, replace(old, bgp=(replace(instance, neighbors=neighbors), *old.bgp[1:])))


EDITS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("password", {"password": "env:X"}, ("password changes",)),
    ("update source", {"update_source": leaf().router_id}, ("update source changes",)),
    ("local AS", {"local_asn": 65001}, ("local AS changes",)),
    ("multihop", {"multihop": 3}, ("multihop TTL changes",)),
    ("description", {"description": "x"}, ()),
    (
        "a family goes, another comes",
        {"families": (NeighborFamily(Family.IPV4, "UNDERLAY-IN", "UNDERLAY-OUT"), NeighborFamily(Family.IPV6))},
        ("address family l2vpn-evpn is removed", "address family ipv6-unicast is added"),
    ),
    (
        "policies and next hop",
        {"families": (NeighborFamily(Family.IPV4, "A", "B"), NeighborFamily(Family.EVPN, next_hop_unchanged=True))},
        (),
    ),
    (
        "reflector client",
        {"families": (NeighborFamily(Family.IPV4), NeighborFamily(Family.EVPN, route_reflector_client=True))},
        ("route reflector client changes in l2vpn-evpn",),
    ),
]


@pytest.mark.parametrize(("changed", "expected"), [e[1:] for e in EDITS], ids=[e[0] for e in EDITS])
def test_what_resets_a_session(changed: dict[str, Any], expected: tuple[str, ...]) -> None:
    diff = edit(**changed)
    assert diff
    assert reasons(diff) == ({"swp49": expected} if expected else {})


def test_a_drain_changes_policies_and_resets_nothing() -> None:
    made = fabric(**SECTIONS)
    diff = diff_models(build_models(made)["leaf1"], build_models(made, frozenset({"leaf1"}))["leaf1"])
    assert {c.what for c in diff.changes} == {"device", "policy"}
    assert (diff.resets, diff.whole_device) == ((), False)


def test_a_device_that_comes_or_goes() -> None:
    model = leaf()
    assert diff_models(None, model).resets == ()
    assert {c.kind for c in diff_models(None, model).changes} == {ChangeKind.ADDED}
    gone = diff_models(model, None)
    assert len(gone.resets) == 3
    assert gone.hosts == ("db1", "k1", "lab1", "web1")
    with pytest.raises(ValueError, match="two models"):
        diff_models(None, None)
    with pytest.raises(ValueError, match="two models"):
        diff_models(model, build_models(fabric(**SECTIONS))["leaf2"])
