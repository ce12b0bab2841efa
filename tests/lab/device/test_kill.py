"""SIGKILL of the agent at each of its durable writes and commands: the old state, or a watchdog that brings it back."""

import json
import uuid

import pytest

from tests.lab.device.conftest import Device, target_for

KILLER = r"""
import os, signal, subprocess, sys
sys.path.insert(0, "/usr/local/lib/rtmctl/agent")
from device.frr.agent import server
main, left = os.getpid(), int(sys.argv[1])

def mortal(function):
    def call(*args, **kwargs):
        global left
        if os.getpid() == main:
            left -= 1
            if left < 0:
                os.kill(main, signal.SIGKILL)
        return function(*args, **kwargs)
    return call

os.replace = mortal(os.replace)
os.fsync = mortal(os.fsync)
subprocess.Popen = mortal(subprocess.Popen)
server.start_watchdog = mortal(server.start_watchdog)
sys.exit(server.main(["agent", *sys.argv[2:]]))
"""

STEPS = (*range(0, 12), *range(12, 60, 4))


def arguments(device: Device, transaction: str) -> list[str]:
    """A staged change of the device, and what `commit` needs."""
    device.forget_lease()
    fence = device.agent("lease", holder="kill", ttl_s=300)["lease"]["fence"]
    words = [f"transaction={transaction}", f"fence={fence}"]
    text = target_for(device).to_text()
    done = device.lab.run(device.name, "/usr/local/lib/rtmctl/agent", "stage", *words, "text=-", stdin=text)
    assert "error" not in json.loads(done.stdout), done.stdout
    return [*words, f"pre_hash={device.agent('running')['hash']}", "revert_in_s=60"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_it_is_as_before(device: Device, step: int) -> None:
    transaction = uuid.uuid4().hex[:8]
    words = arguments(device, transaction)
    done = device.lab.run(device.name, "python3", "-c", KILLER, str(step), "commit", *words)
    status = device.agent("status")
    if done.returncode == 0:
        device.agent("revert", transaction=transaction, fence=int(words[1].split("=")[1]))
    elif status["transaction"] == transaction and status["state"] != "staged":
        device.wait("reverted")
    else:
        assert status["state"] in ("none", "staged", "reverted", "confirmed")
        device.agent("gc")  # spare files of a change that was never armed
