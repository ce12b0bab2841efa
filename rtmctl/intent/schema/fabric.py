"""How the fabric as a whole works: underlay, overlay, MTU, timers, form of the bridge."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rtmctl.intent.schema._base import Section


class Underlay(StrEnum):
    UNNUMBERED = "unnumbered"
    """eBGP over IPv6 link-local addresses (RFC 5549 / RFC 8950)"""
    NUMBERED = "numbered"
    """IPv4 /31 (RFC 3021)"""


class Overlay(StrEnum):
    EBGP_DIRECT = "ebgp-direct"
    """EVPN on the underlay's own sessions"""
    EBGP_MULTIHOP = "ebgp-multihop"
    """EVPN on sessions between loopbacks, leaf to spine"""
    IBGP_RR = "ibgp-rr"
    """EVPN by iBGP between loopbacks, spines reflect"""


class BridgeForm(StrEnum):
    VLAN_AWARE = "vlan-aware"
    TRADITIONAL = "traditional"


class Mtu(Section):
    host: Annotated[int, Field(ge=1280, le=9216)] = 1500
    fabric: Annotated[int, Field(ge=1280, le=9216)] = 9216


class Bfd(Section):
    """RFC 5880 §6.8.4: detection time = multiplier × the greater of the two intervals."""

    interval_ms: Annotated[int, Field(ge=10, le=60000)] = 300
    multiplier: Annotated[int, Field(ge=2, le=50)] = 3


class Timers(Section):
    bfd: Bfd | None = Bfd()
    """null turns BFD off"""
    keepalive_s: Annotated[int, Field(ge=1, le=3600)] = 3
    hold_s: Annotated[int, Field(ge=3, le=65535)] = 9
    connect_s: Annotated[int, Field(ge=1, le=65535)] = 5
    advertisement_interval_s: Annotated[int, Field(ge=0, le=600)] = 0


class FabricOptions(Section):
    admin: Annotated[int, Field(ge=1, le=65534)] = 65000
    """2-byte administrator of every route target: <admin>:<VNI>"""
    underlay: Underlay = Underlay.UNNUMBERED
    overlay: Overlay = Overlay.EBGP_DIRECT
    bridge: BridgeForm = BridgeForm.VLAN_AWARE
    mtu: Mtu = Mtu()
    timers: Timers = Timers()
    anycast_mac: Annotated[str, Field(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")] = "00:00:5e:00:01:01"
    """MAC of every anycast gateway; locally the same on all leafs"""
    allow_shared_as: bool = False
    """the operator shares one AS between leafs: allowas-in is rendered"""
