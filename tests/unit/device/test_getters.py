"""NAPALM's models from what a busy leaf of each FRR version reported."""

import json
from pathlib import Path
from typing import Any

import napalm
import pytest
from napalm.base import models
from napalm.base.test.getters import BaseTestGetters
from napalm.base.test.helpers import test_model as complies

from rtmctl.device.frr.getters import bgp, interfaces, neighbors, probes, routes
from rtmctl.device.frr.state import read_state

complies.__test__ = False
BaseTestGetters.__test__ = False
RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture(params=["leaf-frr8", "leaf-frr10"])
def state(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(json.loads((RECORDED / f"{request.param}.json").read_text()))


def test_every_method_has_the_signature_that_napalm_gives_it() -> None:
    class Tested(BaseTestGetters):  # type: ignore[misc]
        driver = napalm.get_network_driver("frr")

    Tested().test_method_signatures()


def test_bgp(state: dict[str, Any]) -> None:
    found = bgp.neighbors(state)
    assert {"global", "events", "office"} >= set(found) and "global" in found
    peers = found["global"]["peers"]
    assert list(peers) == ["swp49", "swp50"] and all(p["is_up"] for p in peers.values())
    for peer in peers.values():
        assert complies(models.PeerDict, peer)
        assert set(peer["address_family"]) == {"ipv4", "l2vpn-evpn"}
        assert all(complies(models.AFDict, family) for family in peer["address_family"].values())
    detail = bgp.neighbors_detail(state, "", multipath=True)["global"]
    assert all(complies(models.PeerDetailsDict, p) for group in detail.values() for p in group)
    assert [len(group) for group in bgp.neighbors_detail(state, "swp49", True)["global"].values()] == [1]
    assert bgp.neighbors_detail(state, "192.0.2.1", True) == {}


def test_interfaces(state: dict[str, Any]) -> None:
    found = interfaces.interfaces(state, {"speeds": {"swp49": "10000", "swp50": "-1"}})
    assert all(complies(models.InterfaceDict, x) for x in found.values())
    assert found["swp49"]["speed"] == 10000.0 and found["swp50"]["speed"] == -1.0
    assert found["swp49"]["is_up"] and found["swp49"]["description"].startswith("spine1")
    assert all(complies(models.InterfaceCounterDict, x) for x in interfaces.counters(state).values())
    assert interfaces.interfaces_ip(state)["vlan20"]["ipv4"]["10.10.20.1"] == {"prefix_length": 24}
    vlans = interfaces.vlans(state)
    assert all(complies(models.VlanDict, x) for x in vlans.values()) and "20" in vlans
    assert any(port.startswith("vni") for port in vlans["20"]["interfaces"])


def test_neighbors(state: dict[str, Any]) -> None:
    assert neighbors.lldp(state)["swp49"][0]["hostname"] == "spine1"
    detail = neighbors.lldp_detail(state)["swp49"][0]
    assert complies(models.LLDPNeighborDetailDict, detail)
    read = read_state(state)
    table = neighbors.arp(read, "")
    assert all(complies(models.ARPTableDict, x) for x in table)
    assert {x["interface"] for x in neighbors.arp(read, "events")} < {x["interface"] for x in table}
    assert all(complies(models.MACAdressTable, x) for x in neighbors.macs(read))


def test_network_instances(state: dict[str, Any]) -> None:
    frr = "router bgp 1 vrf events\n address-family l2vpn evpn\n  rd 10.0.0.1:7\n exit-address-family\nexit\n"
    links = [(x.name, x.vrf) for x in read_state(state).links]
    found = routes.network_instances(state, links, frr)
    assert set(found) == {"default", "events", "office"}
    assert found["events"]["state"]["route_distinguisher"] == "10.0.0.1:7"
    assert "vlan20" in found["events"]["interfaces"]["interface"]
    assert all(complies(models.NetworkInstanceDict, x) for x in found.values())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:01:02", 62), ("1d02h03m", 93780), ("2w3d04h", 1483200), ("1y2w3d", 33004800), ("never", -1)],
)
def test_age(text: str, seconds: int) -> None:
    assert routes.age(text) == seconds


def test_traceroute_with_lost_probes_and_two_routers() -> None:
    output = (
        "traceroute to 10.0.0.9 (10.0.0.9), 30 hops max, 60 byte packets\n"
        " 1  10.0.0.1  0.123 ms 10.0.0.2  0.456 ms *\n 2  * * *\n 3  fd00::9  1.5 ms  1.6 ms  1.7 ms\n"
    )
    found = probes.traceroute({"rc": 0, "output": output, "stderr": ""})["success"]
    assert [p["ip_address"] for p in found[1]["probes"].values()] == ["10.0.0.1", "10.0.0.2", "*"]
    assert found[1]["probes"][2]["rtt"] == 0.456 and len(found[2]["probes"]) == 3
    assert found[3]["probes"][3]["ip_address"] == "fd00::9"


def test_ping_that_lost_some() -> None:
    output = (
        "PING 10.0.0.9 (10.0.0.9) 56(84) bytes of data.\n64 bytes from 10.0.0.9: icmp_seq=1 ttl=64 time=0.5 ms\n\n"
        "--- 10.0.0.9 ping statistics ---\n2 packets transmitted, 1 received, 50% packet loss, time 1ms\n"
        "rtt min/avg/max/mdev = 0.5/0.5/0.5/0.0 ms\n"
    )
    found = probes.ping({"rc": 0, "output": output, "stderr": ""})["success"]
    assert complies(models.PingDict, found) and found["packet_loss"] == 1
    assert found["results"] == [{"ip_address": "10.0.0.9", "rtt": 0.5}]
    assert probes.ping({"rc": 2, "output": "", "stderr": "unknown host"}) == {"error": "unknown host"}
