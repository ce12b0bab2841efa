"""One device's part of a stage: from what it runs then to what it is to run, with all that `apply` needs to know."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rtmctl.change.conflicts import conflicts, instance_conflicts
from rtmctl.change.diffs import config_diffs
from rtmctl.change.drains import stranded
from rtmctl.change.impact import Effect, device_effect
from rtmctl.change.phases import Phase
from rtmctl.change.plan_types import DevicePlan
from rtmctl.change.secrets import hidden_secrets
from rtmctl.change.unmanaged import Foreign, Unmanaged, foreign_objects, joined_note, keep, managed_by, managed_note
from rtmctl.change.waves import partners
from rtmctl.device.types import Capabilities, Running
from rtmctl.fabric.types import Fabric
from rtmctl.model.blend import default_instance
from rtmctl.model.config import DeviceConfig
from rtmctl.model.drain import drained
from rtmctl.model.types import DEFAULT_VRF, DeviceModel

FULL_GUARD = Capabilities(revert_timer=True, granularity_s=1, extendable=True, survives_reboot=True)

Normalise: TypeAlias = Callable[[str, DeviceConfig], DeviceConfig]
"""(device, config) to the form in which that device reports what it runs: its hash and its diff are over that form"""


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
    write: Callable[[DeviceModel], DeviceConfig] | None = None
    """a model as the text that its device takes; None: what stands between old and new cannot be written"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What an earlier stage has made a device run; nothing: no stage has."""

    normal: DeviceConfig | None = None
    written: DeviceConfig | None = None
    """as it was rendered: nothing of it is foreign"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What all parts of a plan have in common."""

    fabric: Fabric
    models: Mapping[str, DeviceModel]
    targets: Mapping[str, DeviceConfig]
    running: Mapping[str, Running]
    around: Surroundings
    normalise: Normalise
    unmanaged: Unmanaged
    undoes: bool

    def part(
        self,
        name: str,
        target: DeviceConfig,
        models: tuple[DeviceModel | None, DeviceModel | None],
        *,
        before: DeviceConfig | None = None,
        written: DeviceConfig | None = None,
    ) -> DevicePlan | None:
        """None when there is nothing to do.

        Args:
            models: what it runs before and after, where that is known.
            before: what it runs then, in normal form; None: what it runs now.
            written: what an earlier stage has made it run, all of it rtmctl's.
        """
        running, around = self.running[name], self.around
        before = running.config if before is None else before
        note = around.managed.get(name)
        if written is not None:
            note = joined_note(note, managed_note(written))
        foreign = foreign_objects(before, target, note)
        # what a change is rolled back to names foreign objects too, for they stood there
        managed = managed_note(target, _all_foreign(before, note) if self.undoes else ())
        target = self._kept(before, target, foreign)
        normal = self.normalise(name, target)
        shown = DeviceConfig(tuple((section, normal.get(section)) for section in normal.names))
        kept = DeviceConfig(tuple((n, shown.get(n) if n in shown.names else t) for n, t in before.sections))
        extra = tuple((n, t) for n, t in shown.sections if n not in before.names)
        diffs = config_diffs(before, DeviceConfig(kept.sections + extra))
        if not diffs:
            return None
        idle = name in around.idle
        old, new = models
        effect = Effect() if idle else device_effect(old, new, diffs, (before, normal))
        comes, ends = _sessions(old, new)
        return DevicePlan(
            device=name,
            platform=self.fabric.device(name).platform,
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
            partners=() if idle else partners(self.fabric, name),
            managed=managed,
            drain=self._drain(name, old, before) if effect.resets else None,
            drain_note=around.drain_notes.get(name),
            drain_before=around.drains_before.get(name),
            comes=() if idle else comes,
            ends=() if idle else ends,
            files=running.raw if written is None else None,
            leaves=bool(around.drain_notes.get(name)) and not around.drains_before.get(name),
        )

    def phase_parts(self, phase: Phase, runs: Mapping[str, Ran]) -> dict[str, tuple[DevicePlan, Ran]]:
        """The parts of one phase, each with what its device runs then.

        Args:
            runs: what earlier phases have made devices run.
        """
        assert self.around.write is not None  # phases are made only where their models can be written
        found = {}
        for name, model in sorted(phase.new.items()):
            target = self.targets[name] if model == self.models.get(name) else self.around.write(model)
            ran = runs.get(name, Ran())
            part = self.part(name, target, (phase.old[name], model), before=ran.normal, written=ran.written)
            if part is not None:
                settled = phase.empty or phase.leaving or phase.undrained
                part = replace(
                    part,
                    drain=None if settled else part.drain,
                    leaves=name in phase.leaving if settled else part.leaves,
                )
                found[name] = part, Ran(self.normalise(name, part.target), target)
        return found

    def cannot_keep(self, name: str, target: DeviceConfig) -> tuple[str, ...]:
        """Why what is not rtmctl's cannot stand beside the target; nothing where it is to go."""
        if self.unmanaged is not Unmanaged.KEEP:
            return ()
        running, note = self.running[name].config, self.around.managed.get(name)
        foreign = foreign_objects(running, target, note)
        secret = tuple(
            f"{one} holds a secret that only the device knows: keeping it would write its hash in the secret's place"
            for one in foreign
            if hidden_secrets(one.text)
        )
        ours = managed_by(note).get("frr", frozenset())
        found = (*conflicts(target, foreign), *instance_conflicts(running, target, ours), *secret)
        return tuple(f"{name}: {text}" for text in found)

    def _drain(self, name: str, old: DeviceModel | None, before: DeviceConfig) -> DeviceConfig | None:
        """What it runs while traffic is moved away, where there is traffic that can go elsewhere.

        A host that hangs on this device alone stays whatever is announced: then draining moves nothing.
        """
        if name not in self.around.drain_targets or not partners(self.fabric, name) or stranded(self.fabric, name, ()):
            return None
        if old is not None and self.around.write is not None:
            target = self.around.write(drained(old))
        else:  # sessions go down with it, for what they run on now cannot be written
            target = self.around.drain_targets[name]
        return self._kept(before, target, foreign_objects(before, target, self.around.managed.get(name)))

    def _kept(self, before: DeviceConfig, target: DeviceConfig, foreign: tuple[Foreign, ...]) -> DeviceConfig:
        return keep(before, target, foreign) if self.unmanaged is Unmanaged.KEEP else target


def weaker_guards(capabilities: Capabilities) -> tuple[str, ...]:
    """What a platform cannot promise, in the words of the plan."""
    texts = (
        (not capabilities.revert_timer, "no revert timer on the device: a cut connection leaves the change in place"),
        (capabilities.granularity_s > 1, f"revert timer counts in steps of {capabilities.granularity_s} s"),
        (not capabilities.extendable, "revert timer cannot be extended: the whole budget is set at the start"),
        (not capabilities.survives_reboot, "a reboot does not revert"),
    )
    return tuple(text for holds, text in texts if holds)


def _sessions(old: DeviceModel | None, new: DeviceModel | None) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """New sessions of the default VRF, each with an old one to the same device; and those that end."""
    if old is None or new is None:
        return (), ()
    was, now = (
        {n.name: n.remote_device for n in i.neighbors} if (i := default_instance(m)) else {} for m in (old, new)
    )
    beside: dict[str | None, str] = {}
    for name in sorted(was):
        beside.setdefault(was[name], name)
    comes = [(name, beside[far]) for name, far in now.items() if name not in was and far is not None and far in beside]
    named = tuple((f"{DEFAULT_VRF} {name}", f"{DEFAULT_VRF} {other}") for name, other in sorted(comes))
    return named, tuple(f"{DEFAULT_VRF} {name}" for name in sorted(was) if name not in now)


def _all_foreign(running: DeviceConfig, note: str | None) -> tuple[Foreign, ...]:
    return foreign_objects(running, DeviceConfig(tuple((name, "") for name in running.names)), note)
