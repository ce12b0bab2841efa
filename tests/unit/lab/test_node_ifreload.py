"""The node's own ifreload: what it would do, from a file and a kernel state, without either."""

from typing import Any

from rtmctl.lab.inside.ifreload.changes import Changes, plan
from rtmctl.lab.inside.ifreload.wanted import wanted

FILE = """\
auto lo
iface lo inet loopback
    address 10.255.0.1/32

auto red
iface red
    vrf-netns red
    address 10.253.0.1/32

auto swp5
iface swp5
    mtu 1500
    vrf-netns red

auto vni10
iface vni10
    vxlan-id 10
    vxlan-local-tunnelip 10.254.0.1
    bridge-learning off
    vrf-netns red

auto vlan10
iface vlan10
    bridge-ports swp5 vni10
    address 10.0.0.1/24
    hwaddress 02:00:00:00:AA:00
    vrf-netns red
"""


def link(name: str, kind: str = "veth", up: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "ifname": name,
        "flags": ["UP"] if up else [],
        "mtu": 1500,
        "address": "02:00:00:00:00:99",
        "addr_info": [],
        "linkinfo": {"info_kind": kind, **more.pop("linkinfo", {})},
        **more,
    }


def address(local: str, length: int, family: str = "inet", scope: str = "global") -> dict[str, Any]:
    return {"family": family, "local": local, "prefixlen": length, "scope": scope}


def lo(*addresses: dict[str, Any]) -> dict[str, Any]:
    return {"ifname": "lo", "flags": ["UP"], "mtu": 65536, "addr_info": list(addresses)}


def changes(text: str, kernel: dict[str, list[dict[str, Any]]]) -> Changes:
    want, _ = wanted(text)
    return plan(want, {space: {x["ifname"]: x for x in links} for space, links in kernel.items()})


AGREES = {
    "": [lo(address("10.255.0.1", 32))],
    "red": [
        lo(address("10.253.0.1", 32), address("127.0.0.1", 8, scope="host")),
        link("swp5", master="vlan10", linkinfo={"info_slave_data": {"learning": True, "neigh_suppress": False}}),
        link(
            "vni10",
            "vxlan",
            master="vlan10",
            linkinfo={
                "info_data": {"id": 10, "local": "10.254.0.1"},
                "info_slave_data": {"learning": False, "neigh_suppress": False},
            },
        ),
        link(
            "vlan10",
            "bridge",
            address="02:00:00:00:aa:00",
            addr_info=[address("10.0.0.1", 24), address("fe80::1", 64, "inet6", "link")],
        ),
    ],
}


def test_nothing_to_do_where_file_and_kernel_agree() -> None:
    assert not changes(FILE, AGREES)


def test_from_nothing_things_are_made_where_they_belong_and_vxlan_goes_up_last() -> None:
    found = changes(FILE, {"": [lo(), link("swp5", up=False)], "red": [lo()]})
    assert found.removals == {"": ["link set swp5 down nomaster netns red"]}
    assert found.creations == [
        "link add vlan10 address 02:00:00:00:aa:00 netns red type bridge",
        "link add vni10 netns red type vxlan id 10 local 10.254.0.1 dstport 4789 nolearning",
    ]
    assert "link set vni10 up" not in found.settings["red"]
    assert found.last == {"red": ["link set vni10 up"]}
    assert found.settings[""] == ["addr add 10.255.0.1/32 dev lo"]
    assert "addr add 10.253.0.1/32 dev lo" in found.settings["red"]


def test_what_the_file_has_no_longer_goes() -> None:
    found = changes("auto lo\niface lo inet loopback\n", AGREES)
    assert found.removals["red"] == [
        "addr flush dev lo scope global",
        "link set swp5 down nomaster netns 1",
        "link del vni10",
        "link del vlan10",
    ]
    assert found.settings == {"": ["addr del 10.255.0.1/32 dev lo"]}


def test_a_vxlan_with_another_number_is_made_anew() -> None:
    found = changes(FILE.replace("vxlan-id 10", "vxlan-id 11"), AGREES)
    assert found.removals == {"red": ["link del vni10"]}
    assert len(found.creations) == 1
    assert "id 11" in found.creations[0]


def test_a_changed_address_touches_nothing_else() -> None:
    found = changes(FILE.replace("10.0.0.1/24", "10.0.0.254/24"), AGREES)
    assert (found.removals, found.creations, found.last) == ({}, [], {})
    assert found.settings == {"red": ["addr add 10.0.0.254/24 dev vlan10", "addr del 10.0.0.1/24 dev vlan10"]}


def test_without_auto_an_interface_is_not_wanted() -> None:
    want, spaces = wanted("iface br9\n    bridge-ports none\n    vrf-netns red\n")
    assert (want, spaces) == ({}, [])
