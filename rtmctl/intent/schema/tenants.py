"""Tenants: one VRF each."""

from enum import StrEnum

from rtmctl.intent.schema._base import Section, Text
from rtmctl.intent.schema.segments import Vni


class TenantPolicy(StrEnum):
    OPEN = "open"
    """segments of the tenant reach each other"""
    FLOWS = "flows"
    """only what `flows` lists passes between segments"""


class Tenant(Section):
    description: Text = ""
    policy: TenantPolicy = TenantPolicy.OPEN
    vni: Vni | None = None
    """L3 VNI, fixed by the operator; otherwise allocated"""
