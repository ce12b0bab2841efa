"""Live states for the commands that look at them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from rtmctl.base import StateUnknown
from rtmctl.cli.context import OpenSite
from rtmctl.cli.loop import wait_for

if TYPE_CHECKING:  # `--help` loads none of these
    from rtmctl.cli.target import Target
    from rtmctl.device.state import DeviceState
    from rtmctl.model.types import DeviceModel
    from rtmctl.observe import Sessions

UNREADABLE = "does it run, and does the management network reach it? In a lab: rtmctl lab status"
_T = TypeVar("_T")


def models_with_drains(opened: OpenSite, target: Target) -> dict[str, DeviceModel]:
    """The models as they should be now: drained devices drained, as they themselves say.

    What they say of changes settles the history.
    """
    from rtmctl.change.drains import honour, read_notes
    from rtmctl.change.settling import Seen, settle
    from rtmctl.model import build_models
    from rtmctl.store import open_store

    said = wait_for(read_notes(target.connect, list(target.endpoints)))  # type: ignore[arg-type]  # has notes, as in changing
    store, site = open_store(), opened.site.name
    settle(store, site, {name: Seen(one.status) for name, one in said.items()}, time.time())
    drained = honour(store, site, {name: one.drain for name, one in said.items()}, time.time())
    return build_models(opened.fabric, frozenset(drained))


async def with_sessions(
    models: Mapping[str, DeviceModel], target: Target, work: Callable[[Sessions], Awaitable[_T]]
) -> _T:
    """Run `work` over sessions to the devices of `models`, and close them."""
    from rtmctl.observe import Sessions, opener_of

    sessions = Sessions(frozenset(models), opener_of(target.endpoints))
    try:
        return await work(sessions)
    finally:
        await sessions.close()


async def read_states(models: Mapping[str, DeviceModel], target: Target) -> dict[str, DeviceState]:
    """One reading of all devices.

    Raises:
        StateUnknown: one did not answer; all that did not are named.
    """
    states, failed = await with_sessions(models, target, lambda sessions: sessions.read())
    if failed:
        raise StateUnknown(unread(failed), hint=UNREADABLE)
    return states


async def read_what_answers(
    models: Mapping[str, DeviceModel], target: Target
) -> tuple[dict[str, DeviceState], dict[str, str]]:
    """One reading of the devices that answer, and of the others why they do not: half a view beats none at night.

    Raises:
        StateUnknown: none answered.
    """
    states, failed = await with_sessions(models, target, lambda sessions: sessions.read())
    if failed and not states:
        raise StateUnknown(unread(failed), hint=UNREADABLE)
    return states, failed


def unread(failed: Mapping[str, str]) -> str:
    """Devices that could not be read, each with its reason; the reason names the device itself."""
    said = {name: why if why.startswith(f"{name}: ") else f"{name}: {why}" for name, why in failed.items()}
    return "cannot be read: " + "; ".join(said[name] for name in sorted(said))
