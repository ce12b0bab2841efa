"""How rtmctl reaches the devices, and when it must not change them."""

from datetime import datetime

from rtmctl.intent.schema._base import Section, SecretRef


class Management(Section):
    user: str = "rtmctl"
    key: SecretRef | None = None
    """the SSH private key; in a lab the lab's own"""
    known_hosts: str = "known_hosts"
    """path below the site's folder; an unknown or changed host key is refused"""
    port: int = 22


class Freeze(Section):
    """A window in which `net apply` is refused."""

    start: datetime
    end: datetime
    reason: str
