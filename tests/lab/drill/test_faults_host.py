"""What breaks a host, on a real node: the effect is seen, is gone after the revert, and after the lease."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.lab.drill.injector_lab import Node

LEASE_S = 15.0
"""in which all of them are made and seen, also on a machine busy with other things"""
FULL = "/var/tmp/full"
ASK = 'python3 -c \'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"?", ("{0}", 53))\''


class Case(NamedTuple):
    mechanism: str
    arguments: dict[str, Any]
    seen: Callable[[Node, str], bool]
    """whether the node suffers from the injection of that key, by other means than the injector's"""


def workers(node: Node, key: str = "") -> list[list[str]]:
    """Name, ticks on the processor, RSS in kB and oom_score_adj of each process that presses, for one key or all."""
    script = (
        f"for p in /proc/[0-9]*; do grep -q ^rd-{key} $p/comm 2>/dev/null && echo $(cat $p/comm) "
        "$(awk '{print $14 + $15}' $p/stat) $(awk '/VmRSS/ {print $2}' $p/status) $(cat $p/oom_score_adj); done; true"
    )
    return [line.split() for line in node.sh(script).splitlines()]


def burns(node: Node, key: str) -> bool:
    before = {worker[0]: int(worker[1]) for worker in workers(node, key)}
    time.sleep(0.6)
    return len(before) == 1 and all(int(worker[1]) - before[worker[0]] >= 5 for worker in workers(node, key))


def takes_memory(node: Node, key: str) -> bool:
    """The first that the OOM killer takes, and a hundredth of what is free."""
    found = workers(node, key)
    return len(found) == 1 and int(found[0][2]) > 20_000 and found[0][3] == "1000"


def writes(node: Node, key: str) -> bool:
    """Into files without a name: nothing is left of them whoever is killed."""
    return len(workers(node, key)) == 2 and "rtmctl" not in node.sh("ls -A /var/tmp")


def full(node: Node, _: str) -> bool:
    return "No space left" in node.sh(f"(head -c 4096 /dev/zero >{FULL}/new) 2>&1", check=False)


def deaf(node: Node, _: str) -> bool:
    """A question to a name server does not leave the node; another datagram does."""
    counter = f"cat /sys/class/net/{node.far_port}/statistics/rx_packets"
    node.sh(f"ping -c 1 -W 1 {node.far}")
    before = int(node.spine(counter))
    said = [node.sh(ASK.format(node.far) + " 2>&1", check=False) for _ in range(5)]
    return any("not permitted" in text for text in said) or int(node.spine(counter)) - before < 5


def stands_still(node: Node, _: str) -> bool:
    return "T" in node.sh("ps -C sleep -o stat=,args= | grep '3141$' | cut -c1")


CASES = (
    Case("cpu-pressure", {"percent": 50, "workers": 1}, burns),
    Case("memory-pressure", {"percent": 1}, takes_memory),
    Case("disk-io-pressure", {"folder": "/var/tmp", "size_mb": 1, "workers": 2}, writes),
    Case("disk-full", {"folder": FULL, "size_mb": 1}, full),
    Case("dns-failure", {}, deaf),
    Case("process-pause", {"process": "sleep", "argument": "3141"}, stands_still),
)
EACH = pytest.mark.parametrize("case", CASES, ids=[case.mechanism for case in CASES])


@pytest.fixture
def host(node: Node) -> Node:
    """The node, with a program to pause."""
    node.sh("ps -C sleep -o args= | grep -q 3141 || { setsid sleep 3141 </dev/null >/dev/null 2>&1 & }")
    return node


@EACH
def test_suffers_until_it_is_reverted(host: Node, case: Case) -> None:
    assert not case.seen(host, "")
    key = host.make(case.mechanism, **case.arguments)
    assert case.seen(host, key)
    assert host.ask("status", key=key)["held"][0]["is_active"]
    answer = host.ask("revert", key=key)
    assert answer["state"] == "restored" and answer["before"] == answer["after"], answer
    assert not case.seen(host, key)
    assert host.sh(f"ls -d {FULL} 2>/dev/null", check=False) == ""


def test_all_of_it_is_gone_when_the_lease_is(host: Node) -> None:
    made = {host.make(case.mechanism, LEASE_S, **case.arguments): case for case in CASES}
    for key, case in made.items():
        assert case.seen(host, key), case.mechanism
    for key in made:
        host.wait_restored(key, 60)
    for key, case in made.items():
        assert not case.seen(host, key), case.mechanism


def test_workers_end_when_nobody_guards_them(host: Node) -> None:
    """Guardian and watchdog killed in one instant, long before the lease is over: what presses looks after itself."""
    key = host.make("cpu-pressure", 600, percent=10, workers=2)
    assert len(workers(host, key)) == 2
    host.sh("pkill -KILL -x injector")
    assert host.sh("pgrep -x injector", check=False) == ""
    end = time.monotonic() + 20
    while workers(host, key):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert host.ask("revert", key=key)["state"] == "restored"


def test_a_service_killed_on_a_machine_without_systemd_is_refused(host: Node) -> None:
    asked = {"mechanism": "process-kill", "arguments": {"process": "sshd", "argument": ""}}
    assert "nobody would start" in host.ask("check", **asked)["reason"]


def test_the_clock_of_a_container_is_not_its_own(host: Node) -> None:
    before = time.time()
    answer = host.ask("arm", drill="d1", mechanism="clock-step", arguments={"step_s": 60}, lease_s=5)
    assert answer["code"] == "unable" and "shared" in answer["error"]
    assert abs(time.time() - before) < 30


REFUSED = {
    "a folder that holds files": ("disk-full", {"folder": "/etc/frr", "size_mb": 1}, "not empty"),
    "the root": ("disk-full", {"folder": "/", "size_mb": 1}, "absolute path below /"),
    "a way back up": ("disk-full", {"folder": "/var/tmp/../tmp", "size_mb": 1}, "absolute path below /"),
    "a mount point": ("disk-full", {"folder": "/proc", "size_mb": 1}, "mount point"),
    "a folder in none": ("disk-full", {"folder": "/no/such", "size_mb": 1}, "/no is no folder"),
    "behind a link": ("disk-full", {"folder": "/tmp/link/x", "size_mb": 1}, "behind a symbolic link"),
    "a size of nothing": ("disk-full", {"folder": FULL, "size_mb": 0}, "from 1 to 1024"),
    "more than there is": (
        "disk-io-pressure",
        {"folder": "/var/tmp", "size_mb": 65536, "workers": 64},
        "MiB are wanted",
    ),
    "nobody of that name": ("process-pause", {"process": "nobody", "argument": ""}, "no process is nobody"),
    "no name": ("process-pause", {"process": "", "argument": ""}, "a program's name"),
    "a name that is none": ("process-pause", {"process": 7}, "is to be a text"),
    "too many workers": ("cpu-pressure", {"percent": 1, "workers": 5000}, "from 0 to 1024"),
    "the injector itself": ("process-pause", {"process": "python3", "argument": "injector"}, "no process is"),
    "no supply of power": ("power", {"node": "leaf1", "action": "off"}, "nobody but the machine itself"),
}


def test_refused_before_anything_changes(host: Node) -> None:
    host.sh("ln -sfn /var /tmp/link")
    wrong = {}
    for name, (mechanism, arguments, words) in REFUSED.items():
        said = json.dumps(host.ask("check", mechanism=mechanism, arguments=arguments))
        armed = host.ask("arm", drill="d1", mechanism=mechanism, arguments=arguments, lease_s=5)
        if words not in said or "error" not in armed:
            wrong[name] = (said, armed)
    host.sh("rm /tmp/link")
    assert not wrong
