"""The example site `waw1` as an operator brings it up here: borders, firewalls, MD5, routed hosts, a trunk, dual stack.

The command line is run as a program, on a copy of the site, with no secret of the site known.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import HANG_S, Running, running

from rtmctl.base import Exit

SITE = Path(__file__).parents[3] / "inventories" / "waw1"


@pytest.fixture(scope="module")
def waw1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("waw1", SITE, tmp_path_factory.mktemp("waw1"), "TRANSIT1_MD5", "TRANSIT2_MD5") as found:
        yield found


def test_everything_the_site_says_is_so(waw1: Running) -> None:
    said = waw1.expect("net", "verify", "--wait", "60")
    assert "waw1: verified" in said
    assert " 0 wrong" in said


def test_what_runs_is_what_the_site_says_also_after_a_leaf_lost_its_power(waw1: Running) -> None:
    assert "no drift" in waw1.expect("net", "drift")
    assert "nothing to do" in waw1.expect("net", "apply", "--yes")
    waw1.lab.reboot("leaf03")
    deadline = time.monotonic() + HANG_S
    while (done := waw1.rtmctl("net", "plan", "--exit-code")).returncode == Exit.STATE_UNKNOWN:
        assert time.monotonic() < deadline, done.stderr
        time.sleep(1)
    assert done.returncode == Exit.DONE, done.stdout[-3000:]
    assert "nothing to do" in done.stdout
    waw1.expect("net", "verify", "--check", "bgp", "--check", "routes", "--check", "matrix", "--wait", "60")


def test_hosts_that_fall_silent_in_one_ip_version_are_reached_in_the_other(waw1: Running) -> None:
    """FRR issue 16340: with the last IPv6 route to a VTEP zebra forgets its router MAC, and IPv4 goes nowhere."""
    leaf = "leaf03"
    for gateway in ("vlan210", "vlan220"):  # a host that answers meanwhile makes ip(8) give up after ten rounds
        waw1.on(leaf, f"ip -n stream -6 neigh flush dev {gateway} || true")
    time.sleep(3)  # for the withdrawals to arrive
    mac = waw1.on(leaf, "ip -n stream -br link show type bridge | awk '$1 ~ /^vlan3/ {print $3}'").split()[0]
    for other in ("leaf01", "leaf04"):
        assert mac in waw1.on(other, "vtysh -c 'show evpn rmac vni all'")
    waw1.expect("net", "verify", "--check", "matrix", "--wait", "60")


def test_a_peer_with_another_password_has_no_session(waw1: Running) -> None:
    """The password is on the border and says something; both ends have the same, which no real secret is."""
    peer = "neighbor 192.0.2.0 password"
    password = waw1.on("transit1", f"vtysh -c 'show running-config' | grep '{peer}'").split()[-1]
    assert password in waw1.on("border1", "vtysh -c 'show running-config'")
    try:
        waw1.on("transit1", f"vtysh -c 'configure' -c 'router bgp 64501' -c '{peer} another'")
        said = waw1.expect("net", "verify", "--check", "bgp", "--wait", "0", code=Exit.VERIFICATION_FAILED)
        assert "BGP 192.0.2.1 (VRF dmz): expected Established" in said
        assert said.count(" ! ") == 1
    finally:
        waw1.on("transit1", f"vtysh -c 'configure' -c 'router bgp 64501' -c '{peer} {password}'")
    waw1.expect("net", "verify", "--check", "bgp", "--wait", "60")
