"""The agent as it is installed on a real switch: its sudo rule, its timer as a unit of systemd, its boot unit."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rtmctl.device import errors
from rtmctl.device.frr.install import installed_files
from rtmctl.device.frr.session import FrrSession
from rtmctl.lab import Lab
from rtmctl.model.config import DeviceConfig
from tests.lab.device.conftest import Device
from tests.lab.device.test_transaction import change
from tests.lab.fabrics import clos
from tests.lab.test_lab_routers import with_routers

TARGET = DeviceConfig.of({"nftables": "table inet rtmctl {\n}\n"})
TABLE = "table inet rtmctl"


@pytest.fixture(scope="module")
def machine(labs: Callable[[str], Lab]) -> Iterator[Device]:
    """A systemd machine with FRR; it has no ifupdown2, so what is changed there is its packet filter."""
    lab = labs("agent")
    lab.up(replace(clos(1, 2, hosts=False), hosts=(replace(with_routers().hosts[0], systemd=True),)))
    device = Device(lab, "kafka1")
    for file in installed_files():
        text = base64.b64encode(file.content).decode()
        script = f"mkdir -p $(dirname {file.path}) && base64 -d > {file.path} && chmod {file.mode:o} {file.path}"
        assert lab.run("kafka1", "sh", "-c", script, stdin=text).returncode == 0
    device.sh("systemctl daemon-reload && systemctl enable rtmctl-boot.service nftables.service")
    yield device


def watchdogs(machine: Device) -> list[str]:
    units = machine.sh("systemctl list-units --all --plain --no-legend 'rtmctl-watchdog-*'")
    return [line.split()[0] for line in units.splitlines()]


def property_of(machine: Device, unit: str, name: str) -> str:
    return machine.sh(f"systemctl show --value -p {name} {unit}").strip()


def test_the_sudo_rule_is_for_the_agent_alone(machine: Device) -> None:
    assert machine.lab.run("kafka1", "su", "rtmctl", "-c", "sudo -n id").returncode != 0
    assert machine.lab.run("kafka1", "su", "rtmctl", "-c", "sudo -n /usr/local/lib/rtmctl/agent hello").returncode == 0


def test_the_timer_is_a_unit_of_its_own_and_outlives_the_session(machine: Device) -> None:
    async def work(session: FrrSession) -> None:
        await change(session, TARGET, revert_in_s=5)

    machine.do(work)
    assert TABLE in machine.sh("nft list tables")
    (unit,) = watchdogs(machine)
    pid = property_of(machine, unit, "MainPID")
    assert property_of(machine, unit, "OOMScoreAdjust") == "-1000"
    assert machine.sh(f"cat /proc/{pid}/cgroup").strip().endswith(f"/system.slice/{unit}")
    machine.wait("reverted")
    assert machine.sh("nft list tables; cat /etc/nftables.conf") == ""
    machine.sh(f"for i in $(seq 100); do systemctl -q is-active {unit} || break; sleep 0.1; done")
    assert watchdogs(machine) == []


def test_the_dhcp_relay_is_a_unit_that_an_undo_ends(machine: Device) -> None:
    """A bridge of the VRF's name stands for its device: this kernel has no vrf."""
    line = "vlan10 vrf red link 10.9.10.1 source 10.255.16.1 servers 10.9.20.9\n"
    unit = "rtmctl-dhcp-relay.service"

    async def work(session: FrrSession) -> None:
        transaction, fence = await change(session, DeviceConfig.of({"dhcp-relay": line}))
        (relay,) = (await session.state()).dhcp_relays
        assert (relay.interface, relay.vrf, relay.listening) == ("vlan10", "red", True)
        pid = int(property_of(machine, unit, "MainPID"))
        other = f"systemctl show --value -p MainPID {unit} | grep -qvwE '0|{pid}'"
        machine.sh(f"kill -9 {pid}; for i in $(seq 100); do {other} && break; sleep 0.1; done; {other}")
        await session.revert(transaction, fence)

    machine.sh("rm -f /var/lib/rtmctl/lease.json; ip link add red type bridge; ip link add vlan10 type bridge")
    machine.sh("ip addr add 10.255.16.1/32 dev red; ip addr add 10.9.10.1/24 dev vlan10")
    machine.sh("ip link set red up; ip link set vlan10 up")
    machine.do(work)
    assert property_of(machine, unit, "ActiveState") == "inactive"
    assert machine.sh("ss -lunH sport = :67; ls /etc/rtmctl | grep relay || true").strip() == ""
    machine.sh("ip link del red; ip link del vlan10")


def test_a_relay_that_hears_nothing_is_undone(machine: Device) -> None:
    async def work(session: FrrSession) -> None:
        line = "vlan10 vrf red link 10.9.10.1 source 10.255.16.1 servers 10.9.20.9\n"
        with pytest.raises(errors.ChangeReverted, match="vlan10 does not listen"):
            await change(session, DeviceConfig.of({"dhcp-relay": line}))

    machine.sh("rm -f /var/lib/rtmctl/lease.json")
    machine.do(work)
    assert machine.sh("ss -lunH sport = :67").strip() == ""


def test_an_unconfirmed_change_does_not_survive_a_reboot(machine: Device) -> None:
    async def work(session: FrrSession) -> None:
        await change(session, TARGET, revert_in_s=600)

    machine.forget_lease()
    machine.do(work)
    assert machine.sh("cat /etc/nftables.conf") == TARGET.get("nftables")
    machine.lab.reboot("kafka1")
    status = machine.agent("status")
    assert (status["state"], status["step"]) == ("reverted", "boot")
    assert machine.sh("nft list tables; cat /etc/nftables.conf") == ""
    assert property_of(machine, "rtmctl-boot.service", "Result") == "success"
    done = int(property_of(machine, "rtmctl-boot.service", "ExecMainExitTimestampMonotonic"))
    for later in ("nftables.service", "frr.service"):
        assert 0 < done <= int(property_of(machine, later, "InactiveExitTimestampMonotonic"))
    assert watchdogs(machine) == []
