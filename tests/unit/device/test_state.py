"""The state reader on what real FRR 8.4.4 and 10.3 printed, and on what a device may print when it is unwell."""

import json
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from rtmctl.device.frr.kernel import Kernel
from rtmctl.device.frr.state import read_state
from rtmctl.model.types import Family

RECORDED = Path(__file__).parent / "recorded"
LEAFS = ("leaf-frr8", "leaf-frr10")


def recorded(name: str) -> dict[str, Any]:
    return dict(json.loads((RECORDED / f"{name}.json").read_text()))


@pytest.mark.parametrize(("name", "version"), [("leaf-frr8", "8.4.4"), ("leaf-frr10", "10.3"), ("spine-frr10", "10.3")])
def test_a_healthy_device_reads_without_warnings(name: str, version: str) -> None:
    state = read_state(recorded(name))
    assert state.version == version and state.warnings == ()
    assert all(s.state == "Established" and s.hold_s == 9 for s in state.bgp)
    assert all(s.up and s.detection_ms == 900 for s in state.bfd)
    assert {s.interface for s in state.bfd} == {s.peer for s in state.bgp}


@pytest.mark.parametrize("name", LEAFS)
def test_a_leaf_in_full(name: str) -> None:
    state = read_state(recorded(name))
    assert [s.peer for s in state.bgp] == ["swp49", "swp50"]
    assert {f.family for s in state.bgp for f in s.families} == {Family.IPV4, Family.EVPN}
    assert [(n.port, n.system) for n in state.lldp] == [("swp49", "spine1"), ("swp50", "spine2")]
    l2 = {v.vni: v for v in state.vnis if v.layer == 2}
    l3 = {v.vrf for v in state.vnis if v.layer == 3}
    assert l3 == {"events", "office"}
    assert {v.vrf for v in l2.values()} == l3 and all(v.device == f"vni{v.vni}" for v in state.vnis)
    assert any(len(v.remote_vteps) == 3 for v in l2.values())
    assert {r.route_type for r in state.evpn} == {2, 3, 5}
    two = next(r for r in state.evpn if r.route_type == 2 and r.ip is not None)
    assert two.mac and two.originator
    vrfs = {r.vrf for r in state.routes}
    assert vrfs == {"default", "events", "office"}
    multipath = [r for r in state.routes if r.protocol == "bgp" and r.vrf == "default" and len(r.next_hops) == 2]
    assert multipath and {h.interface for h in multipath[0].next_hops} == {"swp49", "swp50"}
    assert any(e.remote for e in state.arp) and any(not e.remote for e in state.arp)
    assert not any(str(e.address) == "169.254.0.1" for e in state.arp)
    remote = [m for m in state.macs if m.remote_vtep]
    local = [m for m in state.macs if m.port]
    assert remote and local and all(m.vni for m in state.macs)
    assert {"events", "office"} <= {link.name for link in state.links if link.vrf == link.name}


UNWELL: dict[str, tuple[str, Any, str]] = {
    "bgpd is dead": ("bgp", "bgpd is not running", "bgp"),
    "half a document": ("evpn", '{ "x": ', "evpn"),
    "nothing at all": ("bfd", None, ""),
    "other shape": ("vnis", [{"vni": "x"}], "vnis"),
}


@pytest.mark.parametrize("case", UNWELL)
def test_what_cannot_be_read_is_a_warning_and_hides_nothing_else(case: str) -> None:
    part, value, word = UNWELL[case]
    bundle = recorded("leaf-frr8")
    bundle["frr"][part] = value
    state = read_state(bundle)
    assert bool(state.warnings) is bool(word) and all(word in w for w in state.warnings)
    assert state.links and state.routes and state.lldp


def test_an_empty_bundle_is_an_empty_state() -> None:
    assert read_state({}).links == ()


def link(name: str, kind: str = "", data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    info = {"linkinfo": {"info_kind": kind, "info_data": data or {}}} if kind else {}
    return {"ifname": name, "mtu": 1500, "flags": ["UP", "LOWER_UP"], "operstate": "UP", **info, **more}


def test_vrfs_that_are_devices() -> None:
    """As iproute2 prints them on a kernel with `vrf` and a VLAN-aware bridge."""
    kernel = Kernel(
        {
            "": {
                "links": [
                    link("red", "vrf", {"table": 1001}),
                    link("br0", "bridge", {"vlan_filtering": 1}),
                    link("vlan10", "vlan", {"id": 10}, master="red"),
                    link("vni10010", "vxlan", {"id": 10010}, master="br0"),
                    link("swp1", master="br0"),
                ],
                "routes": [
                    {"dst": "10.1.0.0/24", "dev": "vlan10", "protocol": "kernel", "table": "1001"},
                    {"dst": "10.2.0.0/24", "dev": "vlan10", "protocol": "bgp", "table": "red"},
                    {
                        "dst": "10.3.0.0/24",
                        "via": {"family": "inet6", "host": "fe80::1"},
                        "dev": "swp1",
                        "protocol": "bgp",
                    },
                    {"type": "local", "dst": "10.1.0.1", "dev": "vlan10", "table": "local"},
                    {"dst": "default", "nexthops": [{"gateway": "10.9.9.9", "dev": "swp1", "flags": ["dead"]}]},
                ],
                "fdb": [
                    {
                        "mac": "02:00:00:00:00:01",
                        "ifname": "swp1",
                        "vlan": 10,
                        "master": "br0",
                        "state": "",
                        "flags": [],
                    },
                    {
                        "mac": "02:00:00:00:00:02",
                        "ifname": "vni10010",
                        "dst": "10.0.0.2",
                        "flags": ["self"],
                        "state": "",
                    },
                ],
            }
        }
    )
    assert {x.name: x.vrf for x in kernel.link_states()} == {
        "red": "red", "br0": "default", "vlan10": "red", "vni10010": "default", "swp1": "default"
    }  # fmt: skip
    found = {str(r.prefix): r for r in kernel.routes()}
    assert found["10.1.0.0/24"].vrf == found["10.2.0.0/24"].vrf == "red"
    assert found["10.3.0.0/24"].next_hops[0].address == ip_address("fe80::1")
    assert found["0.0.0.0/0"].next_hops == () and ip_network("10.1.0.1/32") not in {r.prefix for r in kernel.routes()}
    macs = {m.mac: m for m in kernel.macs({"02:00:00:00:00:01": 10010})}
    assert macs["02:00:00:00:00:01"].vlan == 10 and macs["02:00:00:00:00:01"].vni == 10010
    assert macs["02:00:00:00:00:02"].remote_vtep == ip_address("10.0.0.2")
