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
    """one line for people"""
    policy: TenantPolicy = TenantPolicy.OPEN
    """what passes between its segments"""
    vni: Vni | None = None
    """L3 VNI, fixed by the operator; otherwise allocated"""
