"""A lab's state file: what shall be, written before anything starts, so that `down` finds all of it after a crash."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from rtmctl.base import Exit, PermanentError
from rtmctl.lab.blueprint import End, NodeKind, Wire, management_nic
from rtmctl.lab.features import Features
from rtmctl.lab.process import Process
from rtmctl.lab.userns import Rootless

VERSION = 1
REMEDY = "`rtmctl lab down` removes the lab whatever this file says; `up` then makes it anew"


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as `up` decided it; whether it runs is asked from the anchor."""

    name: str
    kind: NodeKind
    image: str
    management: str | None
    public_key: str | None
    """its SSH host key"""
    digest: str = ""
    """of what a host is born with; another one means that it must be started anew"""

    @property
    def nic(self) -> str:
        return management_nic(self.kind)


@dataclass(frozen=True, slots=True)
class LabState:
    name: str
    anchor: Process | None
    """None until the lab's first process is recorded"""
    rootless: Rootless | None
    features: Features
    gateway: str
    nodes: tuple[NodeState, ...]
    wires: tuple[Wire, ...]
    cgroups: tuple[str, ...] = ()
    """folders to remove when the lab is gone"""

    def node(self, name: str) -> NodeState:
        """Raises PermanentError naming the known nodes."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise PermanentError(
            f"lab {self.name} has no node {name!r}",
            hint=f"its nodes: {', '.join(n.name for n in self.nodes)}",
            exit=Exit.USAGE,
        )

    def with_anchor(self, anchor: Process) -> "LabState":
        return replace(self, anchor=anchor)


def save(state: LabState, path: Path) -> None:
    """Atomically: a reader sees the old file or the new one."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps({"version": VERSION, **asdict(state)}, indent=1))
    temporary.chmod(0o600)
    temporary.replace(path)


def load(path: Path) -> LabState | None:
    """None when there is no file.

    Raises:
        PermanentError: the file is damaged or from another version.
    """
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise PermanentError(f"{path} is damaged: {error}", hint=REMEDY) from error
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise PermanentError(f"{path} is of another version of rtmctl", hint=REMEDY)
    try:
        return _parse(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(f"{path} is of another version of rtmctl, or damaged: {error}", hint=REMEDY) from error


def _parse(raw: Mapping[str, Any]) -> LabState:
    wires = (Wire(End(**w["a"]), End(**w["b"]), w["mtu"]) for w in raw["wires"])
    nodes = (NodeState(**{**n, "kind": NodeKind(n["kind"])}) for n in raw["nodes"])
    return LabState(
        name=raw["name"],
        anchor=Process(**raw["anchor"]) if raw["anchor"] else None,
        rootless=Rootless(**raw["rootless"]) if raw["rootless"] else None,
        features=Features(**{name: bool(raw["features"].get(name)) for name in (f.name for f in fields(Features))}),
        gateway=raw["gateway"],
        nodes=tuple(nodes),
        wires=tuple(wires),
        cgroups=tuple(raw.get("cgroups", ())),
    )
