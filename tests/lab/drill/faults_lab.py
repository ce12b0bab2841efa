"""A small fabric in a real lab, and holders of faults that are killed amid their steps."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rtmctl.device.injection import Held, Holder, HoldState
from rtmctl.fabric import Fabric
from rtmctl.lab import Lab
from rtmctl.lab.layout import LabFolder, labs_folder
from tests.lab.change.change_lab import fabric_of

SITE = """
site: change
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h2: {rack: r1, leaf: leaf2, segment: web}
"""
HANG_S = 90.0
"""a limit for tests that hang, on a machine busy with other things"""
_HELD = """
import asyncio, sys
from pathlib import Path
{imports}

async def main():
    holder = await {opener}
    said = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(said), sys.stdin)
    print("arming", flush=True)
    await holder.arm({drill!r}, {lease_s})
    keeper = asyncio.create_task(keep(holder))
    print("armed", flush=True)
    await said.readline()
    await holder.inject()
    print("active", flush=True)
    await said.readline()
    keeper.cancel()
    await holder.revert()
    print("reverted", flush=True)
    await holder.close()

async def keep(holder):
    while True:
        await asyncio.sleep({lease_s} / 4)
        await holder.renew({lease_s})

asyncio.run(main())
"""


def fabric(root: Path, site: str = SITE) -> Fabric:
    return fabric_of(root, site)


def folder_of(lab: Lab) -> LabFolder:
    return LabFolder(labs_folder() / lab.name)


def until(what: str, found: Callable[[], Any], seconds: float = HANG_S, every: float = 0.02) -> Any:
    """Waits until it is true; fails with its name when it does not become so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(every)
    raise AssertionError(f"not within {seconds:g} s: {what}")


class Doomed:
    """A process that holds a fault, renewing its lease, and is killed with everything it has begun."""

    def __init__(self, imports: str, opener: str, drill: str, lease_s: float) -> None:
        program = _HELD.format(imports=imports, opener=opener, drill=drill, lease_s=lease_s)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True)

    def reached(self, step: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{step}\n"

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL, and of what it speaks to a guard with: each is in a session of its own."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


def ended(holder: Holder) -> Held:
    """How it stands once nothing is under way any more; `holder` was opened by somebody else."""

    async def ask() -> Held:
        end = time.monotonic() + HANG_S
        while True:
            held = await holder.status()
            if held.state not in (HoldState.ARMED, HoldState.ACTIVE) or time.monotonic() > end:
                await holder.close()
                return held
            await asyncio.sleep(0.2)

    return asyncio.run(ask())


def record_of(folder: Path) -> dict[str, Any]:
    """The newest record below a folder of the injector; empty while there is none."""
    found = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    return json.loads(found[-1].read_text()) if found else {}
