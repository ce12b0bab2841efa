"""Hosts that are whole systemd machines: booted, reachable, powered, and gone without a trace."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from rtmctl.base import PermanentError
from rtmctl.fabric.types import Fabric
from rtmctl.lab import Lab
from tests.lab.conftest import killed_up, processes_of
from tests.lab.fabrics import clos
from tests.lab.test_lab_routers import with_routers


def fabric() -> Fabric:
    """h1 is a systemd host on leaf1, kafka1 one that speaks BGP, h2 a light host."""
    bridged, routed = clos(1, 2), with_routers()
    hosts = (*(replace(h, systemd=h.name == "h1") for h in bridged.hosts), replace(routed.hosts[0], systemd=True))
    return replace(bridged, hosts=hosts)


def out(lab: Lab, node: str, *command: str) -> str:
    done = lab.run(node, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cgroups(lab: Lab) -> list[Path]:
    state = json.loads((Path(os.environ["RTMCTL_LAB_STATE"]) / lab.name / "state.json").read_text())
    return [Path(path) for path in state["cgroups"]]


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab]) -> Lab:
    made = labs("machines")
    assert made.up(fabric()).complete
    return made


@pytest.mark.parametrize("node", ["h1", "kafka1"])
def test_systemd_runs_without_a_failed_unit(lab: Lab, node: str) -> None:
    assert out(lab, node, "systemctl", "is-system-running") == "running\n"
    assert out(lab, node, "hostname") == f"{node}\n"
    assert out(lab, node, "cat", "/proc/1/comm") == "systemd\n"


def test_addresses_are_those_of_a_light_host(lab: Lab) -> None:
    assert "10.10.1.1/16" in out(lab, "h1", "ip", "-br", "addr", "show", "eth0")
    assert "default via 10.10.0.1 dev eth0" in out(lab, "h1", "ip", "route")


def test_frr_runs_where_the_attachment_is_routed_alone(lab: Lab) -> None:
    assert "router bgp 4200001001" in out(lab, "kafka1", "vtysh", "-c", "show running-config")
    assert "10.3.0.1/32" in out(lab, "kafka1", "ip", "-br", "addr", "show", "lo")
    assert lab.run("h1", "systemctl", "is-active", "frr").stdout == "inactive\n"


def test_ssh_reaches_it_through_the_gate_and_sudo_needs_no_password(lab: Lab) -> None:
    access = lab.access("h1")

    async def ask() -> str:
        async with asyncssh.connect(
            access.address,
            access.port,
            sock=access.dial(access.address, access.port),
            username=access.user,
            client_keys=[str(access.key)],
            known_hosts=str(access.known_hosts),
            config=None,
        ) as connection:
            return str((await connection.run("hostname; sudo -n id -u", check=True)).stdout)

    assert asyncio.run(ask()) == "h1\n0\n"


def test_power_is_pulled_and_comes_back_with_its_disk(lab: Lab) -> None:
    out(lab, "h1", "sh", "-c", "echo kept > /etc/kept")
    lab.reboot("h1")
    assert out(lab, "h1", "cat", "/etc/kept") == "kept\n"
    assert out(lab, "h1", "systemctl", "is-system-running") == "running\n"
    assert "10.10.1.1/16" in out(lab, "h1", "ip", "-br", "addr", "show", "eth0")
    assert next(n for n in lab.status().nodes if n.name == "h1").boots == 2


def test_it_can_reboot_itself(lab: Lab) -> None:
    """As an operator's playbook does."""
    out(lab, "h1", "sh", "-c", "touch /run/before; ip addr add 192.0.2.9/32 dev lo")
    lab.run("h1", "systemctl", "reboot")
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(PermanentError):  # between two boots there is nobody to ask
            if lab.run("h1", "sh", "-c", "test ! -e /run/before && systemctl is-system-running").stdout == "running\n":
                break
        assert time.monotonic() < deadline, "did not come back"
        time.sleep(0.1)
    assert "192.0.2.9" not in out(lab, "h1", "ip", "-br", "addr")
    assert "10.10.1.1/16" in out(lab, "h1", "ip", "-br", "addr", "show", "eth0")


def test_nothing_of_it_outlives_the_lab(lab: Lab, labs: Callable[[str], Lab]) -> None:
    """Nor does it outlive a lab whose first process is killed."""
    other = labs("machines2")
    other.up(replace(clos(1, 1), hosts=fabric().hosts[:1]))
    groups = cgroups(other)
    assert groups
    assert all((group / "h1").is_dir() for group in groups)
    folder = Path(os.environ["RTMCTL_LAB_STATE"]) / other.name
    first = json.loads((folder / "state.json").read_text())["anchor"]["pid"]
    os.kill(first, signal.SIGKILL)
    assert other.down()
    assert not [group for group in groups if group.exists()]
    assert not processes_of(folder)
    assert lab.status().complete


@pytest.mark.parametrize("after_ms", [150, 400, 650, 900])
def test_an_up_that_is_killed_is_cleared_or_completed(labs: Callable[[str], Lab], after_ms: int) -> None:
    name = f"killed-machines{after_ms}"
    folder = killed_up(name, "test_lab_systemd.fabric()", after_ms)
    again = labs(name)
    groups: list[Path] = []
    if after_ms % 100:
        assert again.up(fabric()).complete
        groups = cgroups(again)
    elif (folder / "state.json").exists():
        groups = cgroups(again)
    again.down()
    assert not [group for group in groups if group.exists()]
    assert not processes_of(folder)
    assert not folder.exists()
