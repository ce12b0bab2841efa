"""Flows allowed between segments. Both directions are derived: filters are stateless."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Int, Name, Section, Text

LEAK = "leak"
"""`via: leak`: the two VRFs exchange the routes of the two segments"""


class Protocol(StrEnum):
    ANY = "any"
    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"


PortNumber = Annotated[Int, Field(ge=1, le=65535)]


class Flow(Section):
    source: Annotated[Name, Field(alias="from")]
    """segment that opens connections"""
    to: Name
    """segment that takes them"""
    protocol: Protocol = Protocol.ANY
    ports: tuple[PortNumber, ...] = ()
    """destination ports at `to`; empty: all"""
    via: Name | None = None
    """between VRFs: the external (a firewall) where they meet, or `leak` for a route leak"""
    description: Text = ""
    """one line for people"""
