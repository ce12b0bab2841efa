"""One small lab for all device tests: `leaf1` runs FRR 8.4, `leaf2` FRR 10.3, both as they leave the factory."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from rtmctl.device import Endpoint, connect
from rtmctl.device.frr.session import FrrSession
from rtmctl.lab import Choices, Lab, open_lab
from rtmctl.model.config import DeviceConfig
from tests.lab.fabrics import clos

T = TypeVar("T")
AGENT = "/usr/local/lib/rtmctl/agent"
LEAFS = ("leaf1", "leaf2")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.skip("needs root: the device tests kill, fill and reboot nodes")
    os.environ["RTMCTL_LAB_STATE"] = str(tmp_path_factory.mktemp("labs"))
    lab = open_lab("device")
    lab.up(clos(1, 2, hosts=False), Choices(images={"leaf1": "switch-frr8", "leaf2": "switch-frr10"}, hosts=False))
    yield lab
    lab.down()


class Device:
    """One node and what tests do with it."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.name = lab, name

    def endpoint(self, **changes: Any) -> Endpoint:
        a = self.lab.access(self.name)
        values = {"name": self.name, "platform": "frr", "address": a.address, "port": a.port, "user": a.user}
        return Endpoint(**{**values, "key": a.key, "known_hosts": a.known_hosts, "dial": a.dial, **changes})

    def sh(self, script: str, check: bool = True) -> str:
        done = self.lab.run(self.name, "sh", "-c", script)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def agent(self, verb: str, **arguments: Any) -> dict[str, Any]:
        words = [f"{name}={value}" for name, value in arguments.items()]
        done = self.lab.run(self.name, AGENT, verb, *words)
        return dict(json.loads(done.stdout))

    def do(self, work: Callable[[FrrSession], Coroutine[Any, Any, T]]) -> T:
        async def inside() -> T:
            session = await connect(self.endpoint())
            assert isinstance(session, FrrSession)
            try:
                return await work(session)
            finally:
                await session.close()

        return asyncio.run(inside())

    def snapshot(self) -> dict[str, str]:
        """What must be the same after an undo: files byte by byte, and the kernel's objects."""
        files = "cd /etc; sha256sum frr/frr.conf network/interfaces nftables.conf sysctl.d/90-rtmctl.conf 2>&1"
        links = "ip -o link | sed 's/state.*//;s/qdisc.*//;s/<[^>]*>//' | cut -d: -f2-; ip -o addr show scope global"
        return {
            "files": self.sh(files, check=False),
            "left over": self.sh("find /etc -name '.*rtmctl*'"),
            "links": self.sh(links),
            "rules": self.sh("ip rule; nft list ruleset"),
            "mtu": self.sh("cat /sys/class/net/swp1/mtu"),
            "forward": self.sh("cat /proc/sys/net/ipv4/ip_forward"),
            "hash": self.agent("running")["hash"],
        }

    def forget_lease(self) -> None:
        self.sh("rm -f /var/lib/rtmctl/lease.json /run/rtmctl/state/lease.json")

    def wait(self, *states: str, limit_s: float = 60) -> dict[str, Any]:
        end = time.monotonic() + limit_s
        while (status := self.agent("status"))["state"] not in states:
            assert time.monotonic() < end, f"not {states} within {limit_s} s: {status}"
            time.sleep(0.1)
        return status


@pytest.fixture(scope="module", params=LEAFS)
def node(lab: Lab, request: pytest.FixtureRequest) -> Device:
    return Device(lab, request.param)


@pytest.fixture
def device(node: Device) -> Iterator[Device]:
    """A device at rest: no lease, no pending change; after the test it must be as it was."""
    before = node.snapshot()
    yield node
    assert node.agent("status")["state"] in ("none", "reverted", "confirmed", "staged")
    node.forget_lease()
    assert node.snapshot() == before


def target(name: str, mtu: int = 9000) -> DeviceConfig:
    """A target that touches every section and makes a bridge, a VXLAN device, a rule and a BGP instance."""
    number = int(name[-1])
    interfaces = (
        "auto lo\niface lo inet loopback\n    address 10.255.9.{n}/32\n"
        "auto eth0\niface eth0\n    address {management}\n"
        "auto swp1\niface swp1\n    mtu {mtu}\n"
        "auto vni900\niface vni900\n    vxlan-id 900\n    vxlan-local-tunnelip 10.255.9.{n}\n    bridge-learning off\n"
        "auto vlan900\niface vlan900\n    bridge-ports vni900\n    bridge-stp off\n    address 10.90.{n}.1/24\n"
    )
    frr = (
        f"frr defaults datacenter\nhostname {name}\nservice integrated-vtysh-config\n!\n"
        "ip prefix-list OWN seq 5 permit 10.255.9.0/24 le 32\n!\n"
        "interface swp1\n ipv6 nd ra-interval 10\n no ipv6 nd suppress-ra\nexit\n!\n"
        f"router bgp 42000009{number:02d}\n bgp router-id 10.255.9.{number}\n"
        " neighbor swp1 interface remote-as external\n"
        " !\n address-family ipv4 unicast\n  redistribute connected\n exit-address-family\nexit\n!\n"
    )
    return DeviceConfig.of(
        {
            "frr": frr,
            "interfaces": interfaces.replace("{n}", str(number)).replace("{mtu}", str(mtu)),
            "nftables": "table inet rtmctl {\n\tchain forward {\n\t\ttype filter hook forward priority 0;\n"
            "\t\tip saddr 192.0.2.0/24 drop\n\t}\n}\n",
            "sysctl": "net.ipv4.ip_forward = 1\n",
        }
    )


@pytest.fixture
def wanted(device: Device) -> DeviceConfig:
    return target_for(device)


def target_for(device: Device, mtu: int = 9000) -> DeviceConfig:
    config = target(device.name, mtu)
    address = device.sh("ip -o -4 addr show eth0").split()[3]
    return config.replace("interfaces", config.get("interfaces").replace("{management}", address))


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
