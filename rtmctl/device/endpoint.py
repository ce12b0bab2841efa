"""Where and as whom a device is spoken to."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything a driver needs to open a session; secrets are resolved just before use."""

    name: str
    platform: str
    address: str
    port: int
    user: str
    key: Path | None
    known_hosts: Path
    dial: Callable[[str, int], socket.socket] | None = None
    """opens the TCP connection where plain routing does not lead there: a lab's management namespace"""
