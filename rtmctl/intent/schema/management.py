"""How rtmctl reaches the devices, and when it must not change them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from rtmctl.intent.schema._base import Bool, Int, Moment, SecretRef, Section, Text


class Management(Section):
    user: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")] = "rtmctl"
    """whom rtmctl logs in as"""
    key: SecretRef | None = None
    """the SSH private key; in a lab the lab's own"""
    known_hosts: str = "known_hosts"
    """path below the site's folder; an unknown or changed host key is refused"""
    port: Annotated[Int, Field(ge=1, le=65535)] = 22
    """of SSH"""


class Freeze(Section):
    """A window in which `net apply` is refused."""

    start: Moment
    """with time zone: 2026-12-24T18:00:00+01:00"""
    end: Moment
    reason: Text
    """shown when `net apply` is refused"""
    labs: Bool = False
    """labs keep to it too; else nobody is kept from rehearsing"""
