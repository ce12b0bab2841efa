"""Hosts and how they hang on their rack's leafs."""

from enum import StrEnum

from rtmctl.intent.schema._base import Address, Asn, Bool, Interface, Name, Port, Section


class Attachment(StrEnum):
    ACCESS = "access"
    """one untagged port on one leaf"""
    TRUNK = "trunk"
    """tagged segments on one leaf"""
    ROUTED = "routed"
    """BGP on the host to every leaf of its rack; service addresses as host routes"""
    ESI_LAG = "esi-lag"
    """one LAG to both leafs (RFC 7432 multihoming)"""


class Host(Section):
    rack: Name
    """where it stands: the rack of one or two leafs"""
    role: Name = "server"
    """what it is for"""
    attachment: Attachment = Attachment.ACCESS
    """how it hangs on the leafs"""
    segment: Name | None = None
    """access, esi-lag: the segment; trunk: the untagged one, if any"""
    segments: tuple[Name, ...] = ()
    """trunk: the tagged ones"""
    tenant: Name | None = None
    """routed: the VRF the host peers in"""
    leaf: Name | None = None
    """fixes the leaf of a single-homed host; otherwise allocated within the rack"""
    port: Port | None = None
    """fixes the port; otherwise allocated"""
    addresses: tuple[Address, ...] = ()
    """within the subnets of its segments; allocated where left out"""
    services: tuple[Interface, ...] = ()
    """routed: host routes the host announces"""
    asn: Asn | None = None
    """routed: fixed by the operator; otherwise allocated"""
    management: Address | None = None
    """where rtmctl logs in over SSH, out of band; without it no command runs on the host"""
    managed: Bool = True
    """false: not ours; verify tests it from the leaf's VRF"""
    systemd: Bool = False
    """in a lab: a full systemd host instead of a light namespace"""
