"""Switches and their roles."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Name, Section


class Role(StrEnum):
    SPINE = "spine"
    SUPER_SPINE = "super-spine"
    LEAF = "leaf"
    BORDER = "border"


class RoleDefaults(Section):
    """Defaults for every switch of one role."""

    platform: str | None = None
    model: str | None = None
    host_ports: Annotated[int, Field(ge=0, le=1024)] | None = None
    fabric_ports: Annotated[int, Field(ge=1, le=2048)] | None = None


class Switch(RoleDefaults):
    """One switch. Leafs of one rack (at most two) are a redundant pair."""

    role: Role
    rack: Name | None = None
    """required for leafs and border leafs"""
    pod: Name = "pod1"
    asn: Annotated[int, Field(ge=1, le=4294967295)] | None = None
    """fixed by the operator; otherwise allocated"""
    serial: str | None = None
