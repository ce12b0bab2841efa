"""What a node has, out of what it prints: configured things count, learnt and drawn ones do not."""

import json
from typing import Any

import pytest

from rtmctl.lab.facts import facts_of

PORT: dict[str, Any] = {
    "ifname": "swp1",
    "ifindex": 7,
    "address": "02:00:00:00:00:01",
    "flags": ["BROADCAST", "UP", "LOWER_UP"],
    "mtu": 9216,
    "linkinfo": {"info_kind": "veth"},
    "stats64": {"rx": {"packets": 1}},
    "addr_info": [
        {"local": "10.0.0.1", "prefixlen": 31, "scope": "global"},
        {"local": "fe80::1", "prefixlen": 64, "scope": "link"},
        {"local": "2001:db8::5", "prefixlen": 64, "scope": "global", "dynamic": True},
    ],
}


def printed(link: dict[str, Any], daemons: str = "zebra\nbgpd\nbgpd", space: str = "main") -> str:
    files = "0a1b  /etc/frr/frr.conf\n2c3d  /etc/rtmctl/a file"
    return f"== links {space}\n{json.dumps([link, {}])}\n== daemons\n{daemons}\n== files\n{files}\n"


def test_what_is_configured() -> None:
    found = facts_of(printed(PORT, space="red"))
    assert found == {
        "links": {"red/swp1": {"up": True, "mtu": 9216, "kind": "veth", "master": "", "addresses": ["10.0.0.1/31"]}},
        "daemons": ["bgpd", "zebra"],
        "files": {"/etc/frr/frr.conf": "0a1b", "/etc/rtmctl/a file": "2c3d"},
    }


SAME = {
    "another number": {"ifindex": 8},
    "another MAC address": {"address": "02:00:00:00:00:02"},
    "more packets": {"stats64": {"rx": {"packets": 2}}},
    "no carrier": {"flags": ["BROADCAST", "UP"]},
    "nothing learnt": {"addr_info": PORT["addr_info"][:1]},
}
OTHER = {
    "down": {"flags": ["BROADCAST"]},
    "another MTU": {"mtu": 1500},
    "another kind": {"linkinfo": {"info_kind": "dummy"}},
    "in a bridge": {"master": "vlan10"},
    "no address": {"addr_info": PORT["addr_info"][1:]},
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_a_boot_may_change(change: dict[str, Any]) -> None:
    assert facts_of(printed(PORT | change)) == facts_of(printed(PORT))


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_a_boot_must_bring_back(change: dict[str, Any]) -> None:
    assert facts_of(printed(PORT | change)) != facts_of(printed(PORT))


def test_a_daemon_that_stays_dead_is_seen() -> None:
    assert facts_of(printed(PORT, "zebra")) != facts_of(printed(PORT))
