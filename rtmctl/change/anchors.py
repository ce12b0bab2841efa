"""Heads of audit chains as notes on the devices: there they show later what was cut off a chain, or written anew."""

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping

from rtmctl.base import RtmctlError
from rtmctl.change.fleet import Connect, Device, Fleet, failures, successes
from rtmctl.store import Anchor, AuditRow

HEAD = "audit.head"
"""note on a device: of each chain its newest link; it needs no lease, and is written while one is held"""
_KEPT = 32
"""chains whose heads a device holds: operators with a store of their own"""
_ANCHOR_S = 8.0
_READ_S = 20.0


async def anchor(fleet: Fleet, names: Iterable[str], chain: str, row: AuditRow) -> None:
    """Best effort: a device that does not answer keeps the older head, which is as good a proof of what it covers."""

    async def note(device: Device) -> None:
        heads = _heads(await device.note(HEAD)) | {chain: _head(row)}
        newest = sorted(heads, key=lambda one: _number(heads[one].get("at")))[-_KEPT:]
        await device.set_note(HEAD, json.dumps({"version": 2, "heads": {one: heads[one] for one in newest}}))

    try:
        async with asyncio.timeout(_ANCHOR_S):
            await fleet.each(names, "audit", note, _ANCHOR_S)
    except (TimeoutError, RtmctlError):
        return


async def read_anchors(connect: Connect, names: Collection[str]) -> tuple[tuple[Anchor, ...], dict[str, str]]:
    """The heads that devices hold, and the devices that do not answer, each with the reason."""
    fleet = Fleet(connect)
    try:
        results = await fleet.each(names, "audit", lambda device: device.note(HEAD), _READ_S)
    finally:
        await fleet.close()
    found = [
        anchor
        for name, text in successes(results).items()
        for chain, head in _heads(text).items()
        if (anchor := _anchor(name, chain, head)) is not None
    ]
    return tuple(found), {failure.device: failure.reason for failure in failures(results)}


def _head(row: AuditRow) -> dict[str, object]:
    return {
        "number": row.number,
        "hash": row.hash,
        "at": row.at,
        "by": row.by,
        "key": row.key,
        "signature": row.signature,
    }


def _heads(text: object) -> dict[str, dict[str, object]]:
    """Chain to its head; nothing where there is no note, or none that can be read."""
    try:
        found = json.loads(text)["heads"] if isinstance(text, str) else {}
        return {str(chain): dict(head) for chain, head in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _anchor(device: str, chain: str, head: Mapping[str, object]) -> Anchor | None:
    number = head.get("number")
    words = [head.get(key) for key in ("hash", "by", "key", "signature")]
    if not isinstance(number, int) or not all(isinstance(word, str) for word in words):
        return None
    digest, by, key, signature = map(str, words)
    return Anchor(device, chain, number, digest, _number(head.get("at")), by, key, signature)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
