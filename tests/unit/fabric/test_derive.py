"""Who is cabled to whom, who carries what, and where the addresses come from."""

from typing import Any

import pytest
from fabric_sites import fabric, site, switches

from rtmctl.fabric import Lock, allocate, derive
from rtmctl.fabric.types import Role

TENANTS: dict[str, Any] = {"prod": {}, "dev": {}}
SEGMENTS: dict[str, Any] = {
    "web": {"tenant": "prod", "vlan": 10, "subnets": ["10.1.0.0/24", "2001:db8:1::/64"]},
    "db": {"tenant": "prod", "vlan": 20, "subnets": ["10.2.0.0/24"], "gateways": ["10.2.0.254"]},
    "lab": {"tenant": "dev", "vlan": 30, "subnets": ["10.3.0.0/24"], "racks": ["r2"]},
}


def test_every_leaf_is_cabled_to_every_spine_of_its_pod_and_every_spine_to_every_super_spine() -> None:
    boxes: dict[str, Any] = {f"p{p}-spine{n}": {"role": "spine", "pod": f"p{p}"} for p in (1, 2) for n in (1, 2)}
    boxes |= {f"p{p}-leaf{n}": {"role": "leaf", "pod": f"p{p}", "rack": f"p{p}r1"} for p in (1, 2) for n in (1, 2)}
    boxes |= {"super1": {"role": "super-spine"}, "super2": {"role": "super-spine"}}
    found = fabric(switches=boxes)
    assert len(found.links) == 2 * 4 + 2 * 4
    assert {link.a.device for link in found.links_of("p1-leaf1")} == {"p1-spine1", "p1-spine2"}
    assert {link.far("p2-spine1").device for link in found.links_of("p2-spine1")} == {
        "p2-leaf1",
        "p2-leaf2",
        "super1",
        "super2",
    }
    asns = {d.name: d.asn for d in found.devices}
    assert asns["p1-spine1"] == asns["p1-spine2"] != asns["p2-spine1"]
    assert asns["super1"] == asns["super2"]
    assert len(set(asns.values())) == 2 + 1 + 4
    ports = [(end.device, end.port) for link in found.links for end in (link.a, link.b)]
    assert len(ports) == len(set(ports))


def test_generic_ports_read_like_a_cabling_plan() -> None:
    found = fabric(switches=switches(2, 4))
    cables = {link.identity: (link.a.port, link.b.port) for link in found.links}
    assert cables["spine1:leaf3"] == ("swp3", "swp49")
    assert cables["spine2:leaf4"] == ("swp4", "swp50")


def test_borders_and_super_spines_leave_the_first_ports_to_the_leafs() -> None:
    boxes = switches(1, 3) | {"border1": {"role": "border", "rack": "edge"}, "super1": {"role": "super-spine"}}
    found = fabric(switches=boxes, roles={"spine": {"fabric_ports": 32}})
    assert {link.far("spine1").device: link.end("spine1").port for link in found.links_of("spine1")} == {
        "leaf1": "swp1",
        "leaf2": "swp2",
        "leaf3": "swp3",
        "border1": "swp24",
        "super1": "swp32",
    }


def test_role_and_switch_override_the_generic_port_count() -> None:
    boxes = switches(2, 2)
    boxes["leaf2"] |= {"host_ports": 16, "model": "big"}
    found = fabric(switches=boxes, roles={"leaf": {"host_ports": 32, "platform": "frr"}})
    ports = {link.identity: link.b.port for link in found.links}
    assert (ports["spine1:leaf1"], ports["spine1:leaf2"]) == ("swp33", "swp17")
    assert (found.device("leaf2").model, found.device("leaf1").host_ports) == ("big", 32)


def test_numbered_links_are_31s_with_the_lower_address_above() -> None:
    found = fabric(fabric={"underlay": "numbered"})
    for link in found.links:
        assert link.a.address is not None and link.b.address is not None
        assert link.a.address.network == link.b.address.network
        assert link.a.address.network.prefixlen == 31
        assert link.b.address.ip == link.a.address.ip + 1
    assert all(link.a.address is None for link in fabric().links)


def test_a_segment_is_carried_where_its_hosts_stand_or_where_it_is_told_to() -> None:
    hosts = {"h1": {"rack": "r1", "segment": "web"}}
    found = fabric(switches=switches(2, 6), tenants=TENANTS, segments=SEGMENTS, hosts=hosts)
    assert found.segment("web").leafs == ("leaf1", "leaf2")
    assert found.segment("lab").leafs == ("leaf3", "leaf4")
    assert [t for t, _ in found.device("leaf3").vrf_loopbacks] == ["dev"]
    assert found.device("leaf5").vrf_loopbacks == ()


def test_hosts_get_addresses_in_both_versions_and_never_the_gateways() -> None:
    hosts: dict[str, Any] = {f"h{n}": {"rack": "r1", "segment": "db"} for n in range(200)}
    boxes = switches(2, 2) | {"leaf1": {"role": "leaf", "rack": "r1", "host_ports": 300}}
    hosts["w1"] = {"rack": "r1", "segment": "web", "addresses": ["10.1.0.77"]}
    found = fabric(switches=boxes, tenants=TENANTS, segments=SEGMENTS, hosts=hosts)
    db = [a.interface.ip for h in found.hosts for a in h.addresses if a.segment == "db"]
    assert len(set(db)) == 200
    assert not {"10.2.0.254", "10.2.0.0", "10.2.0.255"} & set(map(str, db))
    four, six = found.host("w1").addresses
    assert (str(four.interface), str(four.gateway)) == ("10.1.0.77/24", "10.1.0.1")
    assert (six.interface.version, str(six.gateway)) == (6, "2001:db8:1::1")


def test_a_trunk_stands_in_every_segment_it_is_given() -> None:
    hosts = {"h1": {"rack": "r1", "attachment": "trunk", "segment": "web", "segments": ["db"]}}
    host = fabric(tenants=TENANTS, segments=SEGMENTS, hosts=hosts).host("h1")
    assert (host.untagged, host.tagged, len(host.links)) == ("web", ("db",), 1)
    assert [a.segment for a in host.addresses] == ["web", "web", "db"]


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_a_routed_host_hangs_on_every_leaf_of_its_rack(underlay: str) -> None:
    hosts = {"k1": {"rack": "r1", "attachment": "routed", "tenant": "prod", "services": ["10.99.0.1/32"]}}
    found = fabric(tenants=TENANTS, hosts=hosts, fabric={"underlay": underlay})
    host = found.host("k1")
    assert [(link.leaf, link.nic) for link in host.links] == [("leaf1", "eth0"), ("leaf2", "eth1")]
    assert host.asn is not None and host.asn not in {d.asn for d in found.devices}
    assert host.loopback in found.loopback_pool
    assert all((link.leaf_address is None) == (underlay == "unnumbered") for link in host.links)


def test_leafs_of_one_rack_are_a_pair_and_border_leafs_are_leafs() -> None:
    boxes = switches(2, 3) | {
        "border1": {"role": "border", "rack": "edge"},
        "border2": {"role": "border", "rack": "edge"},
    }
    externals = {
        "isp": {"border": "border1", "tenant": "prod", "asn": 3320, "local": "192.0.2.1/30", "peer": "192.0.2.2/30"}
    }
    found = fabric(switches=boxes, tenants=TENANTS, externals=externals)
    assert (found.device("leaf1").pair, found.device("leaf3").pair) == ("leaf2", None)
    border = found.device("border1")
    assert (border.role, border.pair, border.vtep is not None) == (Role.BORDER, "border2", True)
    assert [t for t, _ in border.vrf_loopbacks] == ["prod"]
    assert found.externals_of("border1")[0].port.startswith("swp")


def test_equal_sites_give_equal_fabrics_and_the_lock_decides_the_numbers() -> None:
    sections: dict[str, Any] = {"tenants": TENANTS, "segments": SEGMENTS}
    lock = allocate(site(**sections), Lock.empty())
    assert derive(site(**sections), lock) == derive(site(**sections), lock)
    found = derive(site(**sections), lock)
    assert [s.route_target for s in found.segments] == [f"65000:{s.vni}" for s in found.segments]
    assert found.tenant("prod").route_target == f"65000:{found.tenant('prod').vni}"
