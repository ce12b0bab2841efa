"""The `nftables` section read back."""

import re
from ipaddress import ip_network

from rtmctl.model.types import FilterRule, GatewayFilter
from rtmctl.render.frr.spelling import ICMP, VERDICTS

_ACTIONS = {verdict: action for action, verdict in VERDICTS.items()}
_PROTOCOLS = dict.fromkeys(ICMP.values(), "icmp")
_HEAD = re.compile(r"^# (?P<segment>\S+) behind (?P<svi>\S+) in VRF (?P<vrf>\S+)$")
_CHAIN = re.compile(r"^chain (from-\S+|gateway) \{$")
_RULE = re.compile(
    r"^ip6? saddr (?P<source>\S+) ip6? daddr (?P<destination>\S+)"
    r"(?: (?P<protocol>tcp|udp)(?= [sd]port))?"
    r"(?:(?: (?:tcp|udp))? sport \{ (?P<sports>[\d, ]+) \})?"
    r"(?:(?: (?:tcp|udp))? dport \{ (?P<dports>[\d, ]+) \})?"
    r"(?: meta l4proto (?P<l4>\S+))?"
    r' counter (?P<verdict>accept|drop)(?: comment "(?P<comment>[^"]*)")?$'
)
_FRAME = re.compile(
    r"^(#.*|table (inet|bridge) rtmctl( \{)?|delete table (inet|bridge) rtmctl|chain (relayed|spread) \{|\}"
    r"|type filter hook .*|icmpv6 type .* accept|udp sport \d+ udp dport \d+ accept"
    r"|oifname \"vni\*\" meta mark set 1"
    r"|iifname \{ [^}]+ \} udp sport \d+ udp dport \d+ drop|iifname \"\S+\" jump from-\S+)?$"
)


def read_filters(text: str) -> tuple[GatewayFilter, ...]:
    """Raises ValueError naming the line."""
    filters: list[GatewayFilter] = []
    head: re.Match[str] | None = None
    rules: list[FilterRule] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if found := _HEAD.match(content):
            head = found
        elif found := _CHAIN.match(content):
            inside, rules = found[1] != "gateway", []
            if inside and (head is None or found[1] != f"from-{head['segment']}"):
                raise ValueError(f"nftables:{number}: a chain of no segment: {content!r}")
        elif inside and content == "}" and head is not None:
            filters.append(GatewayFilter(head["segment"], head["svi"], head["vrf"], tuple(rules)))
            inside = False
        elif inside and (rule := _RULE.match(content)):
            rules.append(_rule(rule))
        elif inside or not _FRAME.match(content):
            raise ValueError(f"nftables:{number}: not understood: {content!r}")
    return tuple(filters)


def _rule(found: re.Match[str]) -> FilterRule:
    l4 = found["l4"]
    return FilterRule(
        action=_ACTIONS[found["verdict"]],
        source=ip_network(found["source"]),
        destination=ip_network(found["destination"]),
        protocol=found["protocol"] or _PROTOCOLS.get(l4, l4) or "any",
        source_ports=_ports(found["sports"]),
        destination_ports=_ports(found["dports"]),
        comment=found["comment"] or "",
    )


def _ports(text: str | None) -> tuple[int, ...]:
    return tuple(int(port) for port in text.split(",")) if text else ()
