"""Pools in the bounds of what they number."""

from collections.abc import Iterator
from itertools import combinations

from rtmctl.base import Finding, Severity
from rtmctl.intent.checks.addresses import NEVER_ROUTED, never_routed
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.pools import bounds

LIMITS = {
    "asn": (1, 4294967294, "an AS number", "RFC 6793, RFC 7300"),
    "l2vni": (1, 16777215, "a VNI", "RFC 7348 §5"),
    "l3vni": (1, 16777215, "a VNI", "RFC 7348 §5"),
    "l3vlan": (2, 4094, "a VLAN", "IEEE 802.1Q §9.6"),
    "rd": (1, 65535, "an RD index", "RFC 4364 §4.2, type 1"),
}

SUBNETS = ("loopback", "loopback6", "vtep", "vrf_loopback", "p2p", "management")

RD_OWN = 4096
"""FRR numbers RDs of its own from 1 up, one a VNI and VRF, and leaves one that equals its own out of its text"""


def check(draft: Draft) -> Iterator[Finding]:
    """Ranges that begin before they end and fit; VNI pools that do not share a VNI; subnets that are routed."""
    for name in SUBNETS:
        subnet = getattr(draft.intent.pools, name)
        if subnet is not None and never_routed(subnet):
            message = f"{subnet} of pool '{name}' is no range for switches"
            yield Finding("subnet-unusable", message, draft.where("pools", name), NEVER_ROUTED)
    for name, (low, high, what, source) in LIMITS.items():
        where = draft.where("pools", name)
        first, last = bounds(getattr(draft.intent.pools, name))
        if first > last:
            hint = f"write {last}-{first}"
            yield Finding("pool-range", f"pool '{name}' ends before it begins", where, hint)
        elif first < low or last > high:
            message = f"pool '{name}' {first}-{last} reaches outside {low}-{high}, what {what} can be"
            yield Finding("pool-range", message, where, source)
    first, last = bounds(draft.intent.pools.rd)
    if first <= last and first <= RD_OWN:
        message = f"pool 'rd' {first}-{last} begins among the indexes that FRR gives out itself, 1 to {RD_OWN}"
        hint = "begin above, at 5000 say: an RD that FRR would have chosen vanishes from its text and reads as drift"
        yield Finding("rd-pool-low", message, draft.where("pools", "rd"), hint, Severity.WARNING)
    for one, other in combinations(("l2vni", "l3vni"), 2):
        first, last = bounds(getattr(draft.intent.pools, one))
        low, high = bounds(getattr(draft.intent.pools, other))
        if first <= high and low <= last:
            message = f"pools '{one}' {first}-{last} and '{other}' {low}-{high} share VNIs"
            there = draft.where("pools", one)
            also = (there,) if there else ()
            yield Finding("overlap", message, draft.where("pools", other), "move one of the two", also=also)
