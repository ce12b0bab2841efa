"""External eBGP peers at border leafs."""

from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Name, Port, Section, SecretRef


class External(Section):
    border: Name
    """the border leaf it is cabled to"""
    tenant: Name
    """VRF in which it peers"""
    port: Port | None = None
    asn: Annotated[int, Field(ge=1, le=4294967295)]
    local: IPv4Interface | IPv6Interface
    """our address with prefix length"""
    peer: IPv4Interface | IPv6Interface
    """theirs, in the same subnet"""
    accept: tuple[IPv4Network | IPv6Network, ...] = (IPv4Network("0.0.0.0/0"),)
    """prefixes taken from the peer (0.0.0.0/0: the default route)"""
    announce: tuple[IPv4Network | IPv6Network, ...] = ()
    """prefixes given to the peer; empty: every subnet of the tenant"""
    prefix_limit: Annotated[int, Field(ge=1, le=4000000)] = 1000
    password: SecretRef | None = None
    firewall: bool = False
    """a firewall: flows between VRFs may meet here"""
