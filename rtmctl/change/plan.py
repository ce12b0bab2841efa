"""Making a plan: what each device runs beside what it should run, and in which order that is changed."""

import getpass
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from rtmctl import __version__
from rtmctl.base import PermanentError
from rtmctl.change.diffs import config_diffs
from rtmctl.change.impact import Effect, device_effect
from rtmctl.change.plan_file import seal
from rtmctl.change.plan_types import PLAN_VERSION, DevicePlan, Plan, SecretUse, Stage
from rtmctl.change.unmanaged import Unmanaged, keep_unmanaged, managed_note, unmanaged_lines
from rtmctl.change.waves import WaveOptions, partners, plan_waves
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
    """the note `managed` of each device: which lines are rtmctl's"""
    drain_targets: Mapping[str, DeviceConfig] = field(default_factory=dict)
    """each target as it is while traffic is moved away"""
    redoes: Collection[str] = ()
    """target hashes that were rolled back before"""


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
        PermanentError: `only` or a canary names a device that there is not, or a target's state was not read.
    """
    known = {device.name for device in fabric.devices}
    if unknown := sorted(set(options.only) - known):
        raise PermanentError(f"{', '.join(unknown)}: no such device", hint=f"devices: {', '.join(sorted(known))}")
    if unread := sorted(set(targets) - set(running)):
        raise PermanentError(f"{', '.join(unread)}: what it runs was not read", hint="`--only` leaves devices out")
    wanted = {name for name in targets if not options.only or name in options.only}
    parts, unchanged = [], []
    for name in sorted(wanted):
        part = _device_plan(
            name,
            fabric=fabric,
            model=models.get(name),
            target=targets[name],
            running=running[name],
            around=surroundings,
            unmanaged=options.unmanaged,
            normalise=normalise,
        )
        if part is None:
            unchanged.append(name)
        else:
            parts.append(part)
    stages: tuple[Stage, ...] = ()
    if parts:
        idle = {part.device for part in parts if part.idle}
        waves = plan_waves(fabric, {part.device for part in parts}, idle, options.waves)
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
            undoes=options.undoes,
        )
    )


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
    unmanaged: Unmanaged,
    normalise: Normalise,
) -> DevicePlan | None:
    before = running.config
    normal = normalise(name, target)
    managed = managed_note(normal)
    foreign = unmanaged_lines(before, around.managed.get(name))
    if unmanaged is Unmanaged.KEEP and foreign:
        target = keep_unmanaged(before, target, around.managed.get(name))
        normal = normalise(name, target)
    shown = DeviceConfig(tuple((section, normal.get(section)) for section in normal.names))
    kept = DeviceConfig(tuple((n, shown.get(n) if n in shown.names else t) for n, t in before.sections))
    extra = tuple((n, t) for n, t in shown.sections if n not in before.names)
    diffs = config_diffs(before, DeviceConfig(kept.sections + extra))
    if not diffs:
        return None
    idle = name in around.idle
    effect = Effect() if idle else device_effect(around.current.get(name), model, diffs, (before, normal))
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
        unmanaged=foreign,
        weaker=weaker_guards(around.capabilities.get(name, FULL_GUARD)),
        partners=() if idle else partners(fabric, name),
        managed=managed,
        drain=around.drain_targets.get(name) if effect.resets else None,
    )


def _warnings(
    parts: list[DevicePlan], drains: Mapping[str, str], around: Surroundings, options: PlanOptions
) -> tuple[str, ...]:
    found = [f"{name} is drained ({why}) and stays so" for name, why in sorted(drains.items())]
    if again := sorted(part.device for part in parts if part.target_hash in around.redoes):
        found.append(f"{', '.join(again)}: this target was applied and rolled back before")
    if options.unmanaged is Unmanaged.REMOVE and any(part.unmanaged for part in parts):
        found.append("unmanaged configuration is removed, as asked")
    return tuple(found)
