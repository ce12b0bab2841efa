"""The pass from production form to lab form, on text."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.lab.features import ALL, Features
from rtmctl.lab.substitute import adapt
from rtmctl.lab.substitute.ifupdown import Interfaces, Stanza, vids
from rtmctl.model.config import DeviceConfig

NOTHING = replace(ALL, vrf=False, vlan=False, vlan_filtering=False, dummy=False)

PRODUCTION = """\
# a comment
auto lo
iface lo inet loopback
    address 10.255.0.1/32

auto shop
iface shop
    vrf-table auto
    address 10.253.0.1/32

auto swp1
iface swp1
    mtu 9216

auto swp5
iface swp5
    bridge-access 10
    mtu 1500

auto swp6
iface swp6
    bridge-vids 10 20
    bridge-pvid 30
    mtu 1500

auto swp7
iface swp7
    vrf shop
    address 10.1.0.0/31

auto vni10010
iface vni10010
    vxlan-id 10010
    bridge-access 10
    bridge-learning off

auto br0
iface br0
    bridge-vlan-aware yes
    bridge-ports swp5 swp6 vni10010
    bridge-vids 10 20 30
    bridge-stp off
    hwaddress 02:00:00:00:00:01
    ipv6-addrgen off

auto vlan10
iface vlan10
    vlan-raw-device br0
    vlan-id 10
    vrf shop
    address 10.0.10.1/24
    hwaddress 02:00:00:00:aa:00

auto tap0
iface tap0
    link-type dummy
"""


def lab_form(text: str, features: Features, frr: str = "") -> tuple[Interfaces, str, list[str]]:
    config, done = adapt(DeviceConfig.of({"frr": frr, "interfaces": text}), features)
    return Interfaces.parse(config.get("interfaces")), config.get("frr"), [record.what for record in done]


def attributes(interfaces: Interfaces, name: str) -> dict[str, str]:
    stanza = interfaces.get(name)
    assert stanza is not None, f"no {name}"
    return dict(stanza.attributes)


def test_a_kernel_that_has_everything_gets_the_very_text() -> None:
    config = DeviceConfig.of({"frr": "interface vlan10\n", "interfaces": PRODUCTION})
    assert adapt(config, ALL) == (config, ())


def test_a_vlan_aware_bridge_becomes_one_bridge_a_vlan_under_the_svis_name() -> None:
    form, _, records = lab_form(PRODUCTION, replace(ALL, vlan_filtering=False))
    assert attributes(form, "vlan10") == {
        "vrf": "shop",
        "address": "10.0.10.1/24",
        "hwaddress": "02:00:00:00:aa:00",
        "bridge-ports": "swp5 swp6.10 vni10010",
        "bridge-stp": "off",
    }
    assert attributes(form, "br0v20")["bridge-ports"] == "swp6.20"
    assert attributes(form, "br0v30")["bridge-ports"] == "swp6"
    assert attributes(form, "swp6.10") == {"mtu": "1500", "vlan-raw-device": "swp6", "vlan-id": "10"}
    assert attributes(form, "swp5") == {"mtu": "1500"}
    assert form.get("br0") is None
    assert records == ["br0"]


def test_an_svi_without_a_mac_inherits_the_bridges() -> None:
    text = PRODUCTION.replace("    hwaddress 02:00:00:00:aa:00\n", "")
    form, _, _ = lab_form(text, replace(ALL, vlan_filtering=False))
    assert attributes(form, "vlan10")["hwaddress"] == "02:00:00:00:00:01"


def test_tagged_subinterfaces_become_cables() -> None:
    form, _, records = lab_form(PRODUCTION, replace(ALL, vlan_filtering=False, vlan=False))
    assert attributes(form, "swp6.10") == {"mtu": "1500"}
    assert records == ["br0", "swp6.10", "swp6.20"]


def test_vrfs_become_namespaces_with_all_that_belongs_to_them() -> None:
    form, _, records = lab_form(PRODUCTION, NOTHING)
    inside = {s.name for s in form.stanzas if s.get("vrf-netns") == "shop"}
    assert inside == {"shop", "vlan10", "swp5", "swp6.10", "vni10010", "swp7"}
    assert attributes(form, "shop") == {"address": "10.253.0.1/32", "vrf-netns": "shop"}
    assert not [s.name for s in form.stanzas if s.get("vrf") or s.get("vrf-table")]
    assert "shop" in records


def test_dummies_become_bridges_without_ports() -> None:
    form, _, records = lab_form(PRODUCTION, NOTHING)
    assert attributes(form, "tap0") == {"bridge-ports": "none", "bridge-stp": "off"}
    assert "tap0" in records


FRR = """\
vrf shop
 vni 50001
exit-vrf
!
interface vlan10
 description x
exit
!
interface swp1
exit
!
router bgp 65000 vrf shop
exit
"""


def test_a_route_leak_is_named_as_what_namespaces_do_not_forward() -> None:
    text = "router bgp 65000 vrf shop\n address-family ipv4 unicast\n  import vrf route-map LEAK\n  import vrf ops\n"
    config = DeviceConfig.of({"frr": text, "interfaces": PRODUCTION})
    for features, expected in ((replace(ALL, vrf=False), ["frr.conf import vrf ops"]), (ALL, [])):
        form, done = adapt(config, features)
        assert [record.what for record in done if "import" in record.what] == expected
        assert "  import vrf ops\n" in form.get("frr")


@pytest.mark.parametrize(
    ("named", "vrf_block"),
    [(True, "vrf shop\n vni 50001\n netns /run/vrf/shop\nexit-vrf\n"), (False, "vrf shop\n vni 50001\nexit-vrf\n")],
    ids=["frr8", "frr10"],
)
def test_frr_names_the_vrf_of_an_interface(named: bool, vrf_block: str) -> None:
    _, frr, _ = lab_form(PRODUCTION, replace(NOTHING, frr_names_netns=named), FRR)
    assert "interface vlan10 vrf shop\n description x" in frr
    assert "interface swp1\n" in frr
    assert frr.startswith(vrf_block)
    assert frr.endswith("router bgp 65000 vrf shop\nexit\n")


def test_the_pass_is_idempotent() -> None:
    once, _ = adapt(DeviceConfig.of({"frr": FRR, "interfaces": PRODUCTION}), NOTHING)
    assert adapt(once, NOTHING)[0] == once


def test_traditional_form_needs_no_bridge_substitution() -> None:
    text = (
        "auto shop\niface shop\n    vrf-table auto\n\n"
        "auto swp6.10\niface swp6.10\n    mtu 1500\n\n"
        "auto vlan10\niface vlan10\n    bridge-ports swp5 swp6.10\n    vrf shop\n"
    )
    form, _, records = lab_form(text, NOTHING)
    assert records == ["swp6.10", "shop"]
    assert attributes(form, "swp5") == {"vrf-netns": "shop"}
    assert attributes(form, "swp6.10") == {"mtu": "1500", "vrf-netns": "shop"}


def test_limits_of_the_machine_are_left_out_of_a_namespace() -> None:
    text = "net.ipv4.ip_forward = 1\nnet.ipv4.neigh.default.gc_thresh3 = 8192\n"
    config = DeviceConfig.of({"frr": "", "interfaces": "", "sysctl": text})
    form, done = adapt(config, replace(ALL, neighbour_limits=False))
    assert form.get("sysctl") == "net.ipv4.ip_forward = 1\n"
    assert [record.what for record in done] == ["sysctl net.ipv4.neigh.default.gc_thresh3"]


def test_every_record_says_what_and_why() -> None:
    _, done = adapt(DeviceConfig.of({"frr": FRR, "interfaces": PRODUCTION}), NOTHING)
    assert done
    assert all(record.why.startswith("this kernel has no") and record.production != record.lab for record in done)


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
VALUES = st.from_regex(r"[a-z0-9][a-z0-9 ./:]{0,15}[a-z0-9]", fullmatch=True).map(lambda v: " ".join(v.split()))
STANZAS = st.builds(
    Stanza,
    NAMES,
    st.booleans(),
    st.sampled_from(["", "inet loopback"]),
    st.lists(st.tuples(NAMES.filter(lambda n: n not in ("auto", "iface")), VALUES), max_size=4).map(tuple),
)


@given(st.lists(STANZAS, max_size=5, unique_by=lambda s: s.name))
def test_text_and_data_are_inverse(stanzas: list[Stanza]) -> None:
    interfaces = Interfaces(tuple(stanzas))
    assert Interfaces.parse(interfaces.to_text()) == interfaces


def test_ranges_of_vlans() -> None:
    assert vids(["10", "20-22"]) == (10, 20, 21, 22)
