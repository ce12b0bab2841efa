"""Where an interface is: in the main network namespace, or in one that stands for a VRF."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from .mechanism import Wanted, must, words_of


class Place(NamedTuple):
    """`space` is empty for the main namespace."""

    space: str
    name: str

    def __str__(self) -> str:
        return f"{self.space}/{self.name}" if self.space else self.name


def ip(space: str) -> list[str]:
    return ["ip", "-n", space] if space else ["ip"]


def inside(space: str) -> list[str]:
    """Prefix of a command that runs in the namespace."""
    return ["ip", "netns", "exec", space] if space else []


def find(machine: Machine, name: str) -> Place | None:
    """The main namespace first."""
    for space in ["", *machine.namespaces()]:
        if any(link["ifname"] == name for link in links_of(machine, space)):
            return Place(space, name)
    return None


def links_of(machine: Machine, space: str) -> list[dict[str, Any]]:
    if space and space not in machine.namespaces():
        return []
    found = json.loads(must(machine, "links", [*ip(space), "-j", "-d", "addr"]).out or "[]")
    return [link for link in found if "ifname" in link]


def places_of(machine: Machine, wanted: Wanted) -> list[Place]:
    """The argument `interfaces`. Raises AgentError `usage` for one that is not here."""
    found = []
    for name in words_of(wanted, "interfaces"):
        place = find(machine, name)
        if place is None:
            raise AgentError("usage", "arguments", f"there is no interface {name}")
        found.append(place)
    return found


def no_interface(machine: Machine, wanted: Wanted) -> str | None:
    """The same as the answer of a check."""
    try:
        places_of(machine, wanted)
    except AgentError as error:
        return error.message
    return None


def by_space(places: list[Place]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in places:
        found.setdefault(place.space, []).append(place.name)
    return found


def batch(machine: Machine, space: str, lines: list[str], step: str, family: str = "") -> None:
    """ip(8) commands in one process; raises AgentError when one fails, and the rest is done all the same."""
    if lines:
        options = [family] if family else []
        must(machine, step, [*ip(space), *options, "-force", "-batch", "-"], "".join(f"{line}\n" for line in lines))


def lacks(program: str) -> str | None:
    """Why a mechanism that needs the program cannot be made."""
    folders = os.environ.get("PATH", "").split(":")
    if any(os.access(os.path.join(folder, program), os.X_OK) for folder in folders):
        return None
    return f"there is no program {program}"
