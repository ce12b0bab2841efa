"""How the fabric as a whole works: underlay, overlay, MTU, timers, form of the bridge."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

from rtmctl.intent.schema._base import Bool, Int, Mac, Section


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
    """Largest IP packet in bytes."""

    host: Annotated[Int, Field(ge=1280, le=9216)] = 1500
    """what hosts send"""
    fabric: Annotated[Int, Field(ge=1280, le=9216)] = 9216
    """what links between switches carry; at least 50 more, 54 with trunk hosts"""


class Bfd(Section):
    """RFC 5880 §6.8.4: detection time = multiplier × the greater of the two intervals."""

    interval_ms: Annotated[Int, Field(ge=10, le=60000)] = 300
    """sent and expected this often"""
    multiplier: Annotated[Int, Field(ge=2, le=50)] = 3
    """a peer is dead after so many intervals of silence"""


class TimerProfile(StrEnum):
    FAST = "fast"
    """hardware that keeps BFD at 100 ms; a silent link is noticed after 0.3 s"""
    STANDARD = "standard"
    SLOW = "slow"
    """small control planes, long ways: a silent link is noticed after 3 s"""


class Timers(Section):
    """What a profile sets, each value open to be overridden beside it."""

    profile: TimerProfile = TimerProfile.STANDARD
    """preset of all others"""
    bfd: Bfd | None = Bfd()
    """null turns BFD off"""
    keepalive_s: Annotated[Int, Field(ge=1, le=3600)] = 3
    """BGP keepalive"""
    hold_s: Annotated[Int, Field(ge=3, le=65535)] = 9
    """BGP hold time, at least three keepalives"""
    connect_s: Annotated[Int, Field(ge=1, le=65535)] = 5
    """wait before BGP connects again"""
    advertisement_interval_s: Annotated[Int, Field(ge=0, le=600)] = 0
    """least time between two updates to a peer; 0 suits data centres"""

    @model_validator(mode="before")
    @classmethod
    def _from_profile(cls, data: Any) -> Any:
        preset = PROFILES.get(str(data.get("profile"))) if isinstance(data, dict) else None
        if preset is None:
            return data
        bfd = data.get("bfd", {})
        return {**preset, **data, "bfd": {**preset["bfd"], **bfd} if isinstance(bfd, dict) else bfd}


PROFILES: dict[str, dict[str, Any]] = {
    "fast": {"bfd": {"interval_ms": 100, "multiplier": 3}, "keepalive_s": 1, "hold_s": 3, "connect_s": 2},
    "slow": {"bfd": {"interval_ms": 1000, "multiplier": 3}, "keepalive_s": 10, "hold_s": 30, "connect_s": 10},
}
"""`standard` is what the fields' own defaults say."""


class FabricOptions(Section):
    admin: Annotated[Int, Field(ge=1, le=65534)] = 65000
    """2-byte administrator of every route target: `<admin>:<VNI>`"""
    underlay: Underlay = Underlay.UNNUMBERED
    """links between switches: IPv6 link-local, or an IPv4 /31 each"""
    overlay: Overlay = Overlay.EBGP_DIRECT
    """which sessions carry EVPN"""
    bridge: BridgeForm = BridgeForm.VLAN_AWARE
    """one bridge for all VLANs, or one each"""
    mtu: Mtu = Mtu()
    timers: Timers = Timers()
    anycast_mac: Mac = "00:00:5e:00:01:01"
    """MAC of every anycast gateway, the same on all leafs; the default is in IANA's block (RFC 9542 §2.1)"""
    allow_shared_as: Bool = False
    """the operator shares one AS between leafs: allowas-in is rendered"""
