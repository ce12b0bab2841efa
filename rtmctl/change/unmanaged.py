"""Configuration on a device that is not rtmctl's: whole objects, shown, and kept unless told otherwise.

Inside an object that rtmctl manages its text is the whole truth: a line added there by hand is drift, and is replaced.
An object that the target has not is somebody else's unless the device's note `managed` says that rtmctl wrote it; the
note stands on the device, so that a fresh clone knows it too. Where there is no note rtmctl has never been, and all
that the target has not is somebody else's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rtmctl.change.objects import OBJECT_SECTIONS, identities, objects, pieces
from rtmctl.model.config import DeviceConfig


class Unmanaged(StrEnum):
    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Foreign:
    """One object that is not rtmctl's."""

    section: str
    identity: str
    text: str

    def __str__(self) -> str:
        return f"{self.section}: {self.identity}"


def managed_note(config: DeviceConfig, but: tuple[Foreign, ...] = ()) -> str:
    """The note for a device that runs `config`: every object of it is rtmctl's, but those named."""
    others = {(one.section, one.identity) for one in but}
    return json.dumps(
        {
            "version": 2,
            "objects": {
                section: sorted(name for name in names if (section, name) not in others)
                for section, names in identities(config).items()
            },
        }
    )


def joined_note(*notes: object) -> str | None:
    """What rtmctl wrote by any of the notes; None when there is none."""
    texts = [note for note in notes if isinstance(note, str)]
    found: dict[str, set[str]] = {}
    for text in texts:
        for section, names in managed_by(text).items():
            found.setdefault(section, set()).update(names)
    body = {section: sorted(names) for section, names in found.items()}
    return json.dumps({"version": 2, "objects": body}) if texts else None


def foreign_objects(running: DeviceConfig, target: DeviceConfig, note: str | None) -> tuple[Foreign, ...]:
    """What runs, is not in the target and was never rtmctl's, in the order in which it stands."""
    ours = managed_by(note)
    wanted = identities(target)
    return tuple(
        Foreign(section, identity, text)
        for section in OBJECT_SECTIONS
        if section in wanted
        for identity, text in objects(section, running.get(section)).items()
        if identity not in wanted[section] and identity not in ours.get(section, frozenset())
    )


def keep(running: DeviceConfig, target: DeviceConfig, foreign: tuple[Foreign, ...]) -> DeviceConfig:
    """The target with the foreign objects where they stand now: behind the same managed object, or first."""
    sections = {one.section for one in foreign}
    return DeviceConfig(
        tuple(
            (name, _with(running, name, text, {o.identity for o in foreign if o.section == name}))
            if name in sections
            else (name, text)
            for name, text in target.sections
        )
    )


def _with(running: DeviceConfig, section: str, target: str, foreign: set[str]) -> str:
    have = objects(section, running.get(section))
    parts = pieces(section, target)
    last = {piece.identity: index for index, piece in enumerate(parts) if piece.identity is not None}
    inserts: dict[int, list[str]] = {}
    behind = min((index for index, piece in enumerate(parts) if piece.identity is not None), default=0) - 1
    for identity, text in have.items():
        if identity in foreign:
            inserts.setdefault(behind, []).append(text)
        else:
            behind = last.get(identity, behind)
    out = list(inserts.get(-1, ()))
    for index, piece in enumerate(parts):
        out += [piece.text, *inserts.get(index, ())]
    return "".join(out)


def managed_by(note: str | None) -> Mapping[str, frozenset[str]]:
    """Section to the identities that rtmctl wrote; nothing where there is no note, or none that can be read."""
    if not note:
        return {}
    try:
        return {str(section): frozenset(names) for section, names in json.loads(note)["objects"].items()}
    except (ValueError, AttributeError, TypeError, KeyError):
        return {}
