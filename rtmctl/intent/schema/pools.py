"""Pools that allocation draws from."""

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Network4, Network6, Section

Range = Annotated[str, Field(pattern=r"^[0-9]{1,10}-[0-9]{1,10}$")]
"""first-last, both included"""


class Pools(Section):
    loopback: Network4 = IPv4Network("10.255.0.0/22")
    """one /32 a switch and routed host: router id"""
    loopback6: Network6 | None = None
    """one /128 a switch; left out: none"""
    vtep: Network4 = IPv4Network("10.255.4.0/22")
    """one /32 a leaf: VXLAN tunnel endpoint"""
    vrf_loopback: Network4 = IPv4Network("10.255.16.0/20")
    """one /32 per leaf and tenant: source of DHCP relay, ping and trace inside the VRF"""
    p2p: Network4 = IPv4Network("10.254.0.0/16")
    """one /31 a link, used with a numbered underlay"""
    management: Network4 = IPv4Network("172.31.0.0/22")
    """one address a switch, out of band"""
    asn: Range = "4200000000-4200009999"
    """private 4-byte AS numbers (RFC 6996)"""
    l2vni: Range = "100000-199999"
    """one a segment"""
    l3vni: Range = "50000-59999"
    """one a tenant"""
    l3vlan: Range = "3000-3999"
    """transit VLANs of L3 VNIs; no segment may use them"""
    rd: Range = "5000-65535"
    """RD index per device: `<loopback>:<index>`; FRR gives out the lowest itself"""


def bounds(span: str) -> tuple[int, int]:
    """First and last of a Range, both included."""
    first, _, last = span.partition("-")
    return int(first), int(last)
