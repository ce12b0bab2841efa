"""Making a plan: what each device runs beside what it should run, and in which order that is changed."""

import getpass
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rtmctl import __version__
from rtmctl.base import PermanentError, Refused
from rtmctl.change.conflicts import conflicts, instance_conflicts
from rtmctl.change.diffs import config_diffs
from rtmctl.change.drains import stranded
from rtmctl.change.impact import Effect, device_effect
from rtmctl.change.outages import Order, Step, order_of
from rtmctl.change.plan_file import seal
from rtmctl.change.plan_types import PLAN_VERSION, DevicePlan, Plan, SecretUse, Stage
from rtmctl.change.secrets import hidden_secrets
from rtmctl.change.unmanaged import Foreign, Unmanaged, foreign_objects, keep, managed_by, managed_note
from rtmctl.change.waves import WaveOptions, ordered_waves, partners, plan_waves
from rtmctl.device.types import Capabilities, Running
from rtmctl.fabric.types import Fabric
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel

FULL_GUARD = Capabilities(revert_timer=True, granularity_s=1, extendable=True, survives_reboot=True)

Normalise: TypeAlias = Callable[[str, DeviceConfig], DeviceConfig]
"""(device, config) to the form in which that device reports what it runs: its hash and its diff are over that form"""


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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan knows of the devices beside their texts; all of it may be missing, then the plan is more careful."""

    current: Mapping[str, DeviceModel] = field(default_factory=dict)
    """what runs, as a model"""
    idle: Collection[str] = ()
    """devices that carry no session and no traffic"""
    capabilities: Mapping[str, Capabilities] = field(default_factory=dict)
    managed: Mapping[str, str | None] = field(default_factory=dict)
    """the note `managed` of each device: which objects are rtmctl's"""
    drain_targets: Mapping[str, DeviceConfig] = field(default_factory=dict)
    """each target as it is while traffic is moved away"""
    redoes: Collection[str] = ()
    """target hashes that were rolled back before"""
    drain_notes: Mapping[str, str | None] = field(default_factory=dict)
    """for each device the note `drain` that goes with its target"""
    drains_before: Mapping[str, str | None] = field(default_factory=dict)
    """that note as it stands"""
    unsettled: Mapping[str, str] = field(default_factory=dict)
    """devices that run a change which is neither confirmed nor reverted, each with its id"""


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
    """Compare targets with what runs, and order the differences into waves. Pure but for `now` and the user's name.

    Args:
        targets: the texts to be run, secrets as tokens; devices without one are left alone.
        running: what runs on each device of `targets`, secrets as tokens.
        drains: drained devices and why; they stay drained (their targets say so) and the plan names them.

    Raises:
        Refused: what is not rtmctl's cannot be kept beside the target: it conflicts, or holds a secret nobody knows.
        PermanentError: `only` or a canary names a device that there is not, or a target's state was not read.
    """
    known = {device.name for device in fabric.devices}
    if unknown := sorted(set(options.only) - known):
        raise PermanentError(f"{', '.join(unknown)}: no such device", hint=f"devices: {', '.join(sorted(known))}")
    if unread := sorted(set(targets) - set(running)):
        raise PermanentError(f"{', '.join(unread)}: what it runs was not read", hint="`--only` leaves devices out")
    wanted = {name for name in targets if not options.only or name in options.only}
    parts: list[DevicePlan] = []
    unchanged: list[str] = []
    against: list[str] = []
    for name in sorted(wanted):
        part = _device_plan(
            name,
            fabric=fabric,
            model=models.get(name),
            target=targets[name],
            running=running[name],
            around=surroundings,
            options=options,
            normalise=normalise,
        )
        if part is None:
            unchanged.append(name)
            continue
        parts.append(part)
        if options.unmanaged is Unmanaged.KEEP:
            note = surroundings.managed.get(name)
            against += [f"{name}: {text}" for text in _cannot_keep(running[name].config, targets[name], note)]
    if against:
        raise Refused(
            "; ".join(against),
            hint="take them away by hand or into the site's files; --remove-unmanaged removes all that is not rtmctl's",
        )
    stages: tuple[Stage, ...] = ()
    order = Order()
    if parts:
        idle = {part.device for part in parts if part.idle}
        order = order_of(fabric, _steps(parts, models, surroundings, normalise))
        parts = [
            replace(
                part,
                waits=order.waits.get(part.device, ()),
                # what changes together has nowhere to move traffic to
                drain=None if part.device in order.together else part.drain,
            )
            for part in parts
        ]
        waves = plan_waves(fabric, {part.device for part in parts}, idle, options.waves)
        waves = ordered_waves(waves, together=order.together, first=order.first)
        stages = (Stage("all", tuple(parts), waves),)
    return seal(
        Plan(
            version=PLAN_VERSION,
            site=site,
            made_at=now(),
            made_by=options.made_by or whoami(),
            tool=__version__,
            stages=stages,
            unchanged=tuple(unchanged),
            left_out=tuple(sorted(set(targets) - wanted)),
            secrets=secrets,
            warnings=_warnings(parts, drains or {}, surroundings, options),
            outages=order.outages,
            undoes=options.undoes,
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


def whoami() -> str:
    """user@host, as the lease and the history name an operator."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def weaker_guards(capabilities: Capabilities) -> tuple[str, ...]:
    """What a platform cannot promise, in the words of the plan."""
    texts = (
        (not capabilities.revert_timer, "no revert timer on the device: a cut connection leaves the change in place"),
        (capabilities.granularity_s > 1, f"revert timer counts in steps of {capabilities.granularity_s} s"),
        (not capabilities.extendable, "revert timer cannot be extended: the whole budget is set at the start"),
        (not capabilities.survives_reboot, "a reboot does not revert"),
    )
    return tuple(text for holds, text in texts if holds)


def _device_plan(
    name: str,
    *,
    fabric: Fabric,
    model: DeviceModel | None,
    target: DeviceConfig,
    running: Running,
    around: Surroundings,
    options: PlanOptions,
    normalise: Normalise,
) -> DevicePlan | None:
    before = running.config
    note = around.managed.get(name)
    foreign = foreign_objects(before, target, note)
    # what a change is rolled back to names foreign objects too, for they stood there
    managed = managed_note(target, _all_foreign(before, note) if options.undoes else ())
    if options.unmanaged is Unmanaged.KEEP:
        target = keep(before, target, foreign)
    normal = normalise(name, target)
    shown = DeviceConfig(tuple((section, normal.get(section)) for section in normal.names))
    kept = DeviceConfig(tuple((n, shown.get(n) if n in shown.names else t) for n, t in before.sections))
    extra = tuple((n, t) for n, t in shown.sections if n not in before.names)
    diffs = config_diffs(before, DeviceConfig(kept.sections + extra))
    if not diffs:
        return None
    idle = name in around.idle
    effect = Effect() if idle else device_effect(around.current.get(name), model, diffs, (before, normal))
    # a host that hangs on this device alone stays whatever is announced: then nothing is moved by draining it
    movable = partners(fabric, name) and not stranded(fabric, name, ())
    drain = around.drain_targets.get(name) if effect.resets and movable else None
    if drain is not None and options.unmanaged is Unmanaged.KEEP:
        drain = keep(before, drain, foreign)
    return DevicePlan(
        device=name,
        platform=fabric.device(name).platform,
        pre_hash=running.hash,
        before=before,
        target=target,
        target_hash=target.hash(),
        diffs=diffs,
        version=running.version,
        idle=idle,
        resets=effect.resets,
        impact=effect.impact,
        unmanaged=tuple(str(one) for one in foreign),
        weaker=weaker_guards(around.capabilities.get(name, FULL_GUARD)),
        partners=() if idle else partners(fabric, name),
        managed=managed,
        drain=drain,
        drain_note=around.drain_notes.get(name),
        drain_before=around.drains_before.get(name),
    )


def _all_foreign(running: DeviceConfig, note: str | None) -> tuple[Foreign, ...]:
    return foreign_objects(running, DeviceConfig(tuple((name, "") for name in running.names)), note)


def _cannot_keep(running: DeviceConfig, target: DeviceConfig, note: str | None) -> tuple[str, ...]:
    foreign = foreign_objects(running, target, note)
    secret = tuple(
        f"{one} holds a secret that only the device knows: keeping it would write its hash in the secret's place"
        for one in foreign
        if hidden_secrets(one.text)
    )
    ours = managed_by(note).get("frr", frozenset())
    return (*conflicts(target, foreign), *instance_conflicts(running, target, ours), *secret)


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
