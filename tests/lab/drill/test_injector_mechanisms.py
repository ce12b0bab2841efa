"""Each mechanism on a real switch: packets suffer as it says, and the switch is as before afterwards."""

import json
import time
from typing import Any

import pytest

from tests.lab.drill.injector_lab import SPINE, Node, run

PORT = {"interfaces": ["swp1"]}
COUNT = 500


def restored(node: Node, key: str) -> None:
    status = node.ask("status", key=key)["held"][0]
    assert status["state"] == "active"
    answer = node.ask("revert", key=key)
    assert answer["state"] == "restored", answer
    assert answer["before"] == answer["after"] and answer["began_ns"] <= answer["done_ns"] < answer["reverted_ns"]
    assert node.ask("revert", key=key) == answer


def carrier(node: Node) -> tuple[int, int]:
    """At the far end: carrier, and how often it has changed."""
    files = f"/sys/class/net/{node.far_port}/carrier /sys/class/net/{node.far_port}/carrier_changes"
    up, changes = node.spine(f"cat {files}").split()
    return int(up), int(changes)


def test_link_down(each: Node) -> None:
    key = each.make("link-down", **PORT)
    assert carrier(each)[0] == 0 and each.received() == 0
    restored(each, key)
    assert carrier(each)[0] == 1 and each.received() == COUNT


@pytest.mark.parametrize(
    ("direction", "out", "back"), [("both", 0, 0), ("out", 0, COUNT), ("in", COUNT, 0)], ids=["both", "out", "in"]
)
def test_silence(node: Node, direction: str, out: int, back: int) -> None:
    """ARP is silenced too, so neighbours are told by hand: what is counted is the datagrams."""
    mac = node.sh("cat /sys/class/net/swp1/address").strip()
    far = node.spine(f"cat /sys/class/net/{node.far_port}/address").strip()
    node.sh(f"ip neigh replace {node.far} lladdr {far} dev swp1 nud reachable")
    node.spine(f"ip neigh replace {node.own} lladdr {mac} dev {node.far_port} nud reachable")
    key = node.make("silence", direction=direction, **PORT)
    assert (node.sent(), node.received()) == (out, back)
    assert carrier(node)[0] == 1 and node.sh("cat /sys/class/net/swp1/carrier") == "1\n"
    assert node.ask("status", key=key)["held"][0]["is_active"]
    restored(node, key)
    assert (node.sent(), node.received()) == (COUNT, COUNT)


def test_silence_of_many_ports_is_one_transaction(node: Node) -> None:
    key = node.make("silence", interfaces=["lo", "swp1", "swp49"])
    table = node.sh("/usr/sbin/nft list ruleset")
    assert all(name in table for name in ("lo", "swp1", "swp49")) and table.count("drop") == 2
    assert node.received() == 0
    restored(node, key)


def test_loss(node: Node) -> None:
    """1000 throws of 0.3: five standard deviations are 72."""
    key = node.make("loss", percent=30.0, direction="out", **PORT)
    assert 628 <= node.sent(1000) <= 772
    assert node.received(200) == 200
    restored(node, key)


@pytest.mark.parametrize(("six", "counter"), [(False, "InCsumErrors"), (True, "Ip6InHdrErrors")], ids=["IPv4", "IPv6"])
def test_corrupt_headers_are_what_the_receiver_counts(node: Node, six: bool, counter: str) -> None:
    def errors() -> int:
        script = "cat /proc/net/netstat /proc/net/snmp6"
        lines = [line.split() for line in node.spine(script).splitlines()]
        if six:
            return int(next(words[1] for words in lines if words[0] == counter))
        names, values = [words for words in lines if words[0] == "IpExt:"]
        return int(values[names.index(counter)])

    assert node.sent(50, six=six) == 50
    began = errors()
    key = node.make("corrupt", percent=40.0, direction="out", **PORT)
    arrived = node.sent(1000, six=six)
    assert 522 <= arrived <= 678
    assert errors() - began >= 1000 - arrived
    restored(node, key)
    assert node.sent(200, six=six) == 200


def test_delay_or_why_not(node: Node) -> None:
    arguments: dict[str, Any] = {"delay_ms": 20.0, "direction": "out", **PORT}
    reason = node.ask("check", mechanism="delay", arguments=arguments)["reason"]
    assert reason == node.ask("hello")["mechanisms"]["delay"]
    if reason is not None:
        assert (
            "kernel" in reason
            and node.ask("arm", drill="d", mechanism="delay", arguments=arguments, lease_s=5)["code"] == "unable"
        )
        return
    key = node.make("delay", **arguments)
    assert 20 <= float(node.sh(f"ping -c 5 -i 0.2 -q {node.far}").rsplit("/", 3)[1]) < 40
    restored(node, key)


def test_rate_limit(node: Node) -> None:
    """4 Mbit/s offered for 2 s: 1 Mbit/s gets through, and the burst once."""
    key = node.make("rate-limit", mbit=1.0, **PORT)
    arrived = node.sent(1000, size=1000, pause=0.002)
    assert 150 <= arrived <= 450
    restored(node, key)
    assert node.sent(1000, size=1000, pause=0.002) == 1000


def test_flapping(node: Node) -> None:
    key = node.make("flapping", down_s=0.3, up_s=0.4, **PORT)
    began = carrier(node)[1]
    time.sleep(3)
    assert carrier(node)[1] - began >= 4
    restored(node, key)
    began = carrier(node)[1]
    time.sleep(1)
    assert carrier(node) == (1, began)


def test_mtu(node: Node) -> None:
    key = node.make("mtu", mtu=1100, **PORT)
    assert node.received(100, size=900) == 100 and node.received(100, size=1400) == 0
    restored(node, key)
    assert node.received(100, size=1400) == 100


def test_mtu_below_what_ipv6_needs_comes_back_whole(node: Node) -> None:
    key = node.make("mtu", mtu=1000, **PORT)
    assert "inet6" not in node.sh("ip -6 addr show swp1")
    restored(node, key)


@pytest.fixture
def gateway(node: Node) -> str:
    """An SVI in a namespace that stands for a VRF, with a host behind it in another."""
    node.sh(
        "ip netns add blue; ip -n blue link add vlan10 type bridge; ip -n blue link set vlan10 up; "
        "ip -n blue addr add 10.10.0.1/24 dev vlan10; ip -n blue -6 addr add 2001:db8:10::1/64 dev vlan10 nodad; "
        "ip netns add behind; ip link add nic0 netns behind type veth peer name port10 netns blue; "
        "ip -n blue link set port10 master vlan10 up; ip -n behind link set nic0 up; "
        "ip -n behind addr add 10.10.0.5/24 dev nic0; ip -n blue route add 10.92.0.0/16 via 10.10.0.5"
    )
    return "vlan10"


def test_a_gateway_loses_its_addresses_in_a_vrf(node: Node, gateway: str) -> None:
    ping = "ip netns exec behind ping -c 3 -i 0.1 -W 1 -q 10.10.0.1"
    before = node.sh("ip -n blue route; ip -n blue -6 addr show dev vlan10 scope global")
    try:
        assert "3 received" in node.sh(ping)
        key = node.make("addresses-removed", interfaces=[gateway])
        assert " 0 received" in node.sh(ping, check=False)
        restored(node, key)
        assert "3 received" in node.sh(ping)
        assert node.sh("ip -n blue route; ip -n blue -6 addr show dev vlan10 scope global") == before
        key = node.make("silence", interfaces=["port10"])
        assert " 0 received" in node.sh(ping, check=False)
        restored(node, key)
        assert "3 received" in node.sh(ping)
    finally:
        node.sh("ip netns del behind; ip netns del blue; sleep 1")


@pytest.mark.parametrize("daemon", ["bgpd", "staticd", "zebra"])
def test_a_daemon_killed_comes_back_with_what_it_was_told(each: Node, daemon: str) -> None:
    running = f"pgrep -r D,R,S,T -x {daemon}"  # what is dead may wait for its parent
    key = each.make("daemon-kill", daemon=daemon)
    assert each.sh(running, check=False) == "" and each.received(100) == 100
    restored(each, key)
    assert len(each.sh(running).split()) == 1
    each.established()


def test_a_daemon_frozen_goes_on(each: Node) -> None:
    pid = each.sh("pgrep -x bgpd").strip()
    key = each.make("daemon-freeze", daemon="bgpd")
    assert each.sh(f"awk '{{print $3}}' /proc/{pid}/stat") == "T\n"
    assert each.ask("revert", key=key)["state"] == "restored"
    assert each.sh("pgrep -x bgpd").strip() == pid
    each.established()


def test_a_session_reset_comes_back(each: Node) -> None:
    def resets() -> int:
        return int(
            json.loads(each.sh(f"vtysh -c 'show bgp neighbors {each.far} json'"))[each.far]["connectionsDropped"]
        )

    each.established()
    began = resets()
    key = each.make("bgp-reset", peers=[each.far], vrf="default")
    assert resets() == began + 1
    restored(each, key)
    each.established()


def test_a_wrong_route(each: Node) -> None:
    def dropped() -> bool:
        four, six = "ip route show type blackhole 10.66.0.0/16", "ip -6 route show type blackhole 2001:db8:66::/48"
        return each.sh(f"{four}; {six}").count("blackhole") == 2

    key = each.make("wrong-route", prefixes=["10.66.0.0/16", "2001:db8:66::/48"], vrf="default")
    wait(dropped, True)
    restored(each, key)
    wait(dropped, False)


def test_a_leaked_prefix(each: Node) -> None:
    each.established()

    def known() -> bool:
        return each.own in run(each.lab, SPINE, "vtysh -c 'show bgp ipv4 unicast 10.66.0.0/16 json'")

    key = each.make("leaked-prefix", prefixes=["10.66.0.0/16"], vrf="default")
    wait(known, True)
    restored(each, key)
    wait(known, False)


def wait(asked: Any, wanted: bool, limit_s: float = 20) -> None:
    end = time.monotonic() + limit_s
    while asked() is not wanted:
        assert time.monotonic() < end
        time.sleep(0.2)


REFUSED = {
    "an interface that is not here": ("silence", {"interfaces": ["swp77"]}, "no interface swp77"),
    "a link that is down": ("link-down", {"interfaces": ["swp49x"]}, "no interface"),
    "no argument": ("silence", {}, "interfaces"),
    "a direction that is none": ("silence", {"direction": "up", **PORT}, "direction"),
    "more than everything": ("loss", {"percent": 101.0, **PORT}, "percent"),
    "a larger MTU": ("mtu", {"mtu": 9000, **PORT}, "MTU of 1500"),
    "an interface without an address": ("addresses-removed", {"interfaces": ["swp49"]}, "no address"),
    "a daemon that does not run": ("daemon-kill", {"daemon": "ospfd"}, "does not run"),
    "a peer that is none": ("bgp-reset", {"peers": ["10.9.9.9"], "vrf": "default"}, "no BGP session"),
    "a VRF that is none": ("wrong-route", {"prefixes": ["10.1.0.0/16"], "vrf": "red"}, "no VRF red"),
    "a prefix that is none": ("leaked-prefix", {"prefixes": ["10.1.0.1/16"]}, "host bits"),
    "delay of what comes in": ("delay", {"delay_ms": 5.0, "direction": "both", **PORT}, "out|netem"),
    "a mechanism that is none": ("explode", {}, "no mechanism"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_anything_changes(node: Node, case: str) -> None:
    mechanism, arguments, words = REFUSED[case]
    answer = node.ask("check", mechanism=mechanism, arguments=arguments)
    said = answer.get("error") or answer["reason"]
    assert any(word in said for word in words.split("|")), answer
    assert "error" in node.ask("arm", drill="d1", mechanism=mechanism, arguments=arguments, lease_s=5)
