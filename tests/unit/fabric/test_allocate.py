"""What was given once stays; what is new is placed the same way everywhere."""

from dataclasses import replace
from typing import Any

import pytest
from fabric_sites import site, switches

from rtmctl.base import Position, SiteInvalid
from rtmctl.fabric import Kind, Lock, allocate, derive, dump_lock, parse_lock, prune, resolve, stale


def test_the_lock_is_made_of_one_line_an_allocation_and_adding_a_leaf_adds_lines_only() -> None:
    before = dump_lock(allocate(site(switches=switches(2, 4)), Lock.empty())).splitlines()
    after = dump_lock(allocate(site(switches=switches(2, 5)), parse_lock("\n".join(before) + "\n"))).splitlines()
    assert [line for line in after if line in before] == before
    added = [line.strip().split(": ")[0] for line in after if line not in before]
    assert added == ["leaf5", "leaf5", "leaf5", "leaf5", "leaf5 spine1", "leaf5 spine2", "spine1 leaf5", "spine2 leaf5"]


@pytest.mark.parametrize("name", ["on", "no", "1e3", "0x10", "null", "12", "y", "1-1", "00"])
def test_names_that_yaml_reads_as_something_else_survive(name: str) -> None:
    lock = Lock({Kind.ASN: {name: "65001"}, Kind.RD: {f"segment:{name}": "3"}, Kind.PORT: {f"leaf1 host:{name}": name}})
    assert parse_lock(dump_lock(lock)) == lock


WEB = {"web": {"tenant": "prod", "vlan": 10, "subnets": ["10.0.0.0/24"]}}


def test_an_explicit_value_wins_and_is_kept_when_it_is_left_out_later() -> None:
    segments = {"web": {**WEB["web"], "vni": 100010}, "db": {"tenant": "prod", "vlan": 20, "subnets": ["10.1.0.0/24"]}}
    sections: dict[str, Any] = {"tenants": {"prod": {}}}
    lock = allocate(site(segments=segments, **sections), Lock.empty())
    assert lock[Kind.L2VNI, "web"] == "100010"
    plain = {"web": WEB["web"], "db": segments["db"]}
    assert allocate(site(segments=plain, **sections), lock) == lock


def test_an_explicit_value_that_another_holds_is_a_finding_and_renumbers_nobody() -> None:
    tenants = {"prod": {}}
    lock = allocate(site(segments=WEB, tenants=tenants), Lock.empty())
    taken = int(lock[Kind.L2VNI, "web"])
    grown = WEB | {"db": {"tenant": "prod", "vlan": 20, "subnets": ["10.1.0.0/24"], "vni": taken}}
    with pytest.raises(SiteInvalid) as error:
        allocate(site(segments=grown, tenants=tenants), lock)
    (finding,) = error.value.findings
    assert finding.code == "allocation-taken"
    assert "belongs to web already" in finding.message


def test_an_explicit_value_takes_over_from_a_removed_name() -> None:
    tenants = {"prod": {}}
    lock = allocate(site(segments=WEB, tenants=tenants), Lock.empty())
    taken = int(lock[Kind.L2VNI, "web"])
    other = {"db": {"tenant": "prod", "vlan": 20, "subnets": ["10.1.0.0/24"], "vni": taken}}
    after = allocate(site(segments=other, tenants=tenants), lock)
    assert (after.get(Kind.L2VNI, "db"), after.get(Kind.L2VNI, "web")) == (str(taken), None)


def test_l2_and_l3_vnis_never_meet() -> None:
    pools = {"l2vni": "100-104", "l3vni": "101-104"}
    segments = {f"s{n}": {"tenant": "prod", "vlan": 10 + n, "subnets": [f"10.{n}.0.0/24"]} for n in range(4)}
    lock = allocate(site(segments=segments, tenants={"prod": {"vni": 104}}, pools=pools), Lock.empty())
    assert sorted(lock.of(Kind.L2VNI).values()) == ["100", "101", "102", "103"]


def test_the_two_sessions_to_one_external_peer_share_a_port() -> None:
    boxes = switches(2, 2) | {"border1": {"role": "border", "rack": "edge"}}
    common = {"border": "border1", "tenant": "prod", "asn": 3320, "port": "swp7"}
    externals = {
        "isp": {**common, "local": "192.0.2.1/30", "peer": "192.0.2.2/30"},
        "isp6": {**common, "local": "2001:db8::1/64", "peer": "2001:db8::2/64"},
    }
    wanted = site(switches=boxes, tenants={"prod": {}}, externals=externals)
    lock = allocate(wanted, Lock.empty())
    assert [e.port for e in derive(wanted, parse_lock(dump_lock(lock))).externals] == ["swp7", "swp7"]
    assert resolve(lock, lock) == lock


def test_a_full_pool_is_named_with_size_need_and_the_length_that_would_do() -> None:
    pools = {"p2p": "10.1.0.0/29"}
    with pytest.raises(SiteInvalid) as error:
        allocate(site(switches=switches(4, 4), pools=pools, fabric={"underlay": "numbered"}), Lock.empty())
    (finding,) = error.value.findings
    assert finding.code == "pool-exhausted"
    assert finding.message == "pool 'p2p' 10.1.0.0/29 holds 4 links, the fabric needs 16"
    assert finding.hint == "a /27 would hold them and leave none; a /24 leaves room for 112 more"


def test_a_full_pool_of_addresses_counts_what_it_cannot_use() -> None:
    with pytest.raises(SiteInvalid) as error:
        allocate(site(switches=switches(2, 8), pools={"vtep": "10.1.0.0/29"}), Lock.empty())
    (finding,) = error.value.findings
    assert finding.message == "pool 'vtep' 10.1.0.0/29 holds 6 addresses, the fabric needs 8"
    assert finding.hint.startswith("a /28 would hold them and leave 6;")
    allocate(site(switches=switches(2, 8), pools={"vtep": "10.1.0.0/28"}), Lock.empty())


def test_a_full_subnet_counts_without_its_gateway() -> None:
    segments = {"web": {**WEB["web"], "subnets": ["10.0.0.0/29"]}}
    hosts = {f"h{n}": {"rack": "r1", "segment": "web"} for n in range(6)}
    with pytest.raises(SiteInvalid) as error:
        allocate(site(hosts=hosts, segments=segments, tenants={"prod": {}}), Lock.empty())
    (finding,) = error.value.findings
    assert finding.message == "pool 'segment web' 10.0.0.0/29 holds 5 addresses, the fabric needs 6"
    assert finding.hint.startswith("a /28 would hold them and leave 7;")


POSITIONS = [
    ("asn", {"asn": "4200000000-4200000001"}, ("pools", "asn")),
    ("l2vni", {"l2vni": "100-100"}, ("pools", "l2vni")),
    ("l3vlan", {"l3vlan": "3000-2999"}, ("pools", "l3vlan")),
    ("management", {"management": "172.31.0.0/30"}, ("pools", "management")),
]


@pytest.mark.parametrize(("pools", "path"), [p[1:] for p in POSITIONS], ids=[p[0] for p in POSITIONS])
def test_a_full_pool_is_pointed_at_where_it_is_written(pools: dict[str, str], path: tuple[str, str]) -> None:
    segments = {f"s{n}": {"tenant": "prod", "vlan": 10 + n, "subnets": [f"10.{n}.0.0/24"]} for n in range(2)}
    plain = site(segments=segments, tenants={"prod": {}}, pools=pools)
    here = Position("site.yaml", 7, 3)
    with pytest.raises(SiteInvalid) as error:
        allocate(replace(plain, positions={path: here}), Lock.empty())
    assert [(f.code, f.where) for f in error.value.findings] == [("pool-exhausted", here)]


def test_a_pool_that_leaves_out_what_was_given_says_what_would_be_renumbered() -> None:
    lock = allocate(site(), Lock.empty())
    with pytest.raises(SiteInvalid) as error:
        allocate(site(pools={"vtep": "10.9.0.0/24"}), lock)
    (finding,) = error.value.findings
    assert finding.code == "pool-moved"
    assert f"leaf1 {lock[Kind.VTEP, 'leaf1']}, leaf2 {lock[Kind.VTEP, 'leaf2']}" in finding.message


def test_removed_names_keep_their_numbers_until_they_are_pruned() -> None:
    large, small = site(switches=switches(2, 4)), site(switches=switches(2, 3))
    lock = allocate(large, Lock.empty())
    assert allocate(small, lock) == lock
    assert stale(small, lock) == ()
    pruned = prune(small, lock)
    assert pruned.get(Kind.ASN, "leaf4") is None
    assert pruned == allocate(small, Lock({k: pruned.of(k) for k in pruned.allocations}))
    assert pruned.get(Kind.ASN, "leaf3") == lock.get(Kind.ASN, "leaf3")


def test_pruning_first_makes_room_in_a_pool_that_removed_names_fill() -> None:
    pools = {"vtep": "10.255.4.0/29"}
    lock = allocate(site(switches=switches(2, 6), pools=pools), Lock.empty())
    boxes = {name: box for name, box in switches(2, 7).items() if name != "leaf1"}
    changed = site(switches=boxes, pools=pools)
    with pytest.raises(SiteInvalid) as error:
        allocate(changed, lock)
    (finding,) = error.value.findings
    assert finding.message.endswith("the fabric needs 7, 1 of them kept for removed names")
    assert finding.hint.endswith("or `rtmctl net lock --prune`")
    after = allocate(changed, prune(changed, lock))
    assert after[Kind.VTEP, "leaf7"] == lock[Kind.VTEP, "leaf1"]


def test_a_stale_lock_is_one_finding_and_stops_derivation() -> None:
    lock = allocate(site(switches=switches(2, 2)), Lock.empty())
    grown = site(switches=switches(2, 3))
    (finding,) = stale(grown, lock)
    assert finding.code == "lock-stale"
    assert "asn leaf3" in finding.message
    with pytest.raises(SiteInvalid) as error:
        derive(grown, lock)
    assert error.value.findings == (finding,)


def test_a_rack_without_a_free_port_is_a_finding_for_each_host_left_over() -> None:
    boxes = switches(1, 2)
    boxes["leaf1"]["host_ports"] = boxes["leaf2"]["host_ports"] = 1
    hosts = {f"h{n}": {"rack": "r1", "segment": "web"} for n in range(3)}
    with pytest.raises(SiteInvalid) as error:
        allocate(site(switches=boxes, hosts=hosts, segments=WEB, tenants={"prod": {}}), Lock.empty())
    assert [f.code for f in error.value.findings] == ["no-free-port"]
    assert "rack r1" in error.value.findings[0].message


@pytest.mark.parametrize(
    "host",
    [{"attachment": "routed", "tenant": "prod"}, {"leaf": "leaf1", "segment": "web"}],
    ids=["routed", "fixed leaf"],
)
def test_hosts_that_must_be_on_a_full_leaf(host: dict[str, Any]) -> None:
    boxes = switches(1, 2)
    boxes["leaf1"]["host_ports"] = 1
    hosts = {f"h{n}": {"rack": "r1", **host} for n in range(2)}
    with pytest.raises(SiteInvalid) as error:
        allocate(site(switches=boxes, hosts=hosts, segments=WEB, tenants={"prod": {}}), Lock.empty())
    assert [f.message for f in error.value.findings] == ["no port for host h1: leaf1 has 1 host ports, 2 are needed"]


def test_hosts_are_spread_over_the_leafs_of_their_rack() -> None:
    hosts = {f"h{n}": {"rack": "r1", "segment": "web"} for n in range(60)}
    lock = allocate(site(hosts=hosts, segments=WEB, tenants={"prod": {}}), Lock.empty())
    on_leaf1 = list(lock.of(Kind.LEAF).values()).count("leaf1")
    assert 15 < on_leaf1 < 45


def test_a_host_stays_on_its_leaf_when_the_rack_gets_another() -> None:
    sections: dict[str, Any] = {
        "hosts": {f"h{n}": {"rack": "r1", "segment": "web"} for n in range(8)},
        "segments": WEB,
        "tenants": {"prod": {}},
    }
    lock = allocate(site(switches=switches(2, 1), **sections), Lock.empty())
    after = allocate(site(switches=switches(2, 2), **sections), lock)
    assert set(after.of(Kind.LEAF).values()) == {"leaf1"}


def test_spines_of_a_pod_share_the_as_that_one_of_them_fixes() -> None:
    boxes = switches(2, 2)
    boxes["spine2"]["asn"] = 65100
    assert allocate(site(switches=boxes), Lock.empty())[Kind.ASN, "spines:pod1"] == "65100"


@pytest.mark.parametrize(("overlay", "kept_free"), [("ebgp-direct", {"64513"}), ("ibgp-rr", {"64512", "64513"})])
def test_no_switch_gets_the_as_of_an_external_peer_or_of_the_overlay(overlay: str, kept_free: set[str]) -> None:
    boxes = switches(2, 2) | {"border1": {"role": "border", "rack": "edge"}}
    external = {"border": "border1", "tenant": "prod", "asn": 64513, "local": "192.0.2.1/30", "peer": "192.0.2.2/30"}
    sections: dict[str, Any] = {"switches": boxes, "tenants": {"prod": {}}, "externals": {"isp": external}}
    sections["fabric"] = {"overlay": overlay, "admin": 64512}
    enough = site(**sections, pools={"asn": f"64512-{64515 + len(kept_free)}"})
    given = set(allocate(enough, Lock.empty()).of(Kind.ASN).values())
    assert len(given) == 4
    assert not given & kept_free
    with pytest.raises(SiteInvalid) as error:
        allocate(site(**sections, pools={"asn": f"64512-{64514 + len(kept_free)}"}), Lock.empty())
    (finding,) = error.value.findings
    assert f"holds {4 - 1} ASNs, the fabric needs 4" in finding.message


@pytest.mark.parametrize("shared", [False, True])
def test_leafs_share_an_as_only_where_the_operator_says_so(shared: bool) -> None:
    boxes = switches(2, 2)
    boxes["leaf1"]["asn"] = boxes["leaf2"]["asn"] = 65200
    wanted = site(switches=boxes, fabric={"allow_shared_as": shared})
    if shared:
        assert allocate(wanted, Lock.empty()).of(Kind.ASN)["leaf2"] == "65200"
        return
    with pytest.raises(SiteInvalid) as error:
        allocate(wanted, Lock.empty())
    assert [f.code for f in error.value.findings] == ["allocation-taken"]
