"""Asking the devices what they hold of unfinished changes."""

from collections.abc import Collection

from rtmctl.change.fleet import Device, Fleet, failures, successes
from rtmctl.change.notes import DECISION, TRANSACTION, decision_from_text, manifest_from_text
from rtmctl.change.options import Timing
from rtmctl.change.standing import Holding


async def read_holdings(
    fleet: Fleet, names: Collection[str], timing: Timing
) -> tuple[dict[str, Holding], tuple[str, ...]]:
    """What each device holds, and who does not answer. Participants that a manifest names are asked too."""

    async def one(device: Device) -> Holding:
        return Holding(
            await device.status(),
            manifest_from_text(await device.note(TRANSACTION)),
            decision_from_text(await device.note(DECISION)),
        )

    found: dict[str, Holding] = {}
    silent: set[str] = set()
    todo = set(names)
    while todo:
        results = await fleet.each(sorted(todo), "status", one, timing.step_timeout_s)
        found |= successes(results)
        silent |= {failure.device for failure in failures(results)}
        named = {name for h in found.values() if h.manifest is not None for name in h.manifest.devices}
        todo = named - set(found) - silent
    return found, tuple(sorted(silent))
