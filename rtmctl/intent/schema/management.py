"""How rtmctl reaches the devices, and when it must not change them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from rtmctl.intent.schema._base import Int, Moment, SecretRef, Section, Text


class Management(Section):
    user: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")] = "rtmctl"
    key: SecretRef | None = None
    """the SSH private key; in a lab the lab's own"""
    known_hosts: str = "known_hosts"
    """path below the site's folder; an unknown or changed host key is refused"""
    port: Annotated[Int, Field(ge=1, le=65535)] = 22


class Freeze(Section):
    """A window in which `net apply` is refused."""

    start: Moment
    end: Moment
    reason: Text
