"""The lab's power supply: nodes are switched off under a lease that is held outside of them, and outside of rtmctl.

The injector, the same program that switches run, stands in the lab's folder with a root of its own below it. Its
records are there, and its guard outlives whoever switched a node off and switches it on again. It reaches the lab
through this module's `main`, which it calls as its program `power`.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from rtmctl.base import PermanentError, RtmctlError
from rtmctl.lab import anchor, facts
from rtmctl.lab.drivers import open_lab
from rtmctl.lab.enter import inside
from rtmctl.lab.layout import LabFolder
from rtmctl.lab.lock import locked
from rtmctl.lab.process import running
from rtmctl.lab.userns import current

MODULE = "rtmctl.lab.power"


def injector_of(folder: LabFolder) -> Path:
    """The program that holds what is off."""
    return folder.power / "injector"


def let_go(folder: LabFolder) -> None:
    """End the guards of a lab that is taken down: nobody is to switch its nodes on any more."""
    injector, lab = str(injector_of(folder)), str(folder.path)
    # each of a pair makes itself another one when the other is killed, so all are stopped before
    while found := running(lambda words: injector in words or {MODULE, lab} <= set(words)):
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGSTOP)
        shutil.rmtree(folder.power, ignore_errors=True)
        for process in found:
            process.kill()


def main(argv: list[str]) -> int:
    """`FOLDER status|off|on NODE`, for the injector; what is wrong is said on one line."""
    folder, verb, node = LabFolder(Path(argv[1])), argv[2], argv[3]
    try:
        if verb == "status":
            print(json.dumps(status(folder, node)))
        elif verb == "off":
            print(json.dumps({"began_ns": switch_off(folder, node)}))
        else:
            open_lab(folder.path.name).power_on(node)
    except (RtmctlError, OSError) as error:
        print(f"power: {error}", file=sys.stderr)
        return 1
    return 0


def switch_off(folder: LabFolder, node: str) -> int:
    """Everything in the node dies at once. Returns the wall-clock time right before it, ns.

    Raises:
        PermanentError: there is no such node.
        TemporaryError: the lab is not up, or another command works on it.
    """
    with locked(folder.lock, folder.path.name):
        began = time.time_ns()
        anchor.request(folder, op="stop", node=node)
    return began


def status(folder: LabFolder, node: str) -> dict[str, object]:
    """Whether a node is on, and what it has then.

    Raises:
        PermanentError: the lab has no such node, or it does not say what it has.
        TemporaryError: the lab is not up.
    """
    nodes = anchor.request(folder, op="ping").fields["nodes"]
    if node not in nodes:
        raise PermanentError(f"lab {folder.path.name} has no node {node!r}", hint=f"its nodes: {', '.join(nodes)}")
    if nodes[node]["pid"] is None:
        return {"on": False}
    (pidfd,) = anchor.request(folder, op="node", node=node).descriptors
    try:
        line = inside(anchor.pid_of(pidfd), current(), ("sh", "-s"))
        done = subprocess.run(line, input=facts.PROGRAM, capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.close(pidfd)
    if done.returncode != 0:
        raise PermanentError(f"{node} does not say what it has: {done.stderr.strip()}")
    return {"on": True, **facts.facts_of(done.stdout)}


if __name__ == "__main__":
    sys.exit(main(sys.argv))
