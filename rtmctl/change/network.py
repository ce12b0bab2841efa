"""The whole of a room in a few calls: plan, drift, rollback and drain over one site and its devices.

network = Network("waw1", fabric, build, connect, store, resolve=resolver(root, os.environ))
plan = await make(network, PlanOptions())
result = await carry_out(network, plan, ApplyOptions(), emit=emit, stop=stop)
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.change.apply import apply
from rtmctl.change.drains import drain_reason, drained_devices, refuse_stranding
from rtmctl.change.drift import DriftReport, compare_all
from rtmctl.change.events import Note, OnEvent, ignore
from rtmctl.change.fleet import Connect
from rtmctl.change.options import ApplyOptions
from rtmctl.change.plan import PlanOptions, Surroundings, make_plan, whoami
from rtmctl.change.plan_types import Plan
from rtmctl.change.reading import Normaliser, Reading, current_models, read_fleet
from rtmctl.change.results import ChangeResult, Outcome
from rtmctl.change.rollback import old_targets, rolled_back_targets
from rtmctl.change.run import Site, no_secrets
from rtmctl.change.secrets import Resolve, references, secret_uses
from rtmctl.change.unmanaged import foreign_objects, keep
from rtmctl.device.types import Running
from rtmctl.fabric.types import Fabric
from rtmctl.intent.schema.management import Freeze
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.store import DrainRow, Store

Build: TypeAlias = Callable[[frozenset[str]], tuple[Mapping[str, DeviceModel], Mapping[str, DeviceConfig]]]
"""(drained devices) to the models and the texts of all devices, secrets as tokens, in the form that the devices take"""


_PLAN_DEFAULTS = PlanOptions()
_APPLY_DEFAULTS = ApplyOptions()


@dataclass(frozen=True, slots=True)
class Network:
    """A site, a way to its devices, and the store."""

    name: str
    fabric: Fabric
    build: Build
    connect: Connect
    store: Store
    resolve: Resolve = no_secrets
    plan_key: bytes = b""
    freezes: tuple[Freeze, ...] = ()
    now: Callable[[], float] = time.time
    drain_on_reset: bool = True
    """move traffic off a device before a change that resets its sessions"""

    @property
    def platforms(self) -> dict[str, str]:
        return {device.name: device.platform for device in self.fabric.devices}

    def drained(self) -> dict[str, DrainRow]:
        return drained_devices(self.store, self.name, self.now())


async def make(network: Network, options: PlanOptions = _PLAN_DEFAULTS, emit: OnEvent = ignore) -> Plan:
    """Read the devices and plan the way to what the site says, drained devices staying drained.

    Raises:
        TemporaryError: a device that would take part does not answer; `only` leaves it out.
    """
    drained = network.drained()
    models, targets = network.build(frozenset(drained))
    return await _plan(network, models, targets, options, emit)


async def make_rollback(network: Network, change: str, emit: OnEvent = ignore) -> Plan:
    """Plan the way back to what the devices ran before a change. Raises as `old_targets` and `make`."""
    targets = old_targets(network.store, network.name, change)
    known = set(network.platforms)
    if gone := sorted(set(targets) - known):
        raise PermanentError(f"{', '.join(gone)}: no longer a device of the site", hint="put it back in the site first")
    options = PlanOptions(undoes=change)
    return await _plan(network, {}, targets, options, emit)


async def carry_out(
    network: Network,
    plan: Plan,
    options: ApplyOptions,
    *,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
) -> ChangeResult:
    """`apply` with what this network knows; raises as it does."""
    if plan.site != network.name:
        raise PermanentError(f"the plan is for site {plan.site}, this is {network.name}")
    models, _ = network.build(frozenset(network.drained()))
    site = Site(
        targets={} if plan.undoes else models,
        freezes=network.freezes,
        resolve=network.resolve,
        plan_key=network.plan_key,
    )
    return await apply(
        plan, network.connect, network.store, site=site, options=options, emit=emit, stop=stop, now=network.now
    )


async def find_drift(network: Network, only: tuple[str, ...] = (), emit: OnEvent = ignore) -> DriftReport:
    """Compare what runs with the site; drained devices with their drained targets."""
    drained = network.drained()
    _, targets = network.build(frozenset(drained))
    wanted = {name: config for name, config in targets.items() if not only or name in only}
    reading = await read_fleet(network.connect, sorted(wanted), states=False, emit=emit)
    normal = Normaliser(network.platforms, wanted, network.resolve, reading)
    running = normal.running(reading)
    foreign = {n: foreign_objects(r.config, wanted[n], reading.managed.get(n)) for n, r in running.items()}
    return compare_all(
        {name: normal(name, keep(r.config, wanted[name], foreign[name])) for name, r in running.items()},
        running,
        {name: tuple(str(one) for one in found) for name, found in foreign.items()},
        drained={name: drain_reason(row) for name, row in drained.items()},
        unread=reading.failed,
    )


async def drain(
    network: Network,
    device: str,
    *,
    reason: str,
    until: float | None = None,
    strand: bool = False,
    options: ApplyOptions = _APPLY_DEFAULTS,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
) -> ChangeResult:
    """Move all traffic off a device and keep it so: the record first, then the change that does it.

    Raises:
        Refused: it would strand hosts, or leave no partner.
        PermanentError: no such device.
    """
    _known(network, device)
    drained = network.drained()
    for text in refuse_stranding(network.fabric, device, set(drained) - {device}, strand=strand):
        emit(Note(f"stranded, as asked: {text}"))
    before = drained.get(device)
    by = options.by or whoami()
    network.store.set_drain(DrainRow(network.name, device, by, reason, network.now(), until))
    restore = (
        (lambda: network.store.set_drain(before))
        if before
        else (lambda: network.store.clear_drain(network.name, device))
    )
    options = replace(options, reason=f"drain: {reason}")
    return await _drain_change(network, device, options=options, restore=restore, emit=emit, stop=stop)


async def undrain(
    network: Network,
    device: str,
    *,
    reason: str = "",
    options: ApplyOptions = _APPLY_DEFAULTS,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
) -> ChangeResult:
    """Let traffic back. Raises PermanentError when there is no such device; undraining twice is nothing to do."""
    _known(network, device)
    before = network.drained().get(device)
    network.store.clear_drain(network.name, device)
    restore = (lambda: network.store.set_drain(before)) if before else (lambda: None)
    options = replace(options, reason=f"undrain {reason}".strip())
    return await _drain_change(network, device, options=options, restore=restore, emit=emit, stop=stop)


async def _drain_change(
    network: Network,
    device: str,
    *,
    options: ApplyOptions,
    restore: Callable[[], object],
    emit: OnEvent,
    stop: asyncio.Event | None,
) -> ChangeResult:
    try:
        plan = await make(network, PlanOptions(only=(device,)), emit)
        result = await carry_out(network, plan, options, emit=emit, stop=stop)
    except BaseException:
        restore()
        raise
    if result.outcome not in (Outcome.CONFIRMED, Outcome.UNCONFIRMED, Outcome.NOTHING, Outcome.UNKNOWN):
        restore()
    return result


async def _plan(
    network: Network,
    models: Mapping[str, DeviceModel],
    targets: Mapping[str, DeviceConfig],
    options: PlanOptions,
    emit: OnEvent,
) -> Plan:
    names = sorted(name for name in targets if not options.only or name in options.only)
    reading = await read_fleet(network.connect, names, emit=emit)
    if reading.failed:
        reasons: dict[str, list[str]] = {}
        for name, why in sorted(reading.failed.items()):
            reasons.setdefault(why, []).append(name)
        said = "; ".join(f"{', '.join(devices)}: {why}" for why, devices in reasons.items())
        raise TemporaryError(f"cannot plan without knowing what runs: {said}", hint="--only leaves devices out")
    wanted = {name: targets[name] for name in names}
    normal = Normaliser(network.platforms, wanted, network.resolve, reading)
    refs = sorted({ref for config in wanted.values() for ref in references(config)})
    running = normal.running(reading)
    return make_plan(
        network.name,
        network.fabric,
        models,
        wanted,
        running,
        drains={n: drain_reason(row) for n, row in network.drained().items()},
        surroundings=_surroundings(network, reading, running, models),
        options=replace(options, only=()),
        secrets=secret_uses(refs, network.resolve, network.plan_key),
        normalise=normal,
        now=network.now,
    )


def _surroundings(
    network: Network, reading: Reading, running: Mapping[str, Running], models: Mapping[str, DeviceModel]
) -> Surroundings:
    drain_targets: Mapping[str, DeviceConfig] = {}
    if network.drain_on_reset and models:
        _, drain_targets = network.build(frozenset(models))
    return Surroundings(
        current=current_models(network.platforms, running),
        idle=reading.idle,
        capabilities=reading.capabilities,
        managed=reading.managed,
        drain_targets=drain_targets,
        redoes=rolled_back_targets(network.store, network.name),
        unsettled=reading.unsettled,
    )


def _known(network: Network, device: str) -> None:
    if device not in network.platforms:
        raise PermanentError(f"{device}: no such device", hint=f"devices: {', '.join(sorted(network.platforms))}")
