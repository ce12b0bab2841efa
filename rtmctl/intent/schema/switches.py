"""Switches and their roles."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Asn, Int, Name, Section

DEFAULT_PLATFORM = "frr"


class Role(StrEnum):
    SPINE = "spine"
    SUPER_SPINE = "super-spine"
    LEAF = "leaf"
    BORDER = "border"

    @property
    def has_hosts(self) -> bool:
        """Leafs of either kind: they stand in a rack and carry VTEP, tenants and host ports."""
        return self in (Role.LEAF, Role.BORDER)


class RoleDefaults(Section):
    """Defaults for every switch of one role."""

    platform: Name | None = None
    """network operating system; left out: frr"""
    model: str | None = None
    """hardware, for cabling and inventory"""
    host_ports: Annotated[Int, Field(ge=0, le=1024)] | None = None
    """ports toward hosts and external peers"""
    fabric_ports: Annotated[Int, Field(ge=1, le=2048)] | None = None
    """ports toward other switches"""


class Switch(RoleDefaults):
    """One switch. Leafs of one rack (at most two) are a redundant pair."""

    role: Role
    """what it is in the fabric"""
    rack: Name | None = None
    """required for leafs and border leafs"""
    pod: Name = "pod1"
    """a leaf is cabled to every spine of its pod; super-spines join pods"""
    asn: Asn | None = None
    """fixed by the operator; otherwise allocated"""
    serial: str | None = None
    """serial number, for inventory"""
