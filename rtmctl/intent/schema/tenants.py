"""Tenants: one VRF each."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Section


class TenantPolicy(StrEnum):
    OPEN = "open"
    """segments of the tenant reach each other"""
    FLOWS = "flows"
    """only what `flows` lists passes between segments"""


class Tenant(Section):
    description: str = ""
    policy: TenantPolicy = TenantPolicy.OPEN
    vni: Annotated[int, Field(ge=1, le=16777215)] | None = None
