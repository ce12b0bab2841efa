"""A lab's state file: what shall be, written before anything starts, so that `down` finds all of it after a crash."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rtmctl.base import Exit, PermanentError
from rtmctl.base.files import replace_file
from rtmctl.lab.blueprint import NodeKind, Wire, management_nic
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


_STATE = TypeAdapter(LabState)


def save(state: LabState, path: Path) -> None:
    """In one step, for its owner alone. Raises OSError; the old one stands then."""
    replace_file(path, json.dumps({"version": VERSION, **asdict(state)}, indent=1), 0o600)


def load(path: Path) -> LabState | None:
    """None when there is no file.

    Raises:
        PermanentError: the file is damaged or from another version.
        OSError: it is another user's.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise PermanentError(f"{path} is damaged: {error.strerror}", hint=REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"{path} is damaged: {error}", hint=REMEDY) from error
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise PermanentError(f"{path} is of another version of rtmctl", hint=REMEDY)
    try:
        return _STATE.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        said = f"{path} is of another version of rtmctl, or damaged: {where}: {first['msg']}"
        raise PermanentError(said, hint=REMEDY) from error
