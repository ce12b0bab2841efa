"""From devices to a plan: read what runs, and plan the way to what the site says, or to what ran once."""

from collections.abc import Collection, Mapping

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.change.draft import Surroundings
from rtmctl.change.drains import drain_from_text, drain_reason, drain_to_text
from rtmctl.change.events import OnEvent, ignore
from rtmctl.change.mixed import with_mixed_states
from rtmctl.change.network import Network
from rtmctl.change.plan import PlanOptions, make_plan
from rtmctl.change.plan_types import Plan
from rtmctl.change.reading import Normaliser, Reading, current_models, read_fleet, read_model
from rtmctl.change.rollback import old_targets, rolled_back_targets
from rtmctl.change.secrets import references, secret_uses
from rtmctl.change.settling import settle
from rtmctl.device.types import Running
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.store import DrainRow

_DEFAULTS = PlanOptions()


async def make(network: Network, options: PlanOptions = _DEFAULTS, emit: OnEvent = ignore) -> Plan:
    """Read the devices and plan the way to what the site says, drained devices staying drained.

    Raises:
        TemporaryError: a device that would take part does not answer; `only` leaves it out.
    """
    reading = await read_to_plan(network, options.only, emit, others=True)
    return plan_from(network, reading, options, network.drained(reading.drains))


async def make_rollback(network: Network, change: str, emit: OnEvent = ignore) -> Plan:
    """Plan the way back to what the devices ran before a change. Raises as `old_targets` and `make`."""
    targets, drains = old_targets(network.store, network.name, change)
    known = set(network.platforms)
    if gone := sorted(set(targets) - known):
        raise PermanentError(f"{', '.join(gone)}: no longer a device of the site", hint="put it back in the site first")
    reading = await read_to_plan(network, tuple(targets), emit, others=True)
    network.drained(reading.drains)
    rows = {n: drain_from_text(text, network.name, n) for n, text in drains.items()}
    then = {n: row for n, row in rows.items() if row is not None}
    return plan_from(network, reading, PlanOptions(undoes=change), then, targets=targets)


async def read_to_plan(network: Network, only: Collection[str], emit: OnEvent, *, others: bool = False) -> Reading:
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
        remedies = dict.fromkeys(reading.remedies.get(name, "bring back what is down") for name in sorted(failed))
        hint = "; ".join((*remedies, "--only leaves devices out"))
        raise TemporaryError(f"cannot plan without knowing what runs: {said}", hint=hint)
    return reading


def plan_from(
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
