"""The lab's power supply: nodes are switched off under a lease that is held outside of them, and outside of rtmctl.

The injector, the same program that switches run, stands in the lab's folder with a root of its own below it. Its
records are there, and its guard outlives whoever switched a node off and switches it on again. It reaches the lab
through this module's `main`, which it calls as its program `power`.
"""

import contextlib
import json
import os
import shlex
import signal
import sys
from pathlib import Path

import rtmctl.device.injector
from rtmctl.base import PermanentError, RtmctlError, TemporaryError
from rtmctl.device.packing import ONBOARD, packed
from rtmctl.lab import facts
from rtmctl.lab.driver import Lab
from rtmctl.lab.drivers import open_lab
from rtmctl.lab.layout import LabFolder, cache_folder
from rtmctl.lab.process import running

_PACKAGE = Path(rtmctl.device.injector.__file__).parent
_MODULE = "rtmctl.lab.power"
_PROGRAM = "usr/local/lib/rtmctl/power"
"""where the injector's mechanism `power` looks for it, below its root"""


def install(lab: str, folder: LabFolder) -> tuple[str, ...]:
    """Put injector and program into the lab's folder, as this tree has them; the command line that runs the injector.

    Raises:
        TemporaryError: the lab is not up.
    """
    if not open_lab(lab).status().running:
        raise TemporaryError(f"lab {lab} is not up", hint="rtmctl lab up")
    injector, tool = _injector(folder), folder.power / _PROGRAM
    tool.parent.mkdir(parents=True, exist_ok=True)
    _put(injector, packed(_PACKAGE, "elsewhere", _PACKAGE / "mechanisms", ONBOARD))
    _put(tool, _script(folder).encode())
    return (sys.executable, "-IS", str(injector), str(folder.power))


def let_go(folder: LabFolder) -> None:
    """End the guards of a lab that is taken down: nobody is to switch its nodes on any more."""
    injector, lab = str(_injector(folder)), str(folder.path)
    # each of a pair makes itself another one when the other is killed, so all are stopped before
    while found := running(lambda words: injector in words or {_MODULE, lab} <= set(words)):
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGSTOP)
        for process in found:
            process.kill()


def main(argv: list[str]) -> int:
    """`FOLDER status|off|on NODE`, for the injector; what is wrong is said on one line."""
    _, folder, verb, node = argv
    try:
        lab = open_lab(Path(folder).name)
        if verb == "status":
            print(json.dumps(status(lab, node)))
        elif verb == "off":
            lab.power_off(node)
        elif verb == "on":
            lab.power_on(node)
        else:
            print(f"power: {verb!r} is not status, off or on", file=sys.stderr)
            return 2
    except RtmctlError as error:
        print(f"power: {error.message}", file=sys.stderr)
        return 1
    return 0


def status(lab: Lab, node: str) -> dict[str, object]:
    """Whether a node is on, and what it has then.

    Raises:
        PermanentError: the lab has no such node, or it does not say what it has.
        TemporaryError: the lab is not up.
    """
    now = lab.status()
    if not now.running:
        raise TemporaryError(f"lab {lab.name} is not up", hint="rtmctl lab up")
    found = next((one for one in now.nodes if one.name == node), None)
    if found is None:
        hint = f"its nodes: {', '.join(one.name for one in now.nodes)}"
        raise PermanentError(f"lab {lab.name} has no node {node!r}", hint=hint)
    if not found.running:
        return {"on": False}
    done = lab.run(node, "sh", "-s", stdin=facts.PROGRAM)
    if done.returncode != 0:
        raise PermanentError(f"{node} does not say what it has: {done.stderr.strip()}")
    return {"on": True, **facts.facts_of(done.stdout)}


def _script(folder: LabFolder) -> str:
    """Works without anything of the shell in which rtmctl ran, and from whichever tree this is."""
    here = {
        "RTMCTL_LAB_STATE": str(folder.path.parent),
        "RTMCTL_CACHE": str(cache_folder().absolute()),
        "PYTHONPATH": str(Path(rtmctl.__file__).parents[1]),
        "PATH": os.environ.get("PATH", os.defpath),
    }
    words = ["env", "-i", *(f"{name}={value}" for name, value in here.items())]
    return f'#!/bin/sh\nexec {shlex.join([*words, sys.executable, "-m", _MODULE, str(folder.path)])} "$@"\n'


def _injector(folder: LabFolder) -> Path:
    return folder.power / "injector"


def _put(path: Path, content: bytes) -> None:
    """What runs already goes on with the old file."""
    if not path.exists() or path.read_bytes() != content:
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_bytes(content)
        new.chmod(0o700)
        new.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
