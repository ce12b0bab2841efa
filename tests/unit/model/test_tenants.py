"""VRFs, gateways, routed hosts, external peers and the flow matrix on a leaf."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from bgp_simulation import apply
from fabric_sites import fabric, switches

from rtmctl.model import DeviceModel, build_models
from rtmctl.model.routes import Route
from rtmctl.model.types import Action, Family, FilterRule, Neighbor, PortKind

TENANTS: dict[str, Any] = {"prod": {"policy": "flows"}, "dev": {}}
SEGMENTS: dict[str, Any] = {
    "web": {"tenant": "prod", "vlan": 10, "vni": 100010, "subnets": ["10.1.0.0/24", "2001:db8:1::/64"]},
    "db": {"tenant": "prod", "vlan": 20, "subnets": ["10.2.0.0/24"], "dhcp_relay": ["10.1.0.9"]},
    "log": {"tenant": "prod", "vlan": 21, "subnets": ["10.3.0.0/24"]},
    "lab": {"tenant": "dev", "vlan": 30, "subnets": ["10.4.0.0/24"]},
}
HOSTS: dict[str, Any] = {
    "web1": {"rack": "r1", "leaf": "leaf1", "segment": "web"},
    "db1": {"rack": "r1", "leaf": "leaf1", "attachment": "trunk", "segment": "db", "segments": ["log"]},
    "lab1": {"rack": "r2", "segment": "lab"},
    "k1": {"rack": "r1", "attachment": "routed", "tenant": "prod", "services": ["10.99.0.1/32"]},
}
FLOWS = [{"from": "web", "to": "db", "protocol": "tcp", "ports": [5432, 5433]}]


def models(drained: frozenset[str] = frozenset(), **changed: Any) -> dict[str, DeviceModel]:
    sections: dict[str, Any] = {
        "switches": switches(2, 4) | {"border1": {"role": "border", "rack": "edge"}},
        "tenants": TENANTS,
        "segments": SEGMENTS,
        "hosts": HOSTS,
        "flows": FLOWS,
    }
    return build_models(fabric(**sections | changed), drained)


def session(model: DeviceModel, remote: str) -> Neighbor:
    """The session whose description begins with that."""
    return next(n for b in model.bgp for n in b.neighbors if n.description.startswith(remote))


def test_a_leaf_has_the_vrfs_of_its_rack_and_nothing_else() -> None:
    found = models()
    assert [v.name for v in found["leaf1"].vrfs] == ["prod"]
    assert [v.name for v in found["leaf4"].vrfs] == ["dev"]
    assert (found["spine1"].vrfs, found["spine1"].vtep, len(found["spine1"].bgp)) == ((), None, 1)


def test_a_segment_becomes_vlan_vni_and_the_same_gateway_everywhere() -> None:
    one, two = models()["leaf1"], models()["leaf2"]
    vlan = next(v for v in one.vlans if v.name == "web")
    assert (vlan.vid, vlan.vni) == (10, 100010)
    gateway = next(s for s in one.svis if s.vid == 10)
    assert gateway == next(s for s in two.svis if s.vid == 10)
    assert [str(a) for a in gateway.addresses] == ["10.1.0.1/24", "2001:db8:1::1/64"]
    assert (gateway.name, gateway.vrf, gateway.mtu, gateway.anycast_mac) == (
        "vlan10",
        "prod",
        1500,
        "00:00:5e:00:01:01",
    )
    assert gateway.router_advertisements
    assert not next(s for s in one.svis if s.vid == 20).router_advertisements, "no IPv6 there"
    assert {m.rd for m in one.mac_vrfs}.isdisjoint({m.rd for m in two.mac_vrfs})
    assert {m.route_target for m in one.mac_vrfs} == {m.route_target for m in two.mac_vrfs}


def test_the_l3_vni_has_a_transit_interface_without_an_address() -> None:
    model = models()["leaf1"]
    (vrf,) = model.vrfs
    transit = next(s for s in model.svis if s.vid == vrf.l3vlan)
    assert (transit.vrf, transit.addresses, transit.anycast_mac) == ("prod", (), None)
    assert next(v for v in model.vlans if v.vid == vrf.l3vlan).vni == vrf.l3vni


def test_dhcp_is_relayed_from_the_leafs_own_address_in_the_vrf() -> None:
    one, two = models()["leaf1"], models()["leaf2"]
    sources = []
    for model in (one, two):
        svi = next(s for s in model.svis if s.vid == 20)
        own = next(lo for lo in model.loopbacks if lo.vrf == "prod")
        (relay,) = svi.dhcp_relays
        assert relay.servers == (ip_address("10.1.0.9"),)
        assert relay.link == svi.addresses[0].ip != relay.source == own.addresses[0].ip
        sources.append(relay.source)
    assert sources[0] != sources[1]
    assert next(s for s in one.svis if s.vid == 10).dhcp_relays == ()


def test_ports_carry_what_their_host_asks_for() -> None:
    ports = {p.peer_device: p for p in models()["leaf1"].ports}
    assert (ports["web1"].kind, ports["web1"].untagged_vlan, ports["web1"].tagged_vlans) == (PortKind.ACCESS, 10, ())
    assert (ports["db1"].kind, ports["db1"].untagged_vlan, ports["db1"].tagged_vlans) == (PortKind.TRUNK, 20, (21,))
    assert (ports["k1"].kind, ports["k1"].vrf) == (PortKind.ROUTED, "prod")
    assert {p.mtu for p in ports.values() if p.kind is PortKind.FABRIC} == {9216}
    assert {ports[h].mtu for h in ("web1", "db1", "k1")} == {1500}


def test_both_leafs_make_one_ethernet_segment_of_a_hosts_lag() -> None:
    hosts = {f"db{n}": {"rack": "r1", "attachment": "esi-lag", "segment": "db"} for n in (1, 2)}
    one, two = (models(hosts=hosts)[leaf] for leaf in ("leaf1", "leaf2"))
    assert [(lag.esi, lag.system_mac) for lag in one.lags] == [(lag.esi, lag.system_mac) for lag in two.lags]
    assert len({lag.esi for lag in one.lags}) == 2
    assert {p.name: p.lag for p in one.ports if p.lag} == {lag.members[0]: lag.name for lag in one.lags}
    assert all(len(lag.esi.split(":")) == 10 and lag.system_mac.startswith("02:") for lag in one.lags)
    assert models()["leaf1"].lags == ()


def test_the_vrf_announces_its_subnets_and_loopback_and_no_transfer_network() -> None:
    model = models(fabric={"underlay": "numbered"})["leaf1"]
    instance = next(b for b in model.bgp if b.vrf == "prod")
    assert instance.advertise_to_evpn == (Family.IPV4, Family.IPV6)
    own = next(lo for lo in model.loopbacks if lo.vrf == "prod").addresses[0].network
    transfer = next(p for p in model.ports if p.peer_device == "k1").addresses[0].network
    for prefix, passes in [(own, True), (ip_network("10.1.0.0/24"), True), (transfer, False)]:
        assert (apply(model, instance.redistribute_connected, Route(prefix)) is not None) == passes, prefix
    assert next(b for b in models()["leaf4"].bgp if b.vrf == "dev").advertise_to_evpn == (Family.IPV4,)


@pytest.mark.parametrize(("tenant", "leaf", "versions"), [("prod", "leaf1", [4, 6]), ("dev", "leaf4", [4])])
def test_a_vrf_announces_a_loopback_of_its_own_in_each_ip_version(tenant: str, leaf: str, versions: list[int]) -> None:
    """Always: when the last route of one version goes, FRR forgets the way to the other's too (FRR issue 16340)."""
    found = models()
    (own,) = (lo.addresses for lo in found[leaf].loopbacks if lo.vrf == tenant)
    assert [address.version for address in own] == versions
    instance = next(b for b in found[leaf].bgp if b.vrf == tenant)
    assert all(apply(found[leaf], instance.redistribute_connected, Route(a.network)) is not None for a in own)
    others = {a for m in found.values() if m.hostname != leaf for lo in m.loopbacks for a in lo.addresses}
    assert not others & set(own)


@pytest.mark.parametrize("overlay", ["ebgp-direct", "ebgp-multihop", "ibgp-rr"])
def test_hosts_and_peers_see_the_leafs_own_as_whatever_the_overlay(overlay: str) -> None:
    found = models(fabric={"overlay": overlay}, externals=EXTERNALS)
    for device, remote in (("leaf1", "k1"), ("border1", "external isp")):
        model = found[device]
        assert len({instance.asn for instance in model.bgp}) == 1, "FRR knows one AS for all VRFs with an L3 VNI"
        shown = session(model, remote).local_asn or model.bgp[0].asn
        assert shown == model.asn


@pytest.mark.parametrize(
    ("prefix", "taken"), [("10.99.0.1/32", True), ("10.99.0.2/32", False), ("0.0.0.0/0", False), ("10.1.0.0/24", False)]
)
def test_a_routed_host_may_announce_its_services_only(prefix: str, taken: bool) -> None:
    model = models()["leaf1"]
    (family,) = session(model, "k1").families
    assert (apply(model, family.import_policy, Route(ip_network(prefix), (4200000001,))) is not None) == taken


def test_a_routed_host_may_announce_its_loopback_and_says_when_it_leaves() -> None:
    made = fabric(switches=switches(2, 2), tenants=TENANTS, hosts={"k1": HOSTS["k1"]})
    model = build_models(made)["leaf1"]
    (family,) = session(model, "k1").families
    own = ip_network(f"{made.host('k1').loopback}/32")
    leaving = Route(own, (1,), frozenset({"graceful-shutdown"}))
    taken = apply(model, family.import_policy, leaving)
    assert taken is not None and taken.local_preference == 0
    taken = apply(model, family.import_policy, Route(own, (1,)))
    assert taken is not None and taken.local_preference == 100


@pytest.mark.parametrize(
    ("prefix", "given"),
    [
        ("0.0.0.0/0", True),
        ("10.1.0.0/24", True),
        ("10.99.0.7/32", True),
        ("10.1.0.55/32", False),
        ("10.4.0.1/32", True),
    ],
)
def test_a_routed_host_learns_all_of_the_vrf_but_single_addresses_of_segments(prefix: str, given: bool) -> None:
    model = models()["leaf1"]
    (family,) = session(model, "k1").families
    assert (apply(model, family.export_policy, Route(ip_network(prefix))) is not None) == given


def test_a_drained_leaf_says_so_to_its_hosts_and_external_peers_too() -> None:
    found = models(frozenset({"leaf1", "border1"}), externals=EXTERNALS)
    for device, remote in (("leaf1", "k1"), ("border1", "external isp")):
        model = found[device]
        (family,) = session(model, remote).families
        given = apply(model, family.export_policy, Route(ip_network("10.1.0.0/24")))
        assert given is not None
        assert given.communities == {"graceful-shutdown"}
        assert given.path == (model.asn,) * 3


EXTERNALS: dict[str, Any] = {
    "isp": {
        "border": "border1",
        "tenant": "prod",
        "asn": 3320,
        "local": "192.0.2.1/30",
        "peer": "192.0.2.2/30",
        "accept": ["0.0.0.0/0", "198.51.100.0/24"],
        "prefix_limit": 10,
        "password": "env:ISP",
    }
}


def test_an_external_peer_gives_and_gets_listed_prefixes_within_its_limit() -> None:
    model = models(externals=EXTERNALS)["border1"]
    neighbor = session(model, "external isp")
    (family,) = neighbor.families
    assert (neighbor.remote_asn, str(neighbor.address), neighbor.password) == (3320, "192.0.2.2", "env:ISP")
    assert (family.maximum_prefixes, family.remove_private_asns) == (10, True)
    for prefix, taken in [
        ("0.0.0.0/0", True),
        ("198.51.100.0/24", True),
        ("198.51.100.0/25", False),
        ("10.1.0.0/24", False),
    ]:
        assert (apply(model, family.import_policy, Route(ip_network(prefix), (3320,))) is not None) == taken
    for prefix, given in [("10.1.0.0/24", True), ("10.2.0.0/24", True), ("10.4.0.0/24", False), ("0.0.0.0/0", False)]:
        assert (apply(model, family.export_policy, Route(ip_network(prefix))) is not None) == given
    port = next(p for p in model.ports if p.kind is PortKind.ROUTED)
    assert (str(port.addresses[0]), port.vrf) == ("192.0.2.1/30", "prod")


def test_two_sessions_to_one_peer_stand_on_one_port() -> None:
    second = {**EXTERNALS["isp"], "local": "2001:db8:ff::1/64", "peer": "2001:db8:ff::2/64"}
    both = {"isp": {**EXTERNALS["isp"], "port": "swp7"}, "isp6": {**second, "port": "swp7"}}
    model = models(externals=both)["border1"]
    (port,) = [p for p in model.ports if p.kind is PortKind.ROUTED]
    assert [str(a) for a in port.addresses] == ["192.0.2.1/30", "2001:db8:ff::1/64"]
    assert len(next(b for b in model.bgp if b.vrf == "prod").neighbors) == 2


def test_an_ipv6_peer_gives_the_ipv6_default_route() -> None:
    external = {**EXTERNALS["isp"], "local": "2001:db8:ff::1/64", "peer": "2001:db8:ff::2/64", "asn": 64512}
    del external["accept"]
    model = models(externals={"isp": external})["border1"]
    (family,) = session(model, "external isp").families
    assert (family.family, family.remove_private_asns) == (Family.IPV6, False)
    assert apply(model, family.import_policy, Route(ip_network("::/0"), (3320,))) is not None
    assert apply(model, family.export_policy, Route(ip_network("2001:db8:1::/64"))) is not None


def verdict(
    rules: tuple[FilterRule, ...], source: str, destination: str, protocol: str, sport: int, dport: int
) -> Action:
    """The first rule that matches decides; what none matches passes."""
    for rule in rules:
        if (
            ip_address(source) in rule.source
            and ip_address(destination) in rule.destination
            and rule.protocol in ("any", protocol)
            and (not rule.source_ports or sport in rule.source_ports)
            and (not rule.destination_ports or dport in rule.destination_ports)
        ):
            return rule.action
    return Action.PERMIT


PACKETS = [
    ("the flow", "web", ("10.1.0.5", "10.2.0.5", "tcp", 40000, 5432), True),
    ("its second port", "web", ("10.1.0.5", "10.2.0.5", "tcp", 40000, 5433), True),
    ("another port", "web", ("10.1.0.5", "10.2.0.5", "tcp", 40000, 22), False),
    ("another protocol", "web", ("10.1.0.5", "10.2.0.5", "udp", 40000, 5432), False),
    ("the answer", "db", ("10.2.0.5", "10.1.0.5", "tcp", 5432, 40000), True),
    ("the flow backwards", "db", ("10.2.0.5", "10.1.0.5", "tcp", 40000, 5432), False),
    ("a segment without flows", "log", ("10.3.0.5", "10.2.0.5", "tcp", 40000, 5432), False),
    ("to a segment without flows", "web", ("10.1.0.5", "10.3.0.5", "tcp", 40000, 5432), False),
    ("out of the tenant's segments", "web", ("10.1.0.5", "192.0.2.9", "tcp", 40000, 443), True),
    ("a forged source", "web", ("10.3.0.9", "10.2.0.5", "tcp", 40000, 5432), False),
]


@pytest.mark.parametrize(("segment", "packet", "passes"), [p[1:] for p in PACKETS], ids=[p[0] for p in PACKETS])
def test_the_flow_matrix_at_the_gateway(segment: str, packet: tuple[str, str, str, int, int], passes: bool) -> None:
    found = next(f for f in models()["leaf1"].filters if f.segment == segment)
    assert found.svi == f"vlan{SEGMENTS[segment]['vlan']}"
    assert (verdict(found.rules, *packet) is Action.PERMIT) == passes


def test_a_tenant_that_is_open_within_has_no_filter() -> None:
    assert models()["leaf4"].filters == ()
    assert len(models()["leaf1"].filters) == 3


def test_a_route_leak_opens_its_flow_and_nothing_else() -> None:
    hosts = {**HOSTS, "lab2": {"rack": "r1", "segment": "lab"}}
    flows = [*FLOWS, {"from": "lab", "to": "log", "protocol": "udp", "ports": [514], "via": "leak"}]
    model = models(hosts=hosts, flows=flows)["leaf1"]
    leaks = {v.name: v.leaks for v in model.vrfs}
    assert [leak.vrf for leak in leaks["dev"]] == ["prod"]
    assert apply(model, leaks["dev"][0].policy, Route(ip_network("10.3.0.0/24"))) is not None
    assert apply(model, leaks["dev"][0].policy, Route(ip_network("10.2.0.0/24"))) is None
    assert apply(model, leaks["prod"][0].policy, Route(ip_network("10.4.0.0/24"))) is not None
    lab = next(f for f in model.filters if f.segment == "lab").rules
    assert verdict(lab, "10.4.0.5", "10.3.0.5", "udp", 40000, 514) is Action.PERMIT
    assert verdict(lab, "10.4.0.5", "10.3.0.5", "tcp", 40000, 22) is Action.DENY
    web = next(f for f in model.filters if f.segment == "web").rules
    assert verdict(web, "10.1.0.5", "10.4.0.5", "tcp", 40000, 22) is Action.DENY
    assert model.vrfs[0].leaks and all(not v.leaks for v in models()["leaf1"].vrfs)


def test_models_are_the_same_every_time_and_a_new_host_changes_its_leaf_alone() -> None:
    before = models()
    assert before == models()
    after = models(hosts={**HOSTS, "web2": {"rack": "r1", "leaf": "leaf1", "segment": "web"}})
    assert [name for name in before if before[name] != after[name]] == ["leaf1"]
