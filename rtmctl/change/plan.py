"""Making a plan: what each device runs beside what it should run, and in which order that is changed."""

import getpass
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rtmctl import __version__
from rtmctl.base import PermanentError, Refused
from rtmctl.change.draft import Draft, Normalise, Ran, Surroundings
from rtmctl.change.ends import Step
from rtmctl.change.mixed import stage_outages
from rtmctl.change.outages import Order, order_of
from rtmctl.change.phases import Phase, phases
from rtmctl.change.plan_file import seal
from rtmctl.change.plan_types import PLAN_VERSION, DevicePlan, Plan, SecretUse, Stage, Wave
from rtmctl.change.quirks import best_path_outages, forgets_router_macs, kept_instances
from rtmctl.change.unmanaged import Unmanaged
from rtmctl.change.waves import WaveOptions, check_waves, ordered_waves, plan_waves
from rtmctl.device.types import Running
from rtmctl.fabric.types import Fabric
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel


def as_is(_device: str, config: DeviceConfig) -> DeviceConfig:
    """For devices that report exactly the text they were given."""
    return config


@dataclass(frozen=True, slots=True)
class PlanOptions:
    only: tuple[str, ...] = ()
    """change these devices and no others"""
    waves: WaveOptions = field(default_factory=WaveOptions)
    unmanaged: Unmanaged = Unmanaged.KEEP
    made_by: str = ""
    undoes: str | None = None


_NOTHING_KNOWN = Surroundings()
_DEFAULTS = PlanOptions()


def make_plan(
    site: str,
    fabric: Fabric,
    models: Mapping[str, DeviceModel],
    targets: Mapping[str, DeviceConfig],
    running: Mapping[str, Running],
    *,
    drains: Mapping[str, str] | None = None,
    surroundings: Surroundings = _NOTHING_KNOWN,
    options: PlanOptions = _DEFAULTS,
    secrets: tuple[SecretUse, ...] = (),
    normalise: Normalise = as_is,
    now: Callable[[], float] = time.time,
) -> Plan:
    """Compare targets with what runs, and order the differences into stages and waves. Pure but for `now` and the
    user's name.

    Args:
        targets: the texts to be run, secrets as tokens; devices without one are left alone.
        running: what runs on each device of `targets`, secrets as tokens.
        drains: drained devices and why; they stay drained (their targets say so) and the plan names them.

    Raises:
        Refused: what is not rtmctl's cannot be kept beside the target: it conflicts, or holds a secret nobody knows;
            or the device's system cannot go from the one to the other (`change.quirks`).
        PermanentError: `only` or a canary names a device that there is not, or a target's state was not read.
    """
    known = {device.name for device in fabric.devices}
    if unknown := sorted(set(options.only) - known):
        raise PermanentError(f"{', '.join(unknown)}: no such device", hint=f"devices: {', '.join(sorted(known))}")
    if unread := sorted(set(targets) - set(running)):
        raise PermanentError(f"{', '.join(unread)}: what it runs was not read", hint="`--only` leaves devices out")
    wanted = sorted(name for name in targets if not options.only or name in options.only)
    draft = Draft(
        fabric, models, targets, running, surroundings, normalise, options.unmanaged, undoes=bool(options.undoes)
    )
    current = surroundings.current
    drafted = {name: draft.part(name, targets[name], (current.get(name), models.get(name))) for name in wanted}
    parts = [part for part in drafted.values() if part is not None]
    if against := [text for part in parts for text in draft.cannot_keep(part.device, targets[part.device])]:
        raise Refused(
            "; ".join(against),
            hint="take them away by hand or into the site's files; --remove-unmanaged removes all that is not rtmctl's",
        )
    if kept := [text for part in parts if (text := kept_instances(part.device, part.before, part.target))]:
        raise Refused(
            "; ".join(kept), hint="take the tenants off in a change of its own, before this one; then put them back"
        )
    if parts:
        check_waves({part.device for part in parts}, options.waves)
    steps = _steps(parts, models, surroundings, normalise)
    way: tuple[Phase, ...] = ()
    if surroundings.write is not None and not any(forgets_router_macs(running[n], models.get(n)) for n in steps):
        way = phases(fabric, steps)
    stages, outages = _in_stages(draft, parts, way, options.waves) if way else _at_once(draft, parts, steps, options)
    return seal(
        Plan(
            version=PLAN_VERSION,
            site=site,
            made_at=now(),
            made_by=options.made_by or whoami(),
            tool=__version__,
            stages=stages,
            unchanged=tuple(name for name in wanted if drafted[name] is None),
            left_out=tuple(sorted(set(targets) - set(wanted))),
            secrets=secrets,
            warnings=_warnings(parts, drains or {}, surroundings, options),
            outages=outages,
            undoes=options.undoes,
            unsettled=tuple(sorted(surroundings.unsettled)),
        )
    )


def _steps(
    parts: list[DevicePlan], models: Mapping[str, DeviceModel], around: Surroundings, normalise: Normalise
) -> dict[str, Step]:
    return {
        part.device: Step(
            part.before, normalise(part.device, part.target), around.current.get(part.device), models[part.device]
        )
        for part in parts
        if not part.idle and part.device in models
    }


def _at_once(
    draft: Draft, parts: list[DevicePlan], steps: Mapping[str, Step], options: PlanOptions
) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """One stage with every device's target, and the outages that it has."""
    if not parts:
        return (), ()
    order = order_of(draft.fabric, steps)
    # what changes together has nowhere to move traffic to
    parts = [replace(part, drain=None) if part.device in order.together else part for part in parts]
    alone = [part for part in parts if part.device not in order.together]
    lost = best_path_outages(draft.fabric, alone, draft.running, draft.models)
    return (_stage("all", draft.fabric, parts, order, options.waves, order.first),), (*order.outages, *lost)


def _in_stages(
    draft: Draft, parts: list[DevicePlan], way: tuple[Phase, ...], options: WaveOptions
) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """A stage for each phase; what carries nothing yet goes first."""
    stages = []
    begun = {name for phase in way for name in phase.new}
    if others := [part for part in parts if part.device not in begun]:
        stages.append(_stage("bootstrap", draft.fabric, others, Order(), options))
    runs: dict[str, Ran] = {}
    for phase in way:
        drafted = draft.phase_parts(phase, runs)
        if not drafted:
            continue
        runs |= {name: ran for name, (_, ran) in drafted.items()}
        found = [part for part, _ in drafted.values()]
        stage = _stage(phase.name, draft.fabric, found, phase.order, options, phase.first | phase.order.first)
        if phase.leaving or phase.undrained:
            waves = ((verb, names) for verb, names in (("undrain", phase.undrained), ("drain", phase.leaving)) if names)
            stage = replace(stage, waves=tuple(Wave(verb, tuple(sorted(names))) for verb, names in waves))
        stages.append(stage)
    around, models = draft.around, draft.models
    now = {name: models[name] if name in around.idle else around.current.get(name) for name in models}
    known = {name: model for name, model in now.items() if model is not None}
    unsound = stage_outages(draft.fabric, known, [(phase.name, phase.new) for phase in way])
    return tuple(stages), (*dict.fromkeys(outage for phase in way for outage in phase.order.outages), *unsound)


def _stage(
    name: str,
    fabric: Fabric,
    parts: list[DevicePlan],
    order: Order,
    options: WaveOptions,
    first: frozenset[str] = frozenset(),
) -> Stage:
    changing = {part.device for part in parts}
    idle = {part.device for part in parts if part.idle}
    waves = plan_waves(fabric, changing, idle, options)
    waves = ordered_waves(waves, together=order.together, first=first)
    waiting = tuple(replace(part, waits=order.waits.get(part.device, ())) for part in parts)
    return Stage(name, waiting, waves)


def whoami() -> str:
    """user@host, as the lease and the history name an operator."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _warnings(
    parts: list[DevicePlan], drains: Mapping[str, str], around: Surroundings, options: PlanOptions
) -> tuple[str, ...]:
    found = [f"{name} is drained ({why}) and stays so" for name, why in sorted(drains.items())]
    for change in sorted(set(around.unsettled.values())):
        held = ", ".join(sorted(name for name, one in around.unsettled.items() if one == change))
        found.append(
            f"change {change} is not settled on {held}: what runs there reverts by itself unless it is confirmed; "
            f"rtmctl net confirm {change}, or rtmctl net recover"
        )
    if again := sorted(part.device for part in parts if part.target_hash in around.redoes):
        found.append(f"{', '.join(again)}: this target was applied and rolled back before")
    if options.unmanaged is Unmanaged.REMOVE and any(part.unmanaged for part in parts):
        found.append("unmanaged configuration is removed, as asked")
    return tuple(found)
