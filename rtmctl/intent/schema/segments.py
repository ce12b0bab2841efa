"""Segments: a VLAN, a VNI, subnets and an anycast gateway."""

from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Address, Bool, Int, Name, Network, Section, Text

Vni = Annotated[Int, Field(ge=1, le=16777215)]
"""VXLAN network identifier, 24 bits (RFC 7348 §5)"""


class Segment(Section):
    tenant: Name
    """VRF it belongs to"""
    vlan: Annotated[Int, Field(ge=1, le=4094)]
    """VLAN on every leaf that carries it"""
    vni: Vni | None = None
    """fixed by the operator; otherwise allocated"""
    subnets: Annotated[tuple[Network, ...], Field(min_length=1, max_length=4)]
    """IPv4 and IPv6"""
    gateways: tuple[Address, ...] = ()
    """one per subnet; the first usable address where left out"""
    racks: tuple[Name, ...] = ()
    """racks the segment is stretched over; empty: wherever a host of it stands, in every rack"""
    local: Bool = False
    """a segment of one rack only: no VXLAN for it beyond the leaf pair"""
    dhcp_relay: tuple[Address, ...] = ()
    """DHCP servers; the relay's source is the leaf's own loopback in the VRF"""
    router_advertisements: Bool = True
    """in IPv6 subnets, so that hosts configure themselves"""
    description: Text = ""
    """one line for people"""
