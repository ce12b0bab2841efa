"""The whole of a room in a few calls: plan, drift, rollback and drain over one site and its devices.

network = Network("waw1", fabric, build, connect, store, resolve=resolver(root, os.environ))
plan = await make(network, PlanOptions())
result = await carry_out(network, plan, ApplyOptions(), emit=emit, stop=stop)
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.change.apply import apply
from rtmctl.change.auditing import Account
from rtmctl.change.drains import (
    drain_from_text,
    drain_reason,
    drain_to_text,
    honour,
    refuse_stranding,
)
from rtmctl.change.drift import DriftReport, compare_all
from rtmctl.change.events import Note, OnEvent, ignore
from rtmctl.change.fleet import Connect, Device, Fleet
from rtmctl.change.mixed import with_mixed_states
from rtmctl.change.notes import DRAIN
from rtmctl.change.options import ApplyOptions
from rtmctl.change.plan import PlanOptions, Surroundings, make_plan, whoami
from rtmctl.change.plan_types import Plan
from rtmctl.change.reading import Normaliser, Reading, Restore, as_it_runs, current_models, read_fleet, read_model
from rtmctl.change.results import ChangeResult, Outcome
from rtmctl.change.rollback import old_targets, rolled_back_targets
from rtmctl.change.run import Site, no_secrets
from rtmctl.change.secrets import Resolve, references, secret_uses
from rtmctl.change.settling import settle
from rtmctl.change.unmanaged import foreign_objects, keep
from rtmctl.device.types import Running
from rtmctl.fabric.types import Fabric
from rtmctl.intent.schema.management import Freeze
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
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


async def make(network: Network, options: PlanOptions = _PLAN_DEFAULTS, emit: OnEvent = ignore) -> Plan:
    """Read the devices and plan the way to what the site says, drained devices staying drained.

    Raises:
        TemporaryError: a device that would take part does not answer; `only` leaves it out.
    """
    reading = await _read(network, options.only, emit, others=True)
    return _plan(network, reading, options, network.drained(reading.drains))


async def make_rollback(network: Network, change: str, emit: OnEvent = ignore) -> Plan:
    """Plan the way back to what the devices ran before a change. Raises as `old_targets` and `make`."""
    targets, drains = old_targets(network.store, network.name, change)
    known = set(network.platforms)
    if gone := sorted(set(targets) - known):
        raise PermanentError(f"{', '.join(gone)}: no longer a device of the site", hint="put it back in the site first")
    reading = await _read(network, tuple(targets), emit, others=True)
    network.drained(reading.drains)
    rows = {n: drain_from_text(text, network.name, n) for n, text in drains.items()}
    then = {n: row for n, row in rows.items() if row is not None}
    return _plan(network, reading, PlanOptions(undoes=change), then, targets=targets)


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


async def find_drift(network: Network, only: tuple[str, ...] = (), emit: OnEvent = ignore) -> DriftReport:
    """Compare what runs with the site; drained devices with their drained targets."""
    names = sorted(name for name in network.platforms if not only or name in only)
    reading = await read_fleet(network.connect, names, emit=emit)
    settle(network.store, network.name, reading.seen, network.now())
    drained = network.drained(reading.drains)
    _, targets = network.build(frozenset(drained))
    wanted = {name: targets[name] for name in names}
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
        Refused: it would strand hosts, or leave no partner; or leafs would forget router MACs (`change.quirks`).
        PermanentError: no such device.
    """
    row = DrainRow(network.name, device, options.by or whoami(), reason, network.now(), until)
    plan = await make_drain(network, row, strand=strand, emit=emit)
    # what is stranded keeps sending: its traffic has nowhere to go, and that was asked for
    options = replace(options, reason=f"drain: {reason}", accept_outage=options.accept_outage or strand)
    return await _drain_change(network, device, row, plan, options=options, emit=emit, stop=stop)


async def make_drain(network: Network, row: DrainRow, *, strand: bool = False, emit: OnEvent = ignore) -> Plan:
    """Read the devices and plan a drain; raises as `drain`."""
    _known(network, row.device)
    reading = await _read(network, (row.device,), emit, others=True)
    drained = network.drained(reading.drains)
    for text in refuse_stranding(network.fabric, row.device, set(drained) - {row.device}, strand=strand):
        emit(Note(f"stranded, as asked: {text}"))
    return _plan(network, reading, PlanOptions(only=(row.device,)), {**drained, row.device: row})


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
    reading = await _read(network, (device,), emit)
    others = {name: row for name, row in network.drained(reading.drains).items() if name != device}
    plan = _plan(network, reading, PlanOptions(only=(device,)), others)
    options = replace(options, reason=f"undrain {reason}".strip())
    return await _drain_change(network, device, None, plan, options=options, emit=emit, stop=stop)


async def _drain_change(
    network: Network,
    device: str,
    row: DrainRow | None,
    plan: Plan,
    *,
    options: ApplyOptions,
    emit: OnEvent,
    stop: asyncio.Event | None,
) -> ChangeResult:
    """Bring one device to its drained target or back; the note comes with it, and the store's copy after it."""
    kind = "drain" if row else "undrain"
    if plan.empty:
        await _write_note(network, device, drain_to_text(row) if row else None, kind, options, emit)
    result = await carry_out(network, plan, options, emit=emit, stop=stop, kind=kind)
    if result.outcome in (Outcome.CONFIRMED, Outcome.NOTHING):
        network.drained({device: drain_to_text(row) if row else None})
    return result


async def _write_note(
    network: Network, device: str, text: str | None, kind: str, options: ApplyOptions, emit: OnEvent
) -> None:
    """The drain's note alone, for a device that runs its target already. Raises StepFailed, Locked."""

    async def write(session: Device) -> None:
        lease = await session.lease(options.by or whoami(), options.timing.lease_ttl_s, "drain")
        try:
            await session.set_note(DRAIN, text, lease.fence)
        finally:
            await session.release(lease.fence)

    fleet = Fleet(network.connect)
    try:
        await fleet.call(device, "drain", write, options.timing.step_timeout_s)
        account = Account(kind, options.by or whoami(), "", network.name, (device,), options.reason)
        await account.close(network.store, "noted", network.now(), fleet, emit)
    finally:
        await fleet.close()


async def _read(network: Network, only: Collection[str], emit: OnEvent, *, others: bool = False) -> Reading:
    """Raises TemporaryError for devices that do not answer.

    Args:
        only: those that must answer; none: all.
        others: read the rest too, as far as it answers.
    """
    names = sorted(name for name in network.platforms if others or not only or name in only)
    reading = await read_fleet(network.connect, names, emit=emit)
    settle(network.store, network.name, reading.seen, network.now())
    failed = {name: why for name, why in reading.failed.items() if not only or name in only}
    if failed:
        reasons: dict[str, list[str]] = {}
        for name, why in sorted(failed.items()):
            reasons.setdefault(why, []).append(name)
        said = "; ".join(f"{', '.join(devices)}: {why}" for why, devices in reasons.items())
        hint = "bring back what is down; --only leaves devices out"
        raise TemporaryError(f"cannot plan without knowing what runs: {said}", hint=hint)
    return reading


def _plan(
    network: Network,
    reading: Reading,
    options: PlanOptions,
    drained: Mapping[str, DrainRow],
    *,
    targets: Mapping[str, DeviceConfig] | None = None,
) -> Plan:
    """From what was read to what the site says with those devices drained, or to the targets given."""
    texts, models = targets, dict[str, DeviceModel]()
    if texts is None:
        built, texts = network.build(frozenset(drained))
        models = dict(built)
    wanted = {name: texts[name] for name in reading.running if name in texts}
    normal = Normaliser(network.platforms, wanted, network.resolve, reading)
    refs = sorted({ref for config in wanted.values() for ref in references(config)})
    running = normal.running(reading)
    around = _surroundings(network, reading, running, drained, by_site=targets is None)
    if targets is not None:  # what ran once is a model as what runs is
        models = {**around.current, **_as_models(network, wanted)}
    made = make_plan(
        network.name,
        network.fabric,
        models,
        wanted,
        running,
        drains={n: drain_reason(row) for n, row in drained.items()},
        surroundings=around,
        options=options,
        secrets=secret_uses(refs, network.resolve, network.plan_key),
        normalise=normal,
        now=network.now,
    )
    carrying = set(network.platforms) - set(reading.idle)
    return with_mixed_states(made, network.fabric, around.current, models, carrying=carrying, unread=reading.failed)


def _as_models(network: Network, texts: Mapping[str, DeviceConfig]) -> dict[str, DeviceModel]:
    found = {n: read_model(network.platforms[n], n, text, network.restore) for n, text in texts.items()}
    return {name: model for name, model in found.items() if model is not None}


def _surroundings(
    network: Network,
    reading: Reading,
    running: Mapping[str, Running],
    drained: Mapping[str, DrainRow],
    *,
    by_site: bool,
) -> Surroundings:
    current = current_models(network.platforms, running, network.restore)
    drain_targets: Mapping[str, DeviceConfig] = {}
    if network.drain_on_reset:
        _, drain_targets = network.build(frozenset(network.platforms))
        if not by_site:  # the drained form of what the site says now is none of what ran once
            drain_targets = {name: text for name, text in drain_targets.items() if name in current}
    return Surroundings(
        current=current,
        idle=reading.idle,
        capabilities=reading.capabilities,
        managed=reading.managed,
        drain_targets=drain_targets,
        redoes=rolled_back_targets(network.store, network.name),
        drain_notes={name: drain_to_text(row) for name, row in drained.items()},
        drains_before=reading.drains,
        unsettled=reading.unsettled,
        write=network.write,
    )


def _known(network: Network, device: str) -> None:
    if device not in network.platforms:
        raise PermanentError(f"{device}: no such device", hint=f"devices: {', '.join(sorted(network.platforms))}")
