"""Gateway filters are the flow matrix: both directions of a flow pass (filters are stateless), all else is denied."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

from rtmctl.base import Finding
from rtmctl.base.net import Network
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.fabric.types import Fabric, Protocol, Segment
from rtmctl.intent.schema.flows import LEAK
from rtmctl.model.types import Action, DeviceModel, FilterRule

_ANY: Mapping[int, Network] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}
_Packets = tuple[Network, Network, str, tuple[int, ...], tuple[int, ...]]
"""source, destination, protocol, source ports, destination ports"""


def filters_are_the_matrix(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    matrix = _Matrix(fabric)
    judged: dict[tuple[str, tuple[FilterRule, ...]], tuple[Finding, ...]] = {}
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        wanted = {s.name: s for s in fabric.segments_of(device.name) if matrix.is_filtered(s)}
        seen = {found.segment: found for found in model.filters}
        yield from unmatched(device.name, "filter of segment", wanted, seen)
        for name in matched(wanted, seen):
            where, found = f"{device.name} filter of {name}", seen[name]
            yield from differs(where, "interface", f"vlan{wanted[name].vlan}", found.svi)
            yield from differs(where, "VRF", wanted[name].tenant, found.vrf)
            key = (name, found.rules)
            if key not in judged:
                judged[key] = tuple(matrix.judge(where, wanted[name], found.rules))
            yield from judged[key]


class _Matrix:
    """What the site allows from each segment, and what must stay closed to it."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._allowed: dict[str, dict[_Packets, str]] = {segment.name: {} for segment in fabric.segments}
        self._leaked: dict[str, set[Network]] = {tenant.name: set() for tenant in fabric.tenants}
        for flow in fabric.flows:
            source, to = fabric.segment(flow.source), fabric.segment(flow.to)
            ports = tuple(sorted(set(flow.ports))) if flow.protocol in (Protocol.TCP, Protocol.UDP) else ()
            text = f"{flow.source} to {flow.to}"
            for a, b in _pairs(source, to):
                self._allowed[source.name][a, b, str(flow.protocol), (), ports] = text
                self._allowed[to.name][b, a, str(flow.protocol), ports, ()] = f"the answers of {text}"
            if flow.via == LEAK:
                self._leaked[source.tenant].update(_networks(to))
                self._leaked[to.tenant].update(_networks(source))

        for hosts in fabric.segments:
            self._allow_renewals(hosts)

    def _allow_renewals(self, hosts: Segment) -> None:
        """Hosts renew a DHCPv4 lease with the server itself (RFC 2131 §4.3.2)."""
        for server in hosts.dhcp_relay:
            for home in self._fabric.segments:
                near = home.tenant == hosts.tenant and home.name != hosts.name
                if near and server.version == 4 and any(server in network for network in _networks(home)):
                    single = ip_network(server)
                    for network in (n for n in _networks(hosts) if n.version == 4):
                        text = f"DHCP of {hosts.name}"
                        self._allowed[hosts.name][network, single, "udp", (68,), (67,)] = text
                        self._allowed[home.name][single, network, "udp", (67,), (68,)] = f"the answers of {text}"

    def is_filtered(self, segment: Segment) -> bool:
        return self._fabric.tenant(segment.tenant).filtered or bool(self._leaked[segment.tenant])

    def judge(self, where: str, segment: Segment, rules: tuple[FilterRule, ...]) -> Iterator[Finding]:
        allowed, closed = self._allowed[segment.name], self._closed(segment)
        permits = {_packets(rule): n for n, rule in enumerate(rules) if rule.action is Action.PERMIT}
        denies = {_packets(rule): n for n, rule in enumerate(rules) if rule.action is Action.DENY}
        for packets, text in allowed.items():
            stopped = [n for deny, n in denies.items() if deny[1].overlaps(packets[1])]
            if packets not in permits or any(n < permits[packets] for n in stopped):
                yield Finding("filter-mismatch", f"{where} stops {text}, which the site allows")
        for packets in permits.keys() - allowed.keys():
            yield Finding("filter-mismatch", f"{where} lets {packets[0]} to {packets[1]} pass, no flow asks for it")
        for network in closed - {deny[1] for deny in denies if deny == _closing(deny[1])}:
            yield Finding("filter-mismatch", f"{where} does not close {network}: more than the flows passes")
        for deny in denies.keys() - set(map(_closing, closed)):
            yield Finding("filter-mismatch", f"{where} closes {deny[1]}, which the site leaves open")

    def _closed(self, segment: Segment) -> set[Network]:
        """A tenant of `policy: flows` closes its other segments; a leak closes what it makes reachable."""
        closed = set(self._leaked[segment.tenant])
        if self._fabric.tenant(segment.tenant).filtered:
            closed.update(n for s in self._fabric.segments if s.tenant == segment.tenant for n in _networks(s))
        return closed - set(_networks(segment))


def _pairs(source: Segment, to: Segment) -> Iterator[tuple[Network, Network]]:
    if source.name != to.name:
        yield from ((a, b) for a in _networks(source) for b in _networks(to) if a.version == b.version)


def _networks(segment: Segment) -> tuple[Network, ...]:
    return tuple(subnet.network for subnet in segment.subnets)


def _closing(network: Network) -> _Packets:
    return _ANY[network.version], network, "any", (), ()


def _packets(rule: FilterRule) -> _Packets:
    return rule.source, rule.destination, rule.protocol, rule.source_ports, rule.destination_ports
