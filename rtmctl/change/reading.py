"""Reading what devices run, in the form in which plans and drift compare it: secrets as tokens, noise removed."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rtmctl.base import RtmctlError, TemporaryError
from rtmctl.change.events import DeviceStep, OnEvent, PhaseBegun, Waiting, ignore
from rtmctl.change.fleet import Connect, Device, Fleet, failures, successes
from rtmctl.change.notes import DRAIN, MANAGED, MANAGED_NEXT
from rtmctl.change.secrets import HIDDEN, Resolve, fill, references
from rtmctl.change.settling import Seen
from rtmctl.change.standing import UNSETTLED
from rtmctl.change.unmanaged import joined_note
from rtmctl.device.frr import agent as frr_agent
from rtmctl.device.frr.normal import normal_form as frr_normal_form
from rtmctl.device.state import DeviceState
from rtmctl.device.types import Capabilities, DeviceStatus, Running
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render.frr import parse as frr_parse

READ_TIMEOUT_S = 60.0
_DAEMONS_S = 5.0
"""for daemons of a device that has just booted"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a platform's texts need for comparison. A platform without one reports exactly what it was given."""

    normal_form: Callable[[DeviceConfig, str | None], DeviceConfig]
    hide: Callable[[str, str], str]
    """(secret, mask key) to what stands for the secret in `Running.config`"""
    parse: Callable[[DeviceConfig], DeviceModel]


DIALECTS: Mapping[str, Dialect] = {
    "frr": Dialect(frr_normal_form, frr_agent.mask, frr_parse),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the devices said, each by name; a device that did not answer is in `failed` with the reason."""

    running: Mapping[str, Running]
    states: Mapping[str, DeviceState]
    managed: Mapping[str, str | None]
    capabilities: Mapping[str, Capabilities]
    failed: Mapping[str, str]
    unsettled: Mapping[str, str] = field(default_factory=dict)
    """devices that run a change which is neither confirmed nor reverted, each with its id"""
    drains: Mapping[str, str | None] = field(default_factory=dict)
    """the note `drain` of each device"""
    statuses: Mapping[str, DeviceStatus] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    """what to do about each in `failed`, where its error says it"""

    @property
    def seen(self) -> dict[str, Seen]:
        """What settles the history."""
        return {name: Seen(status, self.running[name].hash) for name, status in self.statuses.items()}

    @property
    def idle(self) -> frozenset[str]:
        """Devices with no session in what they run and no remote VTEP in their kernel: nothing depends on them yet."""
        return frozenset(
            name
            for name, state in self.states.items()
            if not state.bgp
            and not _names_a_session(self.running[name].config)
            and not any(vni.remote_vteps for vni in state.vnis)
        )


def _names_a_session(config: DeviceConfig) -> bool:
    """By FRR's text; a platform that has none tells by its state alone."""
    return any(line.split()[:1] == ["neighbor"] for line in config.get("frr").splitlines())


class Normaliser:
    """The normal form of targets, device by device, with their secrets hidden behind their tokens again."""

    def __init__(
        self, platforms: Mapping[str, str], targets: Mapping[str, DeviceConfig], resolve: Resolve, reading: Reading
    ) -> None:
        self._platforms = platforms
        self._resolve = resolve
        self._keys = {name: running.mask_key for name, running in reading.running.items()}
        refs = sorted({ref for target in targets.values() for ref in references(target)})
        self._tokens = {name: self._tokens_of(name, refs) for name in self._keys}

    def _tokens_of(self, name: str, refs: Collection[str]) -> dict[str, str]:
        dialect = DIALECTS.get(self._platforms[name])
        if dialect is None:
            return {}
        return {dialect.hide(self._resolve(ref), self._keys[name]): f"{{{{secret:{ref}}}}}" for ref in refs}

    def __call__(self, device: str, config: DeviceConfig) -> DeviceConfig:
        dialect = DIALECTS.get(self._platforms[device])
        if dialect is None:
            return config
        return self.conceal(device, dialect.normal_form(fill(config, self._resolve), self._keys.get(device)))

    def conceal(self, device: str, config: DeviceConfig) -> DeviceConfig:
        """Known secrets as tokens; one that nobody here knows stays a keyed hash."""
        tokens = self._tokens.get(device, {})
        return DeviceConfig(
            tuple(
                (name, HIDDEN.sub(lambda match: tokens.get(match[0], match[0]), text)) for name, text in config.sections
            )
        )

    def running(self, reading: Reading) -> dict[str, Running]:
        """What runs, with the secrets that the targets name as tokens."""
        return {
            name: replace(r, config=self.conceal(name, r.config), raw=r.raw and self.conceal(name, r.raw))
            for name, r in reading.running.items()
        }


_Answers: TypeAlias = tuple[Running, DeviceState | None, str | None, Capabilities, str | None, str | None, DeviceStatus]


async def read_fleet(
    connect: Connect, names: Collection[str], *, states: bool = True, emit: OnEvent = ignore
) -> Reading:
    """Ask every device what it runs; never raises for a device that does not answer.

    Args:
        states: read what the protocols do, too. A device whose daemons do not all run has then failed: nobody knows
            what a daemon that is down is configured to do.
    """
    fleet = Fleet(connect)
    emit(PhaseBegun("read", tuple(names)))

    async def one(device: Device) -> _Answers:
        state = await _complete_state(device, emit) if states else None
        running = await device.running()
        note = await device.note(MANAGED)
        drain = await device.note(DRAIN)
        status = await device.status()
        pending = status.transaction if status.state in UNSETTLED else None
        managed = joined_note(note, await device.note(MANAGED_NEXT) if pending else None)
        emit(DeviceStep(device.name, "read", True))
        drained = drain if isinstance(drain, str) else None
        return running, state, managed, device.capabilities, pending, drained, status

    try:
        results = await fleet.each(names, "read", one, READ_TIMEOUT_S)
    finally:
        await fleet.close()
    found = successes(results)
    return Reading(
        running={name: r[0] for name, r in found.items()},
        states={name: r[1] for name, r in found.items() if r[1] is not None},
        managed={name: r[2] for name, r in found.items()},
        capabilities={name: r[3] for name, r in found.items()},
        failed={failure.device: failure.reason for failure in failures(results)},
        unsettled={name: r[4] for name, r in found.items() if r[4] is not None},
        drains={name: r[5] for name, r in found.items()},
        statuses={name: r[6] for name, r in found.items()},
        remedies={failure.device: failure.hint for failure in failures(results) if failure.hint},
    )


async def _complete_state(device: Device, emit: OnEvent) -> DeviceState:
    """Raises TemporaryError when a daemon does not run."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _DAEMONS_S
    while (state := await device.state()).stopped:
        down = " and ".join(state.stopped)
        if (left := until - loop.time()) <= 0:
            raise TemporaryError(f"{down} {'does' if len(state.stopped) == 1 else 'do'} not run")
        emit(Waiting(f"{device.name}: {down} to run", left))
        await asyncio.sleep(min(1.0, left))
    return state


Restore: TypeAlias = Callable[[str, DeviceConfig], DeviceConfig | None]
"""(device, what it runs) to the production form of that; None where it is that of none"""


def as_it_runs(_device: str, config: DeviceConfig) -> DeviceConfig:
    """For devices that run the production form."""
    return config


def current_models(
    platforms: Mapping[str, str], running: Mapping[str, Running], restore: Restore = as_it_runs
) -> dict[str, DeviceModel]:
    """What runs as models, where it can be read as one: what was changed by hand often cannot."""
    found = {name: read_model(platforms[name], name, one.raw or one.config, restore) for name, one in running.items()}
    return {name: model for name, model in found.items() if model is not None}


def read_model(platform: str, name: str, text: DeviceConfig, restore: Restore = as_it_runs) -> DeviceModel | None:
    """A device's text, with its comments, as the model that it says; None where it says none."""
    dialect = DIALECTS.get(platform)
    if dialect is None:
        return None
    try:
        production = restore(name, text)
        return dialect.parse(production) if production is not None else None
    except (RtmctlError, ValueError, KeyError):
        return None
