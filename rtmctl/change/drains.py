"""Drained devices: who, why and until when, as a note on the device itself; plan, verify and drift honour it.

The note is the authority, so that a machine with an empty store honours it too; the store keeps a copy, for devices
that do not answer.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rtmctl.base import Refused
from rtmctl.change.fleet import Connect, Device, Fleet, successes
from rtmctl.change.notes import DRAIN
from rtmctl.change.waves import partners
from rtmctl.device.types import DeviceStatus
from rtmctl.fabric.types import Attachment, Fabric
from rtmctl.store import DrainRow, Store


def drained_devices(store: Store, site: str, now: float) -> dict[str, DrainRow]:
    """The copies of drains in force; one whose time has run out no longer counts: the next plan undrains its device."""
    return {row.device: row for row in store.drains(site) if row.active(now)}


def drain_to_text(row: DrainRow) -> str:
    """The note on the device."""
    return json.dumps({"by": row.by, "reason": row.reason, "since": row.since, "until": row.until})


def drain_from_text(text: object, site: str, device: str) -> DrainRow | None:
    """None when there is no note, or none that can be read."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = json.loads(text)
        until = found["until"]
        since = float(found["since"])
        return DrainRow(
            site, device, str(found["by"]), str(found["reason"]), since, None if until is None else float(until)
        )
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says of itself between changes."""

    drain: str | None
    """its note `drain`"""
    status: DeviceStatus


async def read_notes(connect: Connect, names: Collection[str], timeout_s: float = 20) -> dict[str, Said]:
    """Of the devices that answer."""

    async def one(device: Device) -> Said:
        text = await device.note(DRAIN)
        return Said(text if isinstance(text, str) else None, await device.status())

    fleet = Fleet(connect)
    try:
        return successes(await fleet.each(names, "drain", one, timeout_s))
    finally:
        await fleet.close()


async def read_drains(connect: Connect, names: Collection[str], timeout_s: float = 20) -> dict[str, str | None]:
    """The notes `drain` of the devices that answer."""
    return {name: said.drain for name, said in (await read_notes(connect, names, timeout_s)).items()}


def honour(store: Store, site: str, said: Mapping[str, str | None], now: float) -> dict[str, DrainRow]:
    """Drains in force as the devices say; of those that said nothing, as the store's copy has it.

    The copy is brought up to date.
    """
    copies = {row.device: row for row in store.drains(site)}
    for device, text in said.items():
        row = drain_from_text(text, site, device)
        if row is None and device in copies:
            store.clear_drain(site, device)
        elif row is not None and row != copies.get(device):
            store.set_drain(row)
    return drained_devices(store, site, now)


def drain_reason(row: DrainRow) -> str:
    return f"by {row.by}: {row.reason}" if row.reason else f"by {row.by}"


def stranded(fabric: Fabric, device: str, drained: Collection[str]) -> tuple[str, ...]:
    """Hosts that would lose their last way into the network, each with why, were the device drained too.

    An `access` or `trunk` host hangs on one leaf alone; a `routed` host is stranded when every leaf of it is drained.
    """
    gone = {*drained, device}
    found = []
    for host in fabric.hosts_of(device):
        leafs = {cable.leaf for cable in host.links}
        if host.attachment in (Attachment.ACCESS, Attachment.TRUNK):
            found.append(f"{host.name} ({host.attachment.value}, on {device} alone)")
        elif leafs <= gone:
            found.append(f"{host.name} (its leafs {', '.join(sorted(leafs))} would all be drained)")
    return tuple(sorted(found))


def refuse_stranding(fabric: Fabric, device: str, drained: Collection[str], *, strand: bool) -> tuple[str, ...]:
    """What is stranded all the same because the operator said so.

    Raises:
        Refused: hosts would be stranded, or no partner would be left, and `strand` does not override it.
    """
    found = list(stranded(fabric, device, drained))
    others = partners(fabric, device)
    if others and set(others) <= set(drained):
        found.append(f"everything: {', '.join(others)} {'is' if len(others) == 1 else 'are'} drained already")
    if found and not strand:
        raise Refused(
            f"draining {device} would strand {'; '.join(found)}", hint="move them first, or drain anyway with --strand"
        )
    return tuple(found)
