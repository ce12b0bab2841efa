"""The way to a lab's power supply: an injector on this machine, outside of the lab's nodes."""

import asyncio
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import rtmctl.device.injector
from rtmctl.base import TemporaryError
from rtmctl.device.injecting.channels import Channel, HostChannel
from rtmctl.device.packing import ONBOARD, packed
from rtmctl.device.processes import ProcessRunner
from rtmctl.lab.drivers import open_lab
from rtmctl.lab.layout import LabFolder, cache_folder, labs_folder
from rtmctl.lab.power import MODULE, injector_of

_PACKAGE = Path(rtmctl.device.injector.__file__).parent
_PROGRAM = "usr/local/lib/rtmctl/power"
"""where the injector's mechanism `power` looks for it, below its root"""


@dataclass(frozen=True, slots=True)
class PowerWay:
    """As `rtmctl.device.injecting.Way`; it holds the mechanism `power` of all nodes of one lab."""

    lab: str

    @property
    def node(self) -> str:
        return f"the power supply of lab {self.lab}"

    async def open(self) -> Channel:
        """Raises TemporaryError when the lab is not up."""
        folder = LabFolder(labs_folder().absolute() / self.lab)
        injector = await asyncio.to_thread(install, self.lab, folder)
        here = ProcessRunner(frozenset({self.node}), lambda _, command: (*injector, *command))
        return HostChannel(self.node, await here.start(self.node, ("serve",)))

    async def forget(self) -> None:
        """It goes with the lab."""


def install(lab: str, folder: LabFolder) -> tuple[str, ...]:
    """Put injector and program into the lab's folder, as this tree has them; the command line that runs the injector.

    Raises:
        TemporaryError: the lab is not up.
    """
    if not open_lab(lab).status().running:
        raise TemporaryError(f"lab {lab} is not up", hint="rtmctl lab up")
    injector, tool = injector_of(folder), folder.power / _PROGRAM
    tool.parent.mkdir(parents=True, exist_ok=True)
    _put(injector, packed(_PACKAGE, "elsewhere", _PACKAGE / "mechanisms", ONBOARD))
    _put(tool, _script(folder).encode())
    return (sys.executable, "-IS", str(injector), str(folder.power))


def _script(folder: LabFolder) -> str:
    """Works without anything of the shell in which rtmctl ran, and from whichever tree this is."""
    here = {
        "RTMCTL_LAB_STATE": str(folder.path.parent),
        "RTMCTL_CACHE": str(cache_folder().absolute()),
        "PYTHONPATH": str(Path(rtmctl.__file__).parents[1]),
        "PATH": os.environ.get("PATH", os.defpath),
    }
    words = ["env", "-i", *(f"{name}={value}" for name, value in here.items())]
    return f'#!/bin/sh\nexec {shlex.join([*words, sys.executable, "-m", MODULE, str(folder.path)])} "$@"\n'


def _put(path: Path, content: bytes) -> None:
    """What runs already goes on with the old file."""
    if not path.exists() or path.read_bytes() != content:
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_bytes(content)
        new.chmod(0o700)
        new.replace(path)
