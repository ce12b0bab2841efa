"""Each check sees what it is for: one change to a perfect reading, one line that names device, expected and seen."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

import observe_perfect as perfect
import observe_sites as sites
import pytest

from rtmctl.base import Severity
from rtmctl.device.state import ArpEntry, BgpSession, EvpnRoute, LldpNeighbor, MacEntry, NextHop, VniState
from rtmctl.model.types import Family, PortKind
from rtmctl.observe import CheckResult, Reading, Status, compare

BASE = sites.TEXTS["base"]
FABRIC, MODELS = sites.fabric(BASE), sites.models(BASE)
GOOD = perfect.reading(FABRIC, MODELS)
LEAF1, LEAF3 = MODELS["leaf1"], MODELS["leaf3"]
WEB = FABRIC.segment("web")
UPLINKS = [p.name for p in LEAF1.ports if p.kind is PortKind.FABRIC]
WEB1 = next(p.name for p in LEAF1.ports if p.peer_device == "web1")


def result(reading: Reading, check: str) -> CheckResult:
    return next(r for r in compare(reading) if r.name == check)


def edit(device: str, field: str, change: Callable[[tuple], tuple]) -> Reading:
    return perfect.change(GOOD, device, **{field: change(getattr(GOOD.states[device], field))})


def each(test: Callable[[object], bool], **fields: object) -> Callable[[tuple], tuple]:
    """Replace fields of the items that `test` picks, at least one."""

    def change(items: tuple) -> tuple:
        assert any(map(test, items))
        return tuple(replace(i, **fields) if test(i) else i for i in items)

    return change


def without(test: Callable[[object], bool]) -> Callable[[tuple], tuple]:
    def change(items: tuple) -> tuple:
        kept = tuple(i for i in items if not test(i))
        assert len(kept) < len(items)
        return kept

    return change


def plus(*more: object) -> Callable[[tuple], tuple]:
    return lambda items: (*items, *more)


def named(name: str) -> Callable[[object], bool]:
    return lambda item: item.name == name


def peer(name: str) -> Callable[[object], bool]:
    return lambda item: item.peer == name


REMOTE = ip_network(f"{MODELS['leaf4'].vtep}/32")
DB = ip_network("10.1.20.0/24")
ANY = ip_network("10.1.99.1/32")
VTEP2, VTEP3 = MODELS["leaf2"].vtep, MODELS["leaf3"].vtep
WEB_RD3 = next(v.rd for v in LEAF3.mac_vrfs if v.vni == WEB.vni)
RED_RD3 = next(v.rd for v in LEAF3.vrfs if v.name == "red")
RED_VNI = FABRIC.tenant("red").vni
MAC1 = next(e.mac for e in GOOD.states["leaf1"].macs if e.port == WEB1)
WEB1_IP = next(a.interface.ip for a in FABRIC.host("web1").addresses)

SOURCE1 = next(iter(GOOD.states["leaf1"].dhcp_relays)).source

CASES = {
    "relays: none": (
        "relays",
        lambda: perfect.change(GOOD, "leaf1", dhcp_relays=()),
        ["leaf1: DHCP relay vlan10 IPv4 (VRF red): expected to 10.1.20.9, seen no relay"],
    ),
    "relays: to another server": (
        "relays",
        lambda: edit("leaf1", "dhcp_relays", each(lambda _: True, servers=(ip_address("10.1.20.8"),))),
        [
            f"leaf1: DHCP relay vlan10 IPv4 (VRF red): expected to 10.1.20.9 from {SOURCE1}, "
            f"seen to 10.1.20.8 from {SOURCE1} in VRF red"
        ],
    ),
    "relays: deaf": (
        "relays",
        lambda: edit("leaf1", "dhcp_relays", each(lambda _: True, listening=False)),
        [
            "leaf1: DHCP relay vlan10 IPv4 (VRF red): expected listens, "
            "seen does not hear vlan10, or its own loopback in the VRF"
        ],
    ),
    "relays: left over": (
        "relays",
        lambda: perfect.change(GOOD, "spine1", dhcp_relays=GOOD.states["leaf1"].dhcp_relays),
        ["spine1: DHCP relay vlan10 IPv4: expected none, seen one runs"],
    ),
    "version: another on one leaf": (
        "version",
        lambda: perfect.change(GOOD, "leaf1", version="8.4.4"),
        ["leaf1: NOS version: expected frr 10.3, seen 8.4.4"],
    ),
    "version: not the one the site says": (
        "version",
        lambda: replace(GOOD, versions={"spine": "10.4"}),
        [f"spine{n}: NOS version: expected frr 10.4, seen 10.3" for n in (1, 2)],
    ),
    "interfaces: no carrier": (
        "interfaces",
        lambda: edit("leaf1", "links", each(named(UPLINKS[0]), oper_up=False)),
        [f"leaf1: {UPLINKS[0]}: expected up, seen no carrier"],
    ),
    "interfaces: shut": (
        "interfaces",
        lambda: edit("leaf1", "links", each(named(UPLINKS[0]), admin_up=False, oper_up=False)),
        [f"leaf1: {UPLINKS[0]}: expected up, seen administratively down"],
    ),
    "interfaces: MTU": (
        "interfaces",
        lambda: edit("leaf1", "links", each(named(UPLINKS[0]), mtu=1500)),
        [f"leaf1: {UPLINKS[0]}: expected MTU 9216, seen MTU 1500"],
    ),
    "interfaces: VRF": (
        "interfaces",
        lambda: edit("leaf1", "links", each(named("vlan10"), vrf="default")),
        ["leaf1: vlan10: expected in VRF red, seen in VRF default"],
    ),
    "interfaces: gateway MAC": (
        "interfaces",
        lambda: edit("leaf1", "links", each(named("vlan10"), mac="02:00:00:00:00:99")),
        ["leaf1: vlan10 MAC: expected 00:00:5e:00:01:01 (anycast gateway), seen 02:00:00:00:00:99"],
    ),
    "interfaces: missing": (
        "interfaces",
        lambda: edit("leaf1", "links", without(named("vlan10"))),
        ["leaf1: vlan10: expected an interface, seen no such interface"],
    ),
    "addresses: missing": (
        "addresses",
        lambda: edit("leaf1", "links", each(named("vlan10"), addresses=(ip_interface("2001:db8:10::1/64"),))),
        ["leaf1: vlan10 address: expected 10.1.10.1/24, seen missing"],
    ),
    "addresses: on another interface": (
        "addresses",
        lambda: edit("leaf1", "links", each(named("vlan10"), name="vlan11")),
        [
            "leaf1: vlan10 address: expected 10.1.10.1/24, seen on vlan11 (VRF red)",
            "leaf1: vlan10 address: expected 2001:db8:10::1/64, seen on vlan11 (VRF red)",
        ],
    ),
    "addresses: one too many": (
        "addresses",
        lambda: edit("leaf1", "links", each(named(UPLINKS[0]), addresses=(ip_interface("192.0.2.1/24"),))),
        [f"leaf1: {UPLINKS[0]} address: expected none but the modelled ones, seen 192.0.2.1/24"],
    ),
    "errors: they rise": (
        "errors",
        lambda: edit("leaf1", "links", each(named(UPLINKS[0]), rx_errors=7)),
        [f"leaf1: {UPLINKS[0]} receive errors: expected no more than 0, seen 7 (+7)"],
    ),
    "errors: it rebooted": (
        "errors",
        lambda: perfect.change(GOOD, "leaf1", boot_id="another"),
        ["leaf1: boot: expected the same boot in both readings, seen it rebooted in between"],
    ),
    "bgp: down": (
        "bgp",
        lambda: edit("leaf1", "bgp", each(peer(UPLINKS[0]), state="Active", families=())),
        [f"leaf1: BGP {UPLINKS[0]} to spine1: expected Established, seen Active"],
    ),
    "bgp: missing": (
        "bgp",
        lambda: edit("leaf1", "bgp", without(peer(UPLINKS[0]))),
        [f"leaf1: BGP {UPLINKS[0]} to spine1: expected Established, seen no such session"],
    ),
    "bgp: another AS": (
        "bgp",
        lambda: edit("leaf1", "bgp", each(peer(UPLINKS[0]), remote_asn=65001)),
        [f"leaf1: BGP {UPLINKS[0]} to spine1: expected AS {FABRIC.device('spine1').asn}, seen AS 65001"],
    ),
    "bgp: another device": (
        "bgp",
        lambda: edit("leaf1", "bgp", each(peer(UPLINKS[0]), remote_hostname="spine2")),
        [f"leaf1: BGP {UPLINKS[0]} to spine1: expected spine1 at the far end, seen spine2"],
    ),
    "bgp: a family is missing": (
        "bgp",
        lambda: edit(
            "leaf1",
            "bgp",
            lambda items: tuple(replace(s, families=s.families[:1]) if s.peer == UPLINKS[0] else s for s in items),
        ),
        [f"leaf1: BGP {UPLINKS[0]} to spine1: expected families ipv4-unicast, l2vpn-evpn, seen ipv4-unicast"],
    ),
    "bgp: no routes": (
        "bgp",
        lambda: edit(
            "leaf1",
            "bgp",
            lambda items: tuple(
                replace(s, families=tuple(replace(f, accepted=0) for f in s.families)) if s.peer == UPLINKS[0] else s
                for s in items
            ),
        ),
        [
            f"leaf1: BGP {UPLINKS[0]} to spine1: expected routes in ipv4-unicast, seen 0 accepted",
            f"leaf1: BGP {UPLINKS[0]} to spine1: expected routes in l2vpn-evpn, seen 0 accepted",
        ],
    ),
    "bgp: hold time": (
        "bgp",
        lambda: edit("leaf1", "bgp", each(peer(UPLINKS[0]), hold_s=180)),
        [f"leaf1: BGP {UPLINKS[0]} to spine1: expected hold time 9 s, seen 180 s negotiated"],
    ),
    "bgp: a stranger": (
        "bgp",
        lambda: edit("leaf1", "bgp", plus(BgpSession("red", "10.9.9.9", 65009, "Established", 9, 9, ()))),
        ["leaf1: BGP 10.9.9.9 (VRF red): expected no such session, seen Established with AS 65009"],
    ),
    "bfd: down": (
        "bfd",
        lambda: edit("leaf1", "bfd", each(lambda s: s.interface == UPLINKS[0], up=False)),
        [f"leaf1: BFD {UPLINKS[0]} to spine1: expected up, seen down"],
    ),
    "bfd: missing": (
        "bfd",
        lambda: edit("leaf1", "bfd", without(lambda s: s.interface == UPLINKS[0])),
        [f"leaf1: BFD {UPLINKS[0]} to spine1: expected up, seen no such session"],
    ),
    "bfd: the far end is slow": (
        "bfd",
        lambda: edit("leaf1", "bfd", each(lambda s: s.interface == UPLINKS[0], remote_tx_ms=1000)),
        [
            f"leaf1: BFD {UPLINKS[0]} to spine1: expected detection in 900 ms, "
            "seen 3000 ms (far end: tx 1000 ms, multiplier 3)"
        ],
    ),
    "bfd: this end is slow": (
        "bfd",
        lambda: edit("leaf1", "bfd", each(lambda s: s.interface == UPLINKS[0], local_tx_ms=500)),
        [
            f"leaf1: BFD {UPLINKS[0]} to spine1: expected tx 300 ms, rx 300 ms, multiplier 3, "
            "seen tx 500 ms, rx 300 ms, multiplier 3"
        ],
    ),
    "evpn: a VNI is missing": (
        "evpn",
        lambda: edit("leaf1", "vnis", without(lambda v: v.vni == WEB.vni)),
        [f"leaf1: VNI {WEB.vni} (web): expected an L2 VNI, seen missing"],
    ),
    "evpn: a VNI too many": (
        "evpn",
        lambda: edit("leaf1", "vnis", plus(VniState(999, 2, "red", "vni999", (), 0))),
        ["leaf1: VNI 999: expected no such VNI, seen an L2 VNI on vni999"],
    ),
    "evpn: a VTEP is missing": (
        "evpn",
        lambda: edit(
            "leaf1",
            "vnis",
            lambda items: tuple(
                replace(v, remote_vteps=tuple(x for x in v.remote_vteps if x != VTEP3)) if v.vni == WEB.vni else v
                for v in items
            ),
        ),
        [
            f"leaf1: VNI {WEB.vni} (web) remote VTEPs: expected "
            + ", ".join(sorted(str(MODELS[f"leaf{n}"].vtep) for n in (2, 3, 4)))
            + f", seen {VTEP3} missing"
        ],
    ),
    "evpn: the L3 VNI is in another VRF": (
        "evpn",
        lambda: edit("leaf1", "vnis", each(lambda v: v.vni == RED_VNI, vrf="blue")),
        [f"leaf1: VNI {RED_VNI} (VRF red): expected in VRF red, seen in VRF blue"],
    ),
    "evpn: no type 3": (
        "evpn",
        lambda: edit("leaf1", "evpn", without(lambda r: r.route_type == 3 and r.rd == WEB_RD3)),
        [f"leaf1: EVPN type 3, VNI {WEB.vni}: expected a route of leaf3 ({VTEP3}), seen missing"],
    ),
    "evpn: no type 5": (
        "evpn",
        lambda: edit("leaf1", "evpn", without(lambda r: r.rd == RED_RD3 and r.prefix == DB)),
        ["leaf1: EVPN type 5, VRF red: expected 10.1.20.0/24 from leaf3, seen missing"],
    ),
    "evpn: no type 2 on a spine": (
        "evpn",
        lambda: edit("spine1", "evpn", without(lambda r: r.route_type == 2 and r.mac == MAC1)),
        [f"spine1: EVPN type 2, VNI {WEB.vni}: expected {MAC1} from leaf1, seen missing"],
    ),
    "routes: the kernel lost a next hop": (
        "routes",
        lambda: edit("leaf1", "routes", each(lambda r: r.prefix == REMOTE, next_hops=(NextHop(None, UPLINKS[1]),))),
        [f"leaf1: route {REMOTE} (leaf4): expected via {', '.join(UPLINKS)}, seen via {UPLINKS[1]}"],
    ),
    "routes: no route": (
        "routes",
        lambda: edit("leaf1", "routes", without(lambda r: r.prefix == REMOTE)),
        [f"leaf1: route {REMOTE} (leaf4): expected via {', '.join(UPLINKS)}, seen no route in the kernel"],
    ),
    "routes: the subnet is not connected": (
        "routes",
        lambda: edit("leaf1", "routes", without(lambda r: r.vrf == "red" and r.prefix == ip_network("10.1.10.0/24"))),
        ["leaf1: route 10.1.10.0/24 in VRF red: expected on vlan10, seen no route in the kernel"],
    ),
    "routes: a routed host's service over the wrong VTEP": (
        "routes",
        lambda: edit("leaf1", "routes", each(lambda r: r.prefix == ANY, next_hops=(NextHop(VTEP2, "l3"),))),
        [
            f"leaf1: route {ANY} in VRF red (from leaf3, leaf4): expected via "
            + ", ".join(sorted(str(MODELS[f"leaf{n}"].vtep) for n in (3, 4)))
            + f", seen via {VTEP2}"
        ],
    ),
    "routes: no host route": (
        "routes",
        lambda: edit("leaf2", "routes", without(lambda r: r.prefix == ip_network(WEB1_IP))),
        [f"leaf2: host route {WEB1_IP}/32 in VRF red (leaf1): expected via {LEAF1.vtep}, seen no route in the kernel"],
    ),
    "duplicates: a MAC on two leafs": (
        "duplicates",
        lambda: edit(
            "leaf3",
            "macs",
            plus(MacEntry(10, WEB.vni, MAC1, next(p.name for p in LEAF3.ports if p.peer_device == "web2"), None)),
        ),
        [
            f"leaf1: MAC {MAC1} in VNI {WEB.vni}: expected at one port, seen at leaf1 {WEB1}, leaf3 "
            + next(p.name for p in LEAF3.ports if p.peer_device == "web2")
        ],
    ),
    "duplicates: an address with two MACs": (
        "duplicates",
        lambda: edit("leaf1", "evpn", plus(EvpnRoute(2, WEB_RD3, str(VTEP3), mac="02:00:00:00:00:77", ip=WEB1_IP))),
        [f"leaf1: {WEB1_IP} in VRF red: expected one MAC, seen {MAC1} at leaf1, 02:00:00:00:00:77 at leaf3"],
    ),
    "duplicates: a host with the gateway's address": (
        "duplicates",
        lambda: edit("leaf1", "arp", plus(ArpEntry("red", "vlan10", ip_address("10.1.10.1"), MAC1, False))),
        [f"leaf1: gateway 10.1.10.1 in VRF red: expected only at 00:00:5e:00:01:01, seen also at {MAC1}"],
    ),
    "duplicates: a loopback twice": (
        "duplicates",
        lambda: edit("leaf1", "links", plus(perfect.link("lo9", "default", 1, "x", (ip_interface(REMOTE[0]),)))),
        [f"leaf1: {REMOTE[0]}: expected one device, seen leaf1, leaf4"],
    ),
}


@pytest.mark.parametrize(("check", "reading", "lines"), CASES.values(), ids=CASES)
def test_deviation(check: str, reading: Callable[[], Reading], lines: list[str]) -> None:
    found = result(reading(), check)
    assert sorted(str(d) for d in found.outcome.deviations) == sorted(lines)
    errors = [d for d in found.outcome.deviations if d.severity is Severity.ERROR]
    assert found.status is (Status.FAILED if errors else Status.PASSED)


def swap(*moves: tuple[str, str, str, str]) -> Reading:
    """Each move (device, port, far device, far port) is what LLDP shows there now."""
    reading = GOOD
    for device, port, far, far_port in moves:
        seen = tuple(n for n in reading.states[device].lldp if n.port != port)
        reading = perfect.change(reading, device, lldp=(*seen, LldpNeighbor(port, far, far_port)))
    return reading


def cable(leaf: str, spine: str) -> tuple[str, str]:
    """(port on the leaf, port on the spine)"""
    link = next(x for x in FABRIC.links if {x.a.device, x.b.device} == {leaf, spine})
    return link.end(leaf).port, link.end(spine).port


def test_two_swapped_cables_are_one_line() -> None:
    (a, x), (b, y) = cable("leaf1", "spine1"), cable("leaf2", "spine1")
    found = result(
        swap(
            ("leaf1", a, "spine1", y), ("leaf2", b, "spine1", x), ("spine1", x, "leaf2", b), ("spine1", y, "leaf1", a)
        ),
        "lldp",
    )
    assert [str(d) for d in found.outcome.deviations] == [
        f"leaf1: cables swapped: expected leaf1 {a} – spine1 {x} and leaf2 {b} – spine1 {y}, "
        f"seen leaf1 {a} – spine1 {y} and leaf2 {b} – spine1 {x}"
    ]


def test_a_swap_seen_from_one_side_only_is_still_a_swap() -> None:
    (a, x), (b, y) = cable("leaf1", "spine1"), cable("leaf1", "spine2")
    reading = swap(("leaf1", a, "spine2", y), ("leaf1", b, "spine1", x))
    states = {name: state for name, state in reading.states.items() if not name.startswith("spine")}
    found = result(replace(reading, states=states), "lldp")
    assert [d.subject for d in found.outcome.deviations] == ["cables swapped"]


def test_one_wrong_cable_is_no_swap() -> None:
    a, _ = cable("leaf1", "spine1")
    found = result(swap(("leaf1", a, "stranger", "eth7")), "lldp")
    assert [str(d) for d in found.outcome.deviations] == [f"leaf1: {a}: expected spine1 swp1, seen stranger eth7"]


def test_a_missing_neighbour_and_one_too_many() -> None:
    a, _ = cable("leaf1", "spine1")
    state = GOOD.states["leaf1"]
    lldp = tuple(replace(n, port="swp47") if n.port == a else n for n in state.lldp)
    found = result(perfect.change(GOOD, "leaf1", lldp=lldp), "lldp")
    assert [str(d) for d in found.outcome.deviations] == [
        f"leaf1: {a}: expected spine1 swp1, seen no LLDP neighbour",
        "leaf1: swp47: expected no cable, seen spine1 swp1",
    ]


def test_a_device_that_cannot_be_read_fails_and_is_named() -> None:
    states = {name: state for name, state in GOOD.states.items() if name != "leaf2"}
    results = compare(replace(GOOD, states=states), {"leaf2": "connection refused"})
    assert [str(d) for r in results for d in r.outcome.deviations] == [
        "leaf2: state: expected readable, seen connection refused"
    ]
    assert results[0].status is Status.FAILED


def test_a_part_that_could_not_be_read_is_named() -> None:
    found = result(perfect.change(GOOD, "leaf2", warnings=("bfd: bfdd is not running",)), "devices")
    assert [str(d) for d in found.outcome.deviations] == [
        "leaf2: state: expected readable in full, seen bfd: bfdd is not running"
    ]


def test_without_an_earlier_reading_errors_are_not_run_instead_of_passed() -> None:
    assert result(replace(GOOD, earlier={}), "errors").status is Status.NOT_RUN


def test_family_names_are_those_of_the_model() -> None:
    """The cases above spell them out; a renamed family must not pass unseen."""
    assert [f.value for f in Family] == ["ipv4-unicast", "ipv6-unicast", "l2vpn-evpn"]
