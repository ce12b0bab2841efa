"""A site with a way to its devices and a store: what planning, drift and maintenance work over.

network = Network("waw1", fabric, build, connect, store, resolve=resolver(root, os.environ))
plan = await make(network, PlanOptions())
result = await carry_out(network, plan, ApplyOptions(), emit=emit, stop=stop)
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rtmctl.base import PermanentError
from rtmctl.change.apply import apply
from rtmctl.change.drains import honour
from rtmctl.change.events import OnEvent, ignore
from rtmctl.change.fleet import Connect
from rtmctl.change.options import ApplyOptions
from rtmctl.change.plan_types import Plan
from rtmctl.change.reading import Restore, as_it_runs
from rtmctl.change.results import ChangeResult
from rtmctl.change.run import Site, no_secrets
from rtmctl.change.secrets import Resolve
from rtmctl.fabric.types import Fabric
from rtmctl.intent.schema.management import Freeze
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
from rtmctl.store import DrainRow, Store

Build: TypeAlias = Callable[[frozenset[str]], tuple[Mapping[str, DeviceModel], Mapping[str, DeviceConfig]]]
"""(drained devices) to the models and the texts of all devices, secrets as tokens, in the form that the devices take"""

_DEFAULTS = ApplyOptions()


@dataclass(frozen=True, slots=True)
class Network:
    """A site, a way to its devices, and the store."""

    name: str
    fabric: Fabric
    build: Build
    connect: Connect
    store: Store
    write: Callable[[DeviceModel], DeviceConfig] = render
    """a model as the text that its device takes, secrets as tokens"""
    restore: Restore = as_it_runs
    """what a device runs back to what `build` was made from, where the devices take another form"""
    resolve: Resolve = no_secrets
    plan_key: bytes = b""
    freezes: tuple[Freeze, ...] = ()
    now: Callable[[], float] = time.time
    drain_on_reset: bool = True
    """move traffic off a device before a change that resets its sessions"""

    @property
    def platforms(self) -> dict[str, str]:
        return {device.name: device.platform for device in self.fabric.devices}

    def drained(self, said: Mapping[str, str | None]) -> dict[str, DrainRow]:
        """Drains in force; `said`: the notes of the devices that were read."""
        return honour(self.store, self.name, said, self.now())


async def carry_out(
    network: Network,
    plan: Plan,
    options: ApplyOptions,
    *,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
    kind: str = "",
) -> ChangeResult:
    """`apply` with what this network knows; raises as it does."""
    if plan.site != network.name:
        raise PermanentError(f"the plan is for site {plan.site}, this is {network.name}")
    if not plan.empty:
        _ = network.store.signer  # a change that nobody could sign for is not begun
    noted = {part.device: part.drain_note for stage in plan.stages for part in stage.devices}
    others = {name for name in network.drained({}) if name not in noted}
    models, _ = network.build(frozenset(others | {name for name, note in noted.items() if note}))
    site = Site(
        targets={} if plan.undoes else models,
        freezes=network.freezes,
        resolve=network.resolve,
        plan_key=network.plan_key,
    )
    return await apply(
        plan,
        network.connect,
        network.store,
        site=site,
        options=options,
        emit=emit,
        stop=stop,
        now=network.now,
        kind=kind,
    )
