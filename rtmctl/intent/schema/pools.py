"""Pools that allocation draws from."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Section

Range = Annotated[str, Field(pattern=r"^\d+-\d+$")]
"""first-last, both included"""


class Pools(Section):
    loopback: IPv4Network = IPv4Network("10.255.0.0/22")
    loopback6: IPv6Network | None = None
    vtep: IPv4Network = IPv4Network("10.255.4.0/22")
    vrf_loopback: IPv4Network = IPv4Network("10.255.16.0/20")
    """one /32 per leaf and tenant: source of DHCP relay, ping and trace inside the VRF"""
    p2p: IPv4Network = IPv4Network("10.254.0.0/16")
    """one /31 a link, used with a numbered underlay"""
    management: IPv4Network = IPv4Network("172.31.0.0/22")
    asn: Range = "4200000000-4200009999"
    l2vni: Range = "100000-199999"
    l3vni: Range = "50000-59999"
    l3vlan: Range = "3000-3999"
    """transit VLANs of L3 VNIs; no segment may use them"""
    rd: Range = "2-65535"
    """RD index per device: <loopback>:<index>"""
