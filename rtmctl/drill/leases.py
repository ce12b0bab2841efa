"""The leases of a drill on every switch of the site, taken as `net apply` takes them: neither runs beside the other."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from rtmctl.base import Exit
from rtmctl.change.events import Event as ChangeEvent
from rtmctl.change.events import OnEvent as OnChangeEvent
from rtmctl.change.events import Waiting as ChangeWaiting
from rtmctl.change.fleet import Fleet
from rtmctl.change.journal import Journal
from rtmctl.change.options import Timing
from rtmctl.change.transaction import await_leases, release_leases, renew_leases
from rtmctl.device.injection import lease_holder
from rtmctl.drill.events import OnEvent, Waiting


@dataclass(slots=True)
class Leases:
    """`taken` until `release`; renewed meanwhile, each switch by a task of its own."""

    drill: str
    fleet: Fleet
    journal: Journal
    on_event: OnEvent
    timing: Timing
    fences: dict[str, int] = field(default_factory=dict)
    lost: str = ""
    """another holder has taken one"""
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def holder(self) -> str:
        return lease_holder(self.drill)

    @property
    def purpose(self) -> str:
        return f"drill {self.drill}"

    @property
    def emit(self) -> OnChangeEvent:
        return self._pass_on

    async def take(self, names: Sequence[str], stop: asyncio.Event) -> None:
        """Raises Locked when another change or drill is alive, StepFailed when a switch does not answer."""
        await await_leases(self, names, self.purpose, stop)
        self._keepers = [asyncio.create_task(self._keep(name)) for name in names]

    async def release(self) -> None:
        keepers, self._keepers = self._keepers, []
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await release_leases(self)

    async def _keep(self, name: str) -> None:
        """A switch that the fault has taken away is asked again and again; its lease ends with its boot."""
        while True:
            await asyncio.sleep(self.timing.lease_ttl_s / 3)
            for failure in await renew_leases(self, (name,), self.purpose, beside=True):
                if failure.exit is Exit.LOCKED:
                    self.lost = self.lost or failure.message
                    return

    def _pass_on(self, event: ChangeEvent) -> None:
        if isinstance(event, ChangeWaiting):
            self.on_event(Waiting(event.what, event.seconds_left))
