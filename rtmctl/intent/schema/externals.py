"""External eBGP peers at border leafs."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from pydantic import Field, model_validator

from rtmctl.intent.schema._base import Asn, Bool, Int, Interface, Name, Network, Port, SecretRef, Section


class External(Section):
    border: Name
    """the border leaf it is cabled to"""
    tenant: Name
    """VRF in which it peers"""
    port: Port | None = None
    """fixes the port; otherwise allocated"""
    asn: Asn
    """their AS"""
    local: Interface
    """our address with prefix length"""
    peer: Interface
    """theirs, in the same subnet"""
    accept: tuple[Network, ...] = (IPv4Network("0.0.0.0/0"),)
    """prefixes taken from the peer; left out: the default route, of the IP version of `peer`"""
    announce: tuple[Network, ...] = ()
    """prefixes given to the peer; empty: every subnet of the tenant"""
    prefix_limit: Annotated[Int, Field(ge=1, le=4000000)] = 1000
    """the session closes when they send more, refused ones included; beside those, leave room for `accept` again"""
    password: SecretRef | None = None
    """of the TCP session (RFC 2385)"""
    firewall: Bool = False
    """a firewall: flows between VRFs may meet here"""

    @model_validator(mode="before")
    @classmethod
    def _default_route(cls, data: Any) -> Any:
        if isinstance(data, dict) and "accept" not in data and ":" in str(data.get("peer")):
            return {**data, "accept": (IPv6Network("::/0"),)}
        return data
