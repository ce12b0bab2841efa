"""The netns driver on the real thing: factory nodes, cables, management access, power, and clean-up after anything."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.lab import Choices, Lab, open_lab
from tests.lab.conftest import killed_up, processes_of
from tests.lab.fabrics import clos

IMAGES = ("switch-frr8", "switch-frr10")


def links_here() -> list[str]:
    """Names of the interfaces in this machine's own network namespace."""
    text = subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout
    return sorted(link["ifname"] for link in json.loads(text))


def out(lab: Lab, node: str, *command: str) -> str:
    done = lab.run(node, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(condition: Callable[[], bool], hang_s: float = 20) -> None:
    deadline = time.monotonic() + hang_s
    while not condition():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.05)


@pytest.fixture(scope="module", params=IMAGES)
def lab(labs: Callable[[str], Lab], request: pytest.FixtureRequest) -> Lab:
    made = labs(f"small-{request.param}")
    made.up(clos(1, 2), Choices(image=request.param))
    return made


def test_switch_has_the_factory_configuration_and_nothing_more(lab: Lab) -> None:
    running = out(lab, "leaf1", "vtysh", "-c", "show running-config")
    assert "hostname leaf1" in running
    assert "router bgp" not in running
    assert "172.30.0.101/24" in out(lab, "leaf1", "ip", "-br", "addr", "show", "eth0")
    names = {link["ifname"] for link in json.loads(out(lab, "leaf1", "ip", "-j", "link"))}
    assert names == {"lo", "eth0", "swp1", "swp49"}


def test_up_again_changes_nothing(lab: Lab) -> None:
    before = lab.run("leaf1", "cat", "/proc/1/stat").stdout
    image = lab.name.removeprefix("small-")
    status = lab.up(clos(1, 2), Choices(image=image))
    assert status.complete
    assert lab.run("leaf1", "cat", "/proc/1/stat").stdout == before
    assert all(node.boots == 1 for node in status.nodes if node.name == "leaf1")


def test_ssh_through_the_gate_may_run_three_programs_as_root(lab: Lab) -> None:
    access = lab.access("leaf2")

    async def ask() -> tuple[str, str]:
        async with asyncssh.connect(
            access.address,
            access.port,
            sock=access.dial(access.address, access.port),
            username=access.user,
            client_keys=[str(access.key)],
            known_hosts=str(access.known_hosts),
            config=None,
        ) as connection:
            name = await connection.run("hostname; sudo -n -l | grep -o '(root) NOPASSWD: .*'", check=True)
            refused = await connection.run("sudo -n id")
            return str(name.stdout), str(refused.stderr)

    name, refused = asyncio.run(ask())
    assert name.split("\n")[0] == "leaf2"
    programs = {path for line in name.splitlines()[1:] for path in line.partition(": ")[2].split(", ")}
    assert programs == {f"/usr/local/lib/rtmctl/{program}" for program in ("agent", "recorder", "injector")}
    assert "password is required" in refused


def test_management_network_is_not_reachable_from_the_machine(lab: Lab) -> None:
    assert (
        subprocess.run(["ip", "route", "get", "172.30.0.101"], capture_output=True, text=True, check=False).stdout.find(
            "mgmt"
        )
        == -1
    )
    with pytest.raises(OSError, match="refused"):
        lab.access("leaf1").dial("172.30.0.101", 9)


def test_exit_code_and_output_pass_through(lab: Lab) -> None:
    done = lab.run("h1", "sh", "-c", "echo out; echo err >&2; exit 42")
    assert (done.returncode, done.stdout, done.stderr) == (42, "out\n", "err\n")


def test_reboot_keeps_disk_and_cables_but_no_kernel_state(lab: Lab) -> None:
    out(lab, "leaf1", "sh", "-c", "echo kept > /etc/kept; ip link add br9 type bridge; ip link set swp1 up")
    out(lab, "spine1", "ip", "link", "set", "swp1", "up")
    out(lab, "spine1", "ip", "addr", "add", "192.0.2.1/32", "dev", "swp1")
    until(lambda: "LOWER_UP" in out(lab, "spine1", "ip", "link", "show", "swp1"))
    lab.power_off("leaf1")
    assert "NO-CARRIER" in out(lab, "spine1", "ip", "link", "show", "swp1")
    with pytest.raises(PermanentError, match="is off"):
        lab.run("leaf1", "true")
    lab.power_on("leaf1")
    assert out(lab, "leaf1", "cat", "/etc/kept") == "kept\n"
    assert "br9" not in out(lab, "leaf1", "ip", "-br", "link")
    assert "192.0.2.1/32" in out(lab, "spine1", "ip", "-br", "addr", "show", "swp1")
    out(lab, "leaf1", "ip", "link", "set", "swp1", "up")
    until(lambda: "LOWER_UP" in out(lab, "spine1", "ip", "link", "show", "swp1"))


def test_cables_lost_with_a_crashed_node_are_plugged_anew(lab: Lab) -> None:
    """An init killed from outside takes the ports in its VRF namespaces, and their far ends, with it."""
    out(lab, "leaf2", "sh", "-c", "ip netns add red; ip link set swp49 netns red")
    os.kill(int(lab.command("leaf2", ())[1].partition("=")[2]), signal.SIGKILL)
    until(lambda: not next(n for n in lab.status().nodes if n.name == "leaf2").running)
    lab.power_on("leaf2")
    assert "swp49" in out(lab, "leaf2", "ip", "-br", "link")
    assert "10.10.1.2/16" in out(lab, "h2", "ip", "-br", "addr", "show", "eth0")


def test_a_dead_daemon_stays_dead_until_it_is_started(lab: Lab) -> None:
    out(lab, "leaf1", "vtysh", "-c", "configure terminal", "-c", "router bgp 65001", "-c", "end", "-c", "write")
    out(lab, "leaf1", "sh", "-c", "kill -9 $(cat /run/frr/bgpd.pid)")
    until(lambda: lab.run("leaf1", "pidof", "bgpd").returncode == 1)
    time.sleep(1)
    assert lab.run("leaf1", "pidof", "bgpd").returncode == 1
    lab.start_daemon("leaf1", "bgpd")
    until(lambda: "router bgp 65001" in lab.run("leaf1", "vtysh", "-c", "show running-config").stdout)


def test_two_labs_with_the_same_addresses_do_not_meet(labs: Callable[[str], Lab], lab: Lab) -> None:
    before = links_here()
    other = labs("other")
    other.up(clos(1, 1))
    assert out(other, "leaf1", "hostname") == out(lab, "leaf1", "hostname")
    assert lab.access("leaf1").host_key != other.access("leaf1").host_key
    out(other, "leaf1", "touch", "/etc/mine")
    assert lab.run("leaf1", "test", "-e", "/etc/mine").returncode == 1
    assert links_here() == before
    assert other.down()
    assert lab.status().complete


def test_down_leaves_nothing(labs: Callable[[str], Lab]) -> None:
    folder = Path(os.environ["RTMCTL_LAB_STATE"])
    gone = labs("gone")
    gone.up(clos(1, 1))
    assert processes_of(folder / "gone")
    assert gone.down() is True
    assert gone.down() is False
    assert not processes_of(folder / "gone")
    assert not (folder / "gone").exists()
    with pytest.raises(TemporaryError, match="not up"):
        gone.run("leaf1", "true")


@pytest.mark.parametrize("after_ms", [5, 60, 120, 180, 240, 300, 400, 550, 700])
def test_killed_up_can_be_completed_or_cleared(labs: Callable[[str], Lab], after_ms: int) -> None:
    """SIGKILL anywhere in `up`; then `up` completes it (odd cases) or `down` clears it, and nothing is left behind."""
    name = f"killed{after_ms}"
    folder = killed_up(name, "fabrics.clos(1, 3)", after_ms)
    again = labs(name)
    if after_ms % 100:
        assert again.up(clos(1, 3)).complete
        assert out(again, "leaf3", "hostname") == "leaf3\n"
        assert len(json.loads(out(again, "spine1", "ip", "-j", "link", "show", "type", "veth"))) == 4
    again.down()
    until(lambda: not processes_of(folder), hang_s=5)
    assert not folder.exists()


def test_unknown_names_answer_with_the_known(lab: Lab) -> None:
    with pytest.raises(PermanentError) as node:
        lab.run("leaf9", "true")
    assert "leaf1" in node.value.hint
    with pytest.raises(PermanentError) as image:
        open_lab("x").up(clos(1, 1), Choices(image="nos"))
    assert "frr8, frr10" in image.value.hint
    with pytest.raises(PermanentError) as driver:
        open_lab("x", "vagrant")
    assert "netns" in driver.value.hint
