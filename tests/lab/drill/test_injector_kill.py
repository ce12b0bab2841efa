"""SIGKILL of the injector at each of its durable writes, commands and signals: nothing was changed, or it goes back."""

import json
import signal

import pytest

from tests.lab.drill.injector_lab import INJECTOR, Node

KILLER = r"""
import os, signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
import device.injector.server as server
main, left, number = os.getpid(), int(sys.argv[2]), int(sys.argv[4])

def mortal(function):
    def call(*args, **kwargs):
        global left
        if os.getpid() == main:
            left -= 1
            if left == -1:
                os.kill(main, number)
        return function(*args, **kwargs)
    return call

server.own_session = os.setsid
os.replace, os.fsync, os.fork = mortal(os.replace), mortal(os.fsync), mortal(os.fork)
os.pwrite, subprocess.Popen = mortal(os.pwrite), mortal(subprocess.Popen)
sys.argv = [sys.argv[1], sys.argv[3]]
sys.exit(server.main(sys.argv))
"""
KILL, STOP = str(int(signal.SIGKILL)), str(int(signal.SIGSTOP))
MECHANISMS = {
    "link-down": {"interfaces": ["swp1"]},
    "silence": {"interfaces": ["swp1"]},
}
STEPS = {"arm": (0, 2, 4, 8, 14), "inject": (0, 1, 2, 3, 6), "revert": (0, 2, 4, 8, 14)}
CASES = [
    pytest.param(mechanism, verb, step, id=f"{mechanism} {verb} {step}")
    for mechanism in MECHANISMS
    for verb, steps in STEPS.items()
    for step in steps[:: 1 if mechanism == "link-down" else 2]
]


@pytest.mark.parametrize(("mechanism", "verb", "step"), CASES)
def test_killed_anywhere_it_is_as_before(node: Node, mechanism: str, verb: str, step: int) -> None:
    arguments, lease = MECHANISMS[mechanism], {"lease_s": 20.0}
    asked: dict[str, object] = {"drill": "d1", "mechanism": mechanism, "arguments": arguments, **lease}
    if verb != "arm":
        key = node.arm(mechanism, **arguments) if verb == "inject" else node.make(mechanism, **arguments)
        asked = {"key": key, "drill": "d1"} if verb == "inject" else {"key": key}
    done = node.lab.run(
        node.name, "python3", "-c", KILLER, INJECTOR, str(step), verb, KILL, stdin=json.dumps(asked), timeout_s=60
    )
    assert done.returncode in (0, 137, -9), done.stderr
    for held in node.ask("status")["held"]:
        node.ask("renew", key=held["key"], drill="d1", lease_s=0.5)
        node.wait_restored(held["key"])
    assert not node.silent()


@pytest.mark.parametrize("verb", ["inject", "revert"])
def test_stopped_amid_a_step_it_is_ended_and_taken_back(node: Node, verb: str) -> None:
    """It holds the injection's lock and answers nobody: the guard waits for it until the lease has run out."""
    arguments = MECHANISMS["silence"]
    key = node.arm("silence", **arguments) if verb == "inject" else node.make("silence", **arguments)
    asked = {"key": key, "drill": "d1"} if verb == "inject" else {"key": key}
    background = 'printf %s "$5" | python3 -c "$0" "$1" "$2" "$3" "$4" >/dev/null 2>&1 &'
    words = (KILLER, INJECTOR, "0", verb, STOP, json.dumps(asked))
    assert node.lab.run(node.name, "sh", "-c", background, *words).returncode == 0
    node.sh("for i in $(seq 200); do ps -eo stat,args | grep -q '^T.*python3 -[c]' && exit; sleep 0.1; done; exit 1")
    assert "error" not in node.ask("renew", key=key, drill="d1", lease_s=1.0)
    assert "ran out" in node.wait_restored(key)["cause"]
    assert not node.silent()
