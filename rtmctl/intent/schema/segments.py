"""Segments: a VLAN, a VNI, subnets and an anycast gateway."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Name, Section


class Segment(Section):
    tenant: Name
    vlan: Annotated[int, Field(ge=1, le=4094)]
    vni: Annotated[int, Field(ge=1, le=16777215)] | None = None
    subnets: Annotated[tuple[IPv4Network | IPv6Network, ...], Field(min_length=1, max_length=4)]
    gateways: tuple[IPv4Address | IPv6Address, ...] = ()
    """one per subnet; the first usable address where left out"""
    racks: tuple[Name, ...] = ()
    """racks the segment is stretched over; empty: wherever a host of it stands, in every rack"""
    local: bool = False
    """a segment of one rack only: no VXLAN for it beyond the leaf pair"""
    dhcp_relay: tuple[IPv4Address | IPv6Address, ...] = ()
    router_advertisements: bool = True
    """for IPv6 subnets"""
    description: str = ""
