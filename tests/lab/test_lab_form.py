"""The lab form carries what the production form promises, on both FRR versions: symmetric routing and VRFs."""

import time
from collections.abc import Callable

import pytest

from rtmctl.lab import Choices, Lab
from rtmctl.lab.substitute import adapt
from tests.lab.fabrics import two_tenants
from tests.lab.production import config

FABRIC = two_tenants()
FACTORY = "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0\n    address 172.30.0.101/24\n"
CONVERGED_S = 60
"""a hang limit on a busy machine; three seconds are usual"""

PAIRS = [
    ("r1", "10.0.10.12", True, "same segment, other leaf"),
    ("r1", "10.0.20.12", True, "other segment, other leaf: symmetric routing"),
    ("d2", "10.0.10.11", True, "and back"),
    ("d2", "10.0.10.12", True, "other segment, same leaf"),
    ("t1", "10.0.10.12", True, "trunk port, first VLAN"),
    ("t1", "10.0.20.12", True, "trunk port, second VLAN"),
    ("b1", "10.0.10.22", True, "second tenant, same addresses as the first"),
    ("b1", "10.0.10.12", False, "an address only the other tenant has"),
    ("b2", "10.0.20.12", False, "a segment only the other tenant has"),
]


def put(lab: Lab, node: str, path: str, text: str) -> None:
    assert lab.run(node, "sh", "-c", f"cat > {path}", stdin=text).returncode == 0


def load(lab: Lab, node: str, *, interfaces: str, frr: str, sysctl: str = "") -> None:
    """As a device's agent does: sysctl, then interfaces, then FRR."""
    put(lab, node, "/etc/sysctl.d/90-rtmctl.conf", sysctl)
    put(lab, node, "/etc/network/interfaces", interfaces)
    put(lab, node, "/etc/frr/frr.conf", frr)
    done = lab.run(node, "sh", "-c", "sysctl -q -p /etc/sysctl.d/90-rtmctl.conf && ifreload -a")
    assert done.returncode == 0, done.stderr
    reload = lab.run(node, "/usr/lib/frr/frr-reload.py", "--reload", "--stdout", "/etc/frr/frr.conf")
    assert "ERROR" not in reload.stdout + reload.stderr


def configure(lab: Lab, node: str) -> None:
    text, _ = adapt(config(FABRIC, FABRIC.device(node)), lab.features(node))
    load(lab, node, interfaces=text.get("interfaces"), frr=text.get("frr"), sysctl=text.get("sysctl"))


def reaches(lab: Lab, host: str, address: str) -> bool:
    return lab.run(host, "ping", "-c1", "-W1", address).returncode == 0


def until_reached(lab: Lab, host: str, address: str) -> None:
    deadline = time.monotonic() + CONVERGED_S
    while not reaches(lab, host, address):
        assert time.monotonic() < deadline, f"{host} does not reach {address}"


def check_pairs(lab: Lab) -> None:
    for host, address, wanted, _ in PAIRS:
        if wanted:
            until_reached(lab, host, address)
    for host, address, wanted, what in PAIRS:
        assert reaches(lab, host, address) == wanted, f"{host} to {address}: {what}"


@pytest.fixture(scope="module", params=["switch-frr8", "switch-frr10"])
def lab(labs: Callable[[str], Lab], request: pytest.FixtureRequest) -> Lab:
    made = labs(f"form-{request.param}")
    made.up(FABRIC, Choices(image=request.param))
    for device in FABRIC.devices:
        configure(made, device.name)
    return made


def test_tenants_route_inside_and_not_between(lab: Lab) -> None:
    check_pairs(lab)


def test_ifreload_again_does_nothing_and_ifquery_agrees(lab: Lab) -> None:
    before = lab.run("leaf1", "ip", "-n", "shop", "link").stdout
    assert lab.run("leaf1", "ifreload", "-a").returncode == 0
    assert lab.run("leaf1", "ip", "-n", "shop", "link").stdout == before
    check = lab.run("leaf1", "ifquery", "-a", "--check")
    assert (check.returncode, check.stdout) == (0, "")


def test_ifquery_names_what_was_changed_by_hand(lab: Lab) -> None:
    assert lab.run("leaf1", "ip", "-n", "shop", "addr", "del", "10.0.10.1/24", "dev", "vlan10").returncode == 0
    check = lab.run("leaf1", "ifquery", "-a", "--check")
    assert check.returncode == 1
    assert "shop: addr add 10.0.10.1/24 dev vlan10 [fail]" in check.stdout
    assert lab.run("leaf1", "ifreload", "-a").returncode == 0
    until_reached(lab, "r1", "10.0.10.1")


def test_frr_agrees_with_its_file(lab: Lab) -> None:
    done = lab.run("leaf1", "/usr/lib/frr/frr-reload.py", "--test", "--stdout", "/etc/frr/frr.conf")
    assert "interface vlan10" not in done.stdout
    assert "vrf shop" not in done.stdout


def test_rules_are_loaded_in_every_namespace(lab: Lab) -> None:
    rules = (
        "table inet t\ndelete table inet t\ntable inet t {\n chain c {\n  type filter hook prerouting priority 0;\n"
        '  iifname "vlan10" ip daddr 10.0.20.0/24 drop\n }\n}\n'
    )
    until_reached(lab, "r1", "10.0.20.1")
    assert lab.run("leaf1", "nft", "-f", "-", stdin=rules).returncode == 0
    assert not reaches(lab, "r1", "10.0.20.1")
    assert lab.run("leaf1", "nft", "-f", "-", stdin="delete table inet t\n").returncode == 0
    until_reached(lab, "r1", "10.0.20.1")


def test_back_to_factory_and_forth_leaves_no_link_and_no_dead_daemon(lab: Lab) -> None:
    daemons = lab.run("leaf1", "pidof", "zebra", "bgpd").stdout
    check_pairs(lab)
    load(lab, "leaf1", interfaces=FACTORY, frr="frr defaults datacenter\nhostname leaf1\n")
    made = lab.run(
        "leaf1",
        "sh",
        "-c",
        "for k in bridge vxlan; do ip -br link show type $k; "
        "for n in /run/netns/*; do [ -e $n ] && ip -n ${n##*/} -br link show type $k; done; done",
    )
    assert made.stdout == ""
    ports = lab.run("leaf1", "ip", "-br", "link", "show", "type", "veth").stdout
    assert {line.partition("@")[0] for line in ports.splitlines()} == {
        "eth0",
        "swp1",
        "swp49",
        "swp50",
        "swp52",
        "swp52.10",
        "swp52.20",
    }
    configure(lab, "leaf1")
    check_pairs(lab)
    assert lab.run("leaf1", "pidof", "zebra", "bgpd").stdout == daemons


def test_reboot_comes_back_by_itself(lab: Lab) -> None:
    lab.reboot("leaf1")
    check_pairs(lab)
