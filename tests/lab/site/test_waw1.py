"""The example site `waw1` as an operator brings it up here: borders, firewalls, MD5, routed hosts, a trunk, dual stack.

The command line is run as a program, on a copy of the site, with no secret of the site known.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rtmctl.base import Exit
from rtmctl.lab import Lab, open_lab

SITE = Path(__file__).parents[3] / "inventories" / "waw1"
PROGRAM = (sys.executable, "-c", "from rtmctl.cli import main; main()")
HANG_S = 240
"""a hang limit, not a claim"""


@dataclass(frozen=True)
class Running:
    lab: Lab
    env: dict[str, str]

    def rtmctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*PROGRAM, *words), env=self.env, capture_output=True, text=True, timeout=HANG_S, check=False
        )

    def expect(self, *words: str, code: Exit = Exit.DONE) -> str:
        """What the command prints; it must end with `code`."""
        done = self.rtmctl(*words)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def on(self, node: str, script: str) -> str:
        done = self.lab.run(node, "sh", "-ec", script)
        assert done.returncode == 0, (node, script, done.stderr)
        return done.stdout


@pytest.fixture(scope="module")
def waw1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if os.geteuid() != 0:
        pytest.skip("labs in tests run as root")
    folder = tmp_path_factory.mktemp("waw1")
    site = shutil.copytree(SITE, folder / "site")
    own = {
        "RTMCTL_LAB_STATE": str(folder / "labs"),
        "RTMCTL_STORE": str(folder / "store.db"),
        "RTMCTL_LAB": "waw1",
        "RTMCTL_SITE": str(site),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        patch.delenv("TRANSIT1_MD5", raising=False)
        patch.delenv("TRANSIT2_MD5", raising=False)
        running = Running(open_lab("waw1"), dict(os.environ))
        try:
            running.expect("lab", "up")
            running.expect("net", "apply", "--yes")
            yield running
        finally:
            running.lab.down()


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
