"""A switch of a lab, its injector as tests call it, and packets counted at both ends of its cable."""

import base64
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from rtmctl.device import Endpoint
from rtmctl.device.injecting import SwitchWay
from rtmctl.device.injecting.program import injector_file
from rtmctl.lab import Lab

INJECTOR = "/usr/local/lib/rtmctl/injector"
STATE = "/var/lib/rtmctl/drill"
RUN = "/run/rtmctl/drill"
SPINE = "spine1"
FRR = {"leaf1": "8.4", "leaf2": "10.3"}

RECEIVER = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind((sys.argv[1], 4242))
print("ready", flush=True)
s.settimeout(1.0)
found = []
try:
    while True:
        found.append(len(s.recv(9000)))
except TimeoutError:
    print(len(found), sum(found))
"""
SENDER = """
import socket, sys, time
to, count, size, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    try:
        s.sendto(bytes(size), (to, 4242))
    except OSError:
        pass
    time.sleep(pause)
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A leaf whose port swp1 leads to the spine; `number` is its last digit."""

    lab: Lab
    name: str

    @property
    def number(self) -> int:
        return int(self.name[-1])

    @property
    def own(self) -> str:
        return f"10.0.{self.number}.1"

    @property
    def far(self) -> str:
        return f"10.0.{self.number}.2"

    @property
    def far_port(self) -> str:
        return f"swp{self.number}"

    def sh(self, script: str, check: bool = True) -> str:
        return run(self.lab, self.name, script, check)

    def spine(self, script: str, check: bool = True) -> str:
        return run(self.lab, SPINE, script, check)

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        done = self.lab.run(self.name, INJECTOR, verb, stdin=json.dumps(arguments))
        return dict(json.loads(done.stdout))

    def arm(self, mechanism: str, lease_s: float = 60, drill: str = "d1", **arguments: Any) -> str:
        """The injection's key."""
        answer = self.ask("arm", drill=drill, mechanism=mechanism, arguments=arguments, lease_s=lease_s)
        assert "error" not in answer, answer
        return str(answer["key"])

    def make(self, mechanism: str, lease_s: float = 60, **arguments: Any) -> str:
        """Armed and injected; the injection's key."""
        key = self.arm(mechanism, lease_s, **arguments)
        answer = self.ask("inject", key=key, drill="d1")
        assert answer.get("state") == "active", answer
        return key

    def on_disk(self, key: str) -> dict[str, Any]:
        """What the record says, without asking the injector."""
        return dict(json.loads(self.sh(f"cat {RUN}/state/{key}.json 2>/dev/null || cat {STATE}/{key}.json")))

    def wait_restored(self, key: str, limit_s: float = 30) -> dict[str, Any]:
        """Nobody asks the injector: only the record is read."""
        end = time.monotonic() + limit_s
        while True:
            try:
                record = self.on_disk(key)
            except (AssertionError, ValueError):
                record = {}
            if record.get("state") == "restored":
                assert record["after"] == record["hash"]
                return record
            assert time.monotonic() < end, f"not restored within {limit_s} s: {record}"
            time.sleep(0.1)

    def snapshot(self) -> dict[str, str]:
        """What a drill must leave as it was, by other means than the injector's."""
        asked = {
            "links": "ip -o link | sed 's/state.*//; s/NO-CARRIER,//; s/,LOWER_UP//; s/qdisc.*//'",
            "addresses": "ip -o addr | sed 's/ tentative//; s/valid_lft.*//' | sort -k2",
            "routes": "(ip route; ip -6 route) | grep -v proto | sed 's/linkdown//'",
            "neighbours": "ip neigh show nud permanent",
            "nft": "/usr/sbin/nft list ruleset",
            "qdisc": "tc qdisc | sort",
            "frr": "vtysh -c 'show running-config no-header'",
            "daemons": "ps -eo args,ni | grep ^/usr/lib/frr | sort",
            "files": "cat /etc/frr/frr.conf /etc/network/interfaces | sha256sum",
            "processes": "ps -eo args | grep '[i]njector'",
        }
        text = self.sh("; ".join(f"echo '=== {name}'; {script}" for name, script in asked.items()), check=False)
        parts = [part.partition("\n") for part in text.split("=== ")[1:]]
        return {name: body for name, _, body in parts}

    def live(self) -> list[str]:
        """Keys of what is not over."""
        return [held["key"] for held in self.ask("status")["held"] if held["state"] != "restored"]

    def forget(self) -> None:
        answer = self.ask("gc")
        assert "error" not in answer, answer
        assert self.sh(f"find {STATE} {RUN} -type f ! -name arm 2>/dev/null", check=False) == ""

    def install(self, program: bytes | None = None) -> None:
        script = f"base64 -d >{INJECTOR}.new && chmod 755 {INJECTOR}.new && mv {INJECTOR}.new {INJECTOR}"
        text = base64.b64encode(program or injector_file()).decode()
        assert self.lab.run(self.name, "sh", "-c", script, stdin=text).returncode == 0

    def sent(self, count: int = 500, size: int = 100, pause: float = 0.001, six: bool = False) -> int:
        """Datagrams to the spine that arrived, of `count`."""
        return flow(self.lab, self.name, SPINE, f"2001:db8:{self.number}::2" if six else self.far, count, size, pause)

    def received(self, count: int = 500, size: int = 100, pause: float = 0.001) -> int:
        """Datagrams from the spine that arrived, of `count`."""
        return flow(self.lab, SPINE, self.name, self.own, count, size, pause)

    def silent(self) -> bool:
        """Whether one ping to the spine is lost."""
        return self.lab.run(self.name, "ping", "-c", "1", "-W", "1", self.far).returncode != 0

    def way(self) -> SwitchWay:
        a = self.lab.access(self.name)
        return SwitchWay(Endpoint(self.name, "frr", a.address, a.port, a.user, a.key, a.known_hosts, a.dial))

    def established(self, limit_s: float = 20) -> None:
        """Its BGP session with the spine is up."""
        script = f"vtysh -c 'show bgp neighbors {self.far} json' | grep -q '\"bgpState\":\"Established\"'"
        end = time.monotonic() + limit_s
        while self.lab.run(self.name, "sh", "-c", script).returncode != 0:
            assert time.monotonic() < end, f"{self.name} has no session with {self.far}"
            time.sleep(0.2)


def run(lab: Lab, node: str, script: str, check: bool = True) -> str:
    done = lab.run(node, "sh", "-c", script)
    assert not check or done.returncode == 0, f"{node}: {script}: {done.stdout}{done.stderr}"
    return done.stdout


def flow(lab: Lab, source: str, target: str, address: str, count: int, size: int, pause: float) -> int:
    receiver = subprocess.Popen(
        lab.command(target, ("python3", "-c", RECEIVER, address)), stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    )
    with receiver:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == "ready\n"
        lab.run(source, "python3", "-c", SENDER, address, str(count), str(size), str(pause))
        return int(receiver.stdout.read().split()[0])


def wire(lab: Lab) -> None:
    """Addresses of both families on the leafs' first cables, BGP over them, and what a flap takes away."""
    for number in (1, 2):
        port = f"swp{number}"
        run(
            lab,
            SPINE,
            f"ip link set {port} up; ip addr add 10.0.{number}.2/24 dev {port}; "
            f"ip -6 addr add 2001:db8:{number}::2/64 dev {port} nodad; "
            "vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'no bgp ebgp-requires-policy' "
            f"-c 'neighbor 10.0.{number}.1 remote-as 6500{number}' -c 'neighbor 10.0.{number}.1 timers connect 1'",
        )
        wire_leaf(Node(lab, f"leaf{number}"))


def wire_leaf(node: Node) -> None:
    """By hand, so that a reboot loses all of it."""
    n = node.number
    node.sh(
        f"ip link set swp1 up; ip addr add {node.own}/24 dev swp1; ip addr add 10.0.{n}.9/24 dev swp1; "
        f"ip -6 addr add 2001:db8:{n}::1/64 dev swp1 nodad; ip route add 10.90.0.0/16 via {node.far}; "
        f"ip -6 route add 2001:db8:90::/48 via 2001:db8:{n}::2; "
        f"ip neigh add 10.0.{n}.77 lladdr 02:00:00:00:00:77 dev swp1 nud permanent; "
        f"vtysh -c 'configure terminal' -c 'router bgp 6500{n}' -c 'no bgp ebgp-requires-policy' "
        f"-c 'neighbor {node.far} remote-as 65000' -c 'neighbor {node.far} timers connect 1'; "
        f"vtysh -c 'configure terminal' -c 'ip route 10.91.0.0/16 {node.far}'"
    )
