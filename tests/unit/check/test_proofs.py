"""Each proof holds on sound fabrics of every shape, and fails on the one thing it is for."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

import pytest
from fabric_sites import fabric, switches
from random_sites import random_site

from rtmctl.base import Severity
from rtmctl.check import PROOFS, prove
from rtmctl.fabric.types import Fabric
from rtmctl.model import DeviceModel, build_models
from rtmctl.model.types import EthernetPort, Family, Neighbor, NeighborFamily, PortKind

SECTIONS: dict[str, Any] = {
    "switches": switches(2, 4),
    "tenants": {"prod": {"policy": "flows"}, "dev": {}},
    "segments": {
        "web": {"tenant": "prod", "vlan": 10, "subnets": ["10.1.0.0/24"]},
        "db": {"tenant": "prod", "vlan": 20, "subnets": ["10.2.0.0/24"]},
        "lab": {"tenant": "dev", "vlan": 30, "subnets": ["10.1.0.0/24"]},
    },
    "hosts": {
        "web1": {"rack": "r1", "segment": "web"},
        "db1": {"rack": "r1", "segment": "db"},
        "lab1": {"rack": "r1", "segment": "lab"},
        "k1": {"rack": "r1", "attachment": "routed", "tenant": "prod"},
    },
    "flows": [{"from": "web", "to": "db", "protocol": "tcp", "ports": [5432]}],
}
PODS = {f"p{p}-spine{n}": {"role": "spine", "pod": f"p{p}"} for p in (1, 2) for n in (1, 2)}
PODS |= {f"p{p}-leaf{n}": {"role": "leaf", "pod": f"p{p}", "rack": f"r{p}"} for p in (1, 2) for n in (1, 2)}
PODS |= {"super1": {"role": "super-spine"}, "super2": {"role": "super-spine"}}


@pytest.mark.parametrize("seed", range(40))
def test_no_proof_cries_wolf(seed: int) -> None:
    """Whatever the shape, what we build holds; a leak may lack a meeting point, that is the site's own doing."""
    sections, drained = random_site(seed)
    made = fabric(**sections)
    assert {f.code for f in prove(made, build_models(made, drained))} <= {"no-meeting-point"}


@pytest.mark.parametrize("boxes", [switches(2, 4), PODS], ids=["one pod", "two pods"])
@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
@pytest.mark.parametrize("overlay", ["ebgp-direct", "ebgp-multihop", "ibgp-rr"])
def test_all_proofs_hold_on_what_we_build(boxes: dict[str, Any], underlay: str, overlay: str) -> None:
    made = fabric(**SECTIONS | {"switches": boxes, "fabric": {"underlay": underlay, "overlay": overlay}})
    assert prove(made, build_models(made)) == ()
    assert prove(made, build_models(made, frozenset({next(iter(boxes))}))) == ()


def with_port(model: DeviceModel, kind: PortKind, **changed: Any) -> DeviceModel:
    """The model with its first port of the kind changed."""
    done = False
    ports: list[EthernetPort] = []
    for port in model.ports:
        ports.append(replace(port, **changed) if port.kind is kind and not done else port)
        done = done or port.kind is kind
    return replace(model, ports=tuple(ports))


def with_session(model: DeviceModel, **changed: Any) -> DeviceModel:
    """The model with its first session changed."""
    instance = model.bgp[0]
    neighbors: tuple[Neighbor, ...] = (replace(instance.neighbors[0], **changed), *instance.neighbors[1:])
    return replace(model, bgp=(replace(instance, neighbors=neighbors), *model.bgp[1:]))


def without_return(model: DeviceModel) -> DeviceModel:
    return replace(
        model, filters=tuple(replace(f, rules=f.rules[1:]) if f.segment == "db" else f for f in model.filters)
    )


BROKEN: list[tuple[str, str, str, Callable[[DeviceModel], DeviceModel]]] = [
    ("a cable to the wrong port", "leaf1", "link-mismatch", lambda m: with_port(m, PortKind.FABRIC, peer_port="swp9")),
    ("an MTU of one end", "leaf1", "link-mismatch", lambda m: with_port(m, PortKind.FABRIC, mtu=1500)),
    (
        "an address of one end",
        "leaf1",
        "link-mismatch",
        lambda m: with_port(m, PortKind.FABRIC, addresses=(IPv4Interface("192.0.2.1/31"),)),
    ),
    ("the wrong remote AS", "leaf1", "session-mismatch", lambda m: with_session(m, remote_asn=1)),
    ("BFD on one end", "leaf1", "session-mismatch", lambda m: with_session(m, bfd_profile=None)),
    ("a password on one end", "leaf1", "session-mismatch", lambda m: with_session(m, password="env:X")),
    (
        "a family on one end",
        "leaf1",
        "session-mismatch",
        lambda m: with_session(m, families=(NeighborFamily(Family.IPV4),)),
    ),
    (
        "no session back",
        "spine1",
        "session-mismatch",
        lambda m: replace(m, bgp=(replace(m.bgp[0], neighbors=m.bgp[0].neighbors[1:]),)),
    ),
    ("a router id twice", "leaf1", "duplicate-value", lambda m: replace(m, router_id=IPv4Address("10.255.255.1"))),
    ("an RD twice", "leaf1", "duplicate-value", lambda m: replace(m, mac_vrfs=(m.mac_vrfs[0], m.mac_vrfs[0]))),
    (
        "an address twice",
        "leaf1",
        "duplicate-value",
        lambda m: with_port(m, PortKind.MANAGEMENT, addresses=(m.loopbacks[0].addresses[0],)),
    ),
    ("a VLAN twice", "leaf1", "duplicate-value", lambda m: replace(m, vlans=(*m.vlans, m.vlans[0]))),
    ("a policy that is not there", "leaf1", "dangling-model-reference", lambda m: replace(m, policies=m.policies[1:])),
    (
        "a list that is not there",
        "spine1",
        "dangling-model-reference",
        lambda m: replace(m, prefix_lists=()),
    ),
    (
        "a VLAN that is not there",
        "leaf1",
        "dangling-model-reference",
        lambda m: with_port(m, PortKind.ACCESS, untagged_vlan=999),
    ),
    ("a filter of one leaf", "leaf1", "filter-mismatch", without_return),
    (
        "a shared route target",
        "leaf1",
        "vrf-not-isolated",
        lambda m: replace(m, vrfs=tuple(replace(v, route_target="65000:1") for v in m.vrfs)),
    ),
    ("a hold time", "leaf1", "model-mismatch", lambda m: replace(m, bgp=tuple(replace(b, hold_s=30) for b in m.bgp))),
    (
        "a routed host that may announce anything",
        "leaf1",
        "route-leak",
        lambda m: replace(
            m,
            policies=tuple(
                replace(p, terms=tuple(replace(t, match_prefix_list=None) for t in p.terms))
                if p.name == "HOST-k1-IN"
                else p
                for p in m.policies
            ),
        ),
    ),
    ("a port with two cables", "leaf1", "port-used-twice", lambda m: replace(m, ports=(*m.ports, m.ports[-1]))),
]


@pytest.mark.parametrize(("device", "code", "spoil"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_proof_fails_on_what_it_is_for(device: str, code: str, spoil: Callable[[DeviceModel], DeviceModel]) -> None:
    made = fabric(**SECTIONS)
    models = build_models(made)
    if code == "duplicate-value":
        models["leaf2"] = replace(models["leaf2"], router_id=IPv4Address("10.255.255.1"))
    models[device] = spoil(models[device])
    findings = prove(made, models)
    assert code in {f.code for f in findings}
    assert all(f.message for f in findings)


def test_a_flow_whose_answer_no_gateway_lets_back() -> None:
    made = fabric(**SECTIONS)
    models = {name: without_return(model) for name, model in build_models(made).items()}
    findings = prove(made, models)
    assert {f.code for f in findings} == {"filter-mismatch"}
    assert "leaf1 filter of db stops the answers of web to db, which the site allows" in [f.message for f in findings]


UNSPOILT = {"survives_single_failure", "as_plan_holds"}
"""proofs that tests below are for"""


def test_every_proof_has_a_case() -> None:
    made = fabric(**SECTIONS)
    sound = build_models(made)
    silent = {proof.__name__ for proof in PROOFS}
    for _, device, _, spoil in BROKEN:
        spoilt = {**sound, device: spoil(sound[device])}
        silent -= {proof.__name__ for proof in PROOFS if list(proof(made, spoilt))}
    assert silent == UNSPOILT


def test_a_device_with_too_few_ports_for_its_cables() -> None:
    made = fabric(**SECTIONS)
    few: Fabric = replace(made, devices=tuple(replace(d, host_ports=0, fabric_ports=1) for d in made.devices))
    found = [f.message for f in prove(few, build_models(made)) if f.code == "no-free-port"]
    assert "leaf1 has 1 fabric ports, 2 links are on it" in found
    assert any(m.startswith("leaf1 has 0 host ports") for m in found)


def test_one_spine_is_a_single_point_of_failure_and_says_so() -> None:
    made = fabric(switches=switches(1, 3))
    (finding,) = prove(made, build_models(made))
    assert (finding.code, finding.severity) == ("single-point-of-failure", Severity.WARNING)
    assert finding.message == "when spine1 fails, leaf1 and leaf2 cannot reach each other"


def test_pods_without_super_spines_are_split() -> None:
    boxes = {name: box for name, box in PODS.items() if box["role"] != "super-spine"}
    made = fabric(switches=boxes)
    (finding,) = prove(made, build_models(made))
    assert (finding.code, finding.message) == ("fabric-split", "p1-leaf1 and p2-leaf1 have no path to each other")


def test_a_leaf_that_shares_no_second_spine_with_another() -> None:
    made = fabric(switches=switches(3, 2))
    models = build_models(made)
    # leaf1 loses spine3, leaf2 spine1: they meet at spine2 alone
    for leaf, lost in (("leaf1", "spine3"), ("leaf2", "spine1")):
        ports = tuple(p for p in models[leaf].ports if p.peer_device != lost)
        models[leaf] = replace(models[leaf], ports=ports)
    found = [f.message for f in prove(made, models) if f.code == "single-point-of-failure"]
    assert found == ["when spine2 fails, leaf1 and leaf2 cannot reach each other"]


def test_vrfs_that_should_meet_need_a_leaf_with_both() -> None:
    hosts = {"web1": {"rack": "r1", "segment": "web"}, "lab1": {"rack": "r2", "segment": "lab"}}
    flows = [{"from": "lab", "to": "web", "protocol": "tcp", "ports": [80], "via": "leak"}]
    segments = {"web": SECTIONS["segments"]["web"], "lab": {"tenant": "dev", "vlan": 30, "subnets": ["10.3.0.0/24"]}}
    apart = fabric(**SECTIONS | {"hosts": hosts, "flows": flows, "segments": segments})
    assert [f.code for f in prove(apart, build_models(apart))] == ["no-meeting-point"]
    hosts["lab2"] = {"rack": "r1", "segment": "lab"}
    together = fabric(**SECTIONS | {"hosts": hosts, "flows": flows, "segments": segments})
    assert prove(together, build_models(together)) == ()


AS_PLANS = [
    ("spines apart", {"spine1": 65001, "spine2": 65002}, {}, "the spines of pod pod1 do not share one AS"),
    ("two leafs alike", {"leaf1": 65001, "leaf2": 65001}, {}, "AS 65001 is that of leaf1, leaf2"),
    ("a leaf and the spines", {"leaf1": 65001, "spine1": 65001, "spine2": 65001}, {}, "AS 65001 is that of leaf1"),
    ("a host and a leaf", {"leaf4": 65001}, {"k1": 65001}, "AS 65001 is that of leaf4, host k1"),
]


@pytest.mark.parametrize(("asns", "hosts", "said"), [c[1:] for c in AS_PLANS], ids=[c[0] for c in AS_PLANS])
def test_an_as_plan_that_loses_routes(asns: dict[str, int], hosts: dict[str, int], said: str) -> None:
    made = fabric(**SECTIONS)
    made = replace(
        made,
        devices=tuple(replace(d, asn=asns.get(d.name, d.asn)) for d in made.devices),
        hosts=tuple(replace(h, asn=hosts.get(h.name, h.asn)) for h in made.hosts),
    )
    found = [f.message for f in prove(made, build_models(made)) if f.code == "as-plan"]
    assert len(found) == 1
    assert found[0].startswith(said)


def test_leafs_may_share_an_as_where_the_operator_says_so_and_hosts_may_not() -> None:
    boxes = switches(2, 4)
    boxes["leaf1"]["asn"] = boxes["leaf2"]["asn"] = 65200
    made = fabric(**SECTIONS | {"switches": boxes, "fabric": {"allow_shared_as": True}})
    assert prove(made, build_models(made)) == ()
    both = replace(made, hosts=tuple(replace(h, asn=65200) if h.name == "k1" else h for h in made.hosts))
    assert "as-plan" in {f.code for f in prove(both, build_models(both))}
