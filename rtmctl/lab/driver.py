"""What every lab driver does."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Protocol

from rtmctl.lab.blueprint import NodeKind

if TYPE_CHECKING:  # the lab's power supply starts a program at each step, and loads no more than it needs
    from rtmctl.fabric.types import Fabric
    from rtmctl.lab.choices import Choices
    from rtmctl.lab.features import Features

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NodeStatus:
    name: str
    kind: NodeKind
    running: bool
    boots: int
    management: str | None
    """address with prefix length"""


@dataclass(frozen=True, slots=True)
class LabStatus:
    """`running` False with nodes: the lab was killed; `up` starts it anew, `down` clears it away."""

    name: str
    running: bool
    nodes: tuple[NodeStatus, ...]

    @property
    def complete(self) -> bool:
        return self.running and all(node.running for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Access:
    """How a node is spoken to over SSH; `dial` opens the TCP connection."""

    node: str
    address: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    host_key: str
    """public, as it stands in a known_hosts file"""
    dial: Callable[[str, int], socket.socket]


class Lab(Protocol):
    """A running copy of a fabric, by name."""

    @property
    def name(self) -> str: ...
    def up(self, fabric: Fabric, choices: Choices = ..., progress: Progress = ...) -> LabStatus:
        """Bring it up or complete it; nodes that run already are left alone."""
        ...

    def down(self, progress: Progress = ...) -> bool:
        """Remove everything, whatever state it is in; False when there was nothing."""
        ...

    def status(self) -> LabStatus: ...
    def handle(self) -> int:
        """A descriptor that becomes readable when the lab is gone; the caller closes it."""
        ...

    def kernel(self) -> Features:
        """What this machine's kernel can do."""
        ...

    def features(self, node: str) -> Features:
        """What one node can do: the form of its configuration follows from it."""
        ...

    def access(self, node: str) -> Access: ...
    def command(self, node: str, command: tuple[str, ...]) -> list[str]:
        """A command line for this machine that runs `command` inside the node."""
        ...

    def run(self, node: str, *command: str, timeout_s: float = 60.0, stdin: str = "") -> CompletedProcess[str]:
        """Run it there as root and keep its output."""
        ...

    def power_off(self, node: str) -> None: ...
    def power_on(self, node: str) -> None: ...
    def reboot(self, node: str) -> None: ...
    def start_daemon(self, node: str, daemon: str) -> None: ...
