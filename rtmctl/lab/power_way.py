"""The way to a lab's power supply: an injector on this machine, outside of the lab's nodes."""

import asyncio
from dataclasses import dataclass

from rtmctl.device.injecting.channels import Channel, HostChannel
from rtmctl.device.processes import ProcessRunner
from rtmctl.lab.layout import LabFolder, labs_folder
from rtmctl.lab.power import install


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
