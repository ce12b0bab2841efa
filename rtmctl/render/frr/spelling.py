"""FRR's spelling of model values, both ways."""

from rtmctl.base.net import Network
from rtmctl.model.types import Action, Family, FilterRule, PrefixRule, Vrf

FAMILIES = {
    Family.IPV4: "ipv4 unicast",
    Family.IPV6: "ipv6 unicast",
    Family.EVPN: "l2vpn evpn",
}
FAMILY_OF = {text: family for family, text in FAMILIES.items()}

MULTIPATH_DEFAULT = 256
"""`maximum-paths` is not written at the value FRR was compiled with; Debian compiles with this one"""
ALLOWAS_IN_DEFAULT = 3
"""the count of `allowas-in` that is not written"""
BFD_INTERVAL_MS = 300
BFD_MULTIPLIER = 3
KEEPALIVE_S = 3
HOLD_S = 9
"""what `frr defaults datacenter` leaves unwritten"""

WELL_KNOWN = {
    "graceful-shutdown": 0xFFFF0000,
    "accept-own": 0xFFFF0001,
    "route-filter-translated-v4": 0xFFFF0002,
    "route-filter-v4": 0xFFFF0003,
    "route-filter-translated-v6": 0xFFFF0004,
    "route-filter-v6": 0xFFFF0005,
    "llgr-stale": 0xFFFF0006,
    "no-llgr": 0xFFFF0007,
    "accept-own-nexthop": 0xFFFF0008,
    "blackhole": 0xFFFF029A,
    "no-export": 0xFFFFFF01,
    "no-advertise": 0xFFFFFF02,
    "local-AS": 0xFFFFFF03,
    "no-peer": 0xFFFFFF04,
}
"""RFC 1997 and IANA's registry of well-known communities, as FRR names them"""


def community_value(text: str) -> int:
    """The 32 bits by which FRR sorts communities (RFC 1997).

    Raises:
        ValueError: neither well known nor AS:N.
    """
    if text in WELL_KNOWN:
        return WELL_KNOWN[text]
    high, _, low = text.partition(":")
    return (int(high) << 16) + int(low)


def communities(values: tuple[str, ...]) -> str:
    return " ".join(sorted(values, key=community_value))


def prefix_rule(rule: PrefixRule) -> str:
    """`permit 10.0.0.0/8 ge 24 le 32`; every prefix of a version is `any`."""
    network: Network = rule.network
    if network.prefixlen == 0 and rule.ge is None and rule.le == network.max_prefixlen:
        return f"{rule.action} any"
    bounds = "".join(f" {word} {bound}" for word, bound in (("ge", rule.ge), ("le", rule.le)) if bound is not None)
    return f"{rule.action} {network}{bounds}"


LEAKS = "LEAKS-INTO-"
"""prefix of the route map that gathers the leak policies of a VRF"""


def derived_target(asn: int, vni: int) -> str:
    """The route target FRR derives (RFC 8365 §5.1.2.1). FRR forgets an explicit one that equals it."""
    return f"{asn & 0xFFFF}:{vni}"


def leak_policy(vrf: Vrf) -> str:
    """FRR takes one route map for all VRFs that are imported: with more than one, a map that calls theirs."""
    return vrf.leaks[0].policy if len(vrf.leaks) == 1 else f"{LEAKS}{vrf.name}"


def filter_rule(rule: FilterRule) -> str:
    """One nft rule; `meta l4proto` where no port names the protocol."""
    ip = "ip" if rule.source.version == 4 else "ip6"
    words = [f"{ip} saddr {rule.source} {ip} daddr {rule.destination}"]
    if rule.source_ports:
        words.append(f"{rule.protocol} sport {_ports(rule.source_ports)}")
    if rule.destination_ports:
        words.append(f"{rule.protocol} dport {_ports(rule.destination_ports)}")
    if rule.protocol != "any" and len(words) == 1:
        protocol = ICMP[rule.source.version] if rule.protocol == "icmp" else rule.protocol
        words.append(f"meta l4proto {protocol}")
    words.append("counter")
    words.append(VERDICTS[rule.action])
    if rule.comment:
        words.append(f'comment "{rule.comment}"')
    return " ".join(words)


def _ports(ports: tuple[int, ...]) -> str:
    return "{ " + ", ".join(str(port) for port in ports) + " }"


ICMP = {4: "icmp", 6: "icmpv6"}
VERDICTS = {Action.PERMIT: "accept", Action.DENY: "drop"}


def secret(reference: str) -> str:
    """The token of a secret; one that only the device knows stays the keyed hash that the device gave for it."""
    return reference if reference.startswith("hmac:") else f"{{{{secret:{reference}}}}}"
