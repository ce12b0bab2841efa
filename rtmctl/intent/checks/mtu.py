"""The fabric carries what hosts send, with the VXLAN header around it."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.hosts import Attachment

VXLAN = 50
"""inner Ethernet 14 + VXLAN 8 + UDP 8 + IPv4 20 (RFC 7348 §5)"""
TAG = 4
"""an 802.1Q tag that stays on the inner frame"""
IPV6 = 20
"""an outer IPv6 header is longer by this"""


def overhead(*, tagged: bool, ip_version: int) -> int:
    """Bytes by which the fabric's MTU must exceed the hosts': 50, 54 with tagged frames, 70 over IPv6."""
    return VXLAN + (TAG if tagged else 0) + (IPV6 if ip_version == 6 else 0)


def check(draft: Draft) -> Iterator[Finding]:
    """`mtu.fabric` is at least `mtu.host` and the overhead."""
    mtu = draft.intent.fabric.mtu
    tagged = any(host.attachment is Attachment.TRUNK for host in draft.intent.hosts.values())
    extra = overhead(tagged=tagged, ip_version=draft.intent.pools.vtep.version)
    if mtu.fabric < mtu.host + extra:
        why = f"VXLAN adds {extra} bytes" + (", 802.1Q tags of trunk hosts included" if tagged else "")
        message = f"fabric MTU {mtu.fabric} is less than host MTU {mtu.host} + {extra}"
        key = "fabric" if ("fabric", "mtu", "fabric") in draft.positions else "host"
        least = mtu.host + extra
        hint = f"{why}: fabric at least {least}, or host at most {mtu.fabric - extra}"
        if least > 9216:
            hint = f"{why}: host at most {mtu.fabric - extra}"
        yield Finding("mtu-too-small", message, draft.where("fabric", "mtu", key), hint)
