"""Gateway filters from the flow matrix.

Stateless: what a flow allows from A to B stands at A's gateways, and its way back at B's, with the ports on the other
side. They see only what is routed between segments; traffic inside a segment never reaches a gateway.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from rtmctl.base.net import Network
from rtmctl.fabric.types import Fabric, Flow, Protocol, Segment
from rtmctl.intent.schema.flows import LEAK
from rtmctl.model.policies import host_route
from rtmctl.model.types import Action, FilterRule, GatewayFilter

_ANY: dict[int, Network] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}


class Filters:
    """Computed once for a fabric: the rules of a segment are the same on every leaf that carries it."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._by_tenant: dict[str, list[Segment]] = {tenant.name: [] for tenant in fabric.tenants}
        for segment in fabric.segments:
            self._by_tenant[segment.tenant].append(segment)
        self._subnets = {
            name: tuple(subnet.network for segment in segments for subnet in segment.subnets)
            for name, segments in self._by_tenant.items()
        }
        self._leaked = self._leaks()
        self._ipv6 = {name for name, subnets in self._subnets.items() if any(n.version == 6 for n in subnets)}
        self._ipv6 |= {h.tenant for h in fabric.hosts if any(s.version == 6 for s in h.services)}
        self._ipv6 |= {e.tenant for e in fabric.externals if e.peer.version == 6}
        flows: dict[str, list[tuple[Flow, bool]]] = {}
        for flow in sorted(fabric.flows, key=_flow_key):
            flows.setdefault(flow.source, []).append((flow, True))
            flows.setdefault(flow.to, []).append((flow, False))
        self._filters = {s.name: self._filter(s, flows.get(s.name, [])) for s in fabric.segments}

    def of(self, segment: Segment) -> GatewayFilter | None:
        """None when everything may pass."""
        return self._filters[segment.name]

    def tenant_subnets(self, tenant: str) -> tuple[Network, ...]:
        return self._subnets[tenant]

    def has_ipv6(self, tenant: str) -> bool:
        return tenant in self._ipv6

    def leaked_into(self, tenant: str) -> dict[str, tuple[Network, ...]]:
        """Other tenant → the subnets of it that this one must reach; sorted by name."""
        return self._leaked.get(tenant, {})

    def _leaks(self) -> dict[str, dict[str, tuple[Network, ...]]]:
        wanted: dict[str, dict[str, dict[Network, None]]] = {}
        for flow in sorted(self._fabric.flows, key=_flow_key):
            if flow.via != LEAK:
                continue
            a, b = self._fabric.segment(flow.source), self._fabric.segment(flow.to)
            for into, source in ((a, b), (b, a)):
                networks = wanted.setdefault(into.tenant, {}).setdefault(source.tenant, {})
                networks.update({subnet.network: None for subnet in source.subnets})
        return {
            into: {other: tuple(networks) for other, networks in sorted(found.items())}
            for into, found in wanted.items()
        }

    def _filter(self, segment: Segment, flows: list[tuple[Flow, bool]]) -> GatewayFilter | None:
        filtered = self._fabric.tenant(segment.tenant).filtered
        own = {subnet.network for subnet in segment.subnets}
        closed: list[Network] = []
        if filtered:
            closed += [n for n in self._subnets[segment.tenant] if n not in own]
        # a leak opens the way for its flows only, also in a tenant that is open within
        closed += [n for networks in self.leaked_into(segment.tenant).values() for n in networks]
        if not closed and not filtered:
            return None
        rules: dict[FilterRule, None] = dict.fromkeys(self._dhcp(segment))
        for flow, forward in flows:
            rules.update(dict.fromkeys(self._allow(segment, flow, forward)))
        denies = sorted(set(closed), key=lambda n: (n.version, int(n.network_address), n.prefixlen))
        rules.update(dict.fromkeys(FilterRule(Action.DENY, _ANY[n.version], n, "any") for n in denies))
        return GatewayFilter(segment.name, "", segment.tenant, tuple(rules))

    def _dhcp(self, segment: Segment) -> Iterable[FilterRule]:
        """Renewals, which hosts send to the server itself, and its answers (RFC 2131 §4.3.2). All else passes the
        relay, whose source is in no segment; DHCPv6 hosts renew through it too (RFC 8415 §18.2.4)."""
        for hosts in self._by_tenant[segment.tenant]:
            for server in hosts.dhcp_relay:
                homes = [s for s in self._by_tenant[segment.tenant] if any(server in n.network for n in s.subnets)]
                if server.version != 4 or segment not in (hosts, *homes) or hosts in homes:
                    continue
                for subnet in hosts.subnets:
                    if subnet.network.version == 4:
                        ways = (subnet.network, host_route(server)), (host_route(server), subnet.network)
                        (source, to), ports = (ways[0], (68, 67)) if segment is hosts else (ways[1], (67, 68))
                        comment = f"DHCP of {hosts.name}"
                        yield FilterRule(Action.PERMIT, source, to, "udp", ports[:1], ports[1:], comment)

    def _allow(self, segment: Segment, flow: Flow, forward: bool) -> Iterable[FilterRule]:
        other = self._fabric.segment(flow.to if forward else flow.source)
        if other.name == segment.name:
            return
        ports = tuple(sorted(set(flow.ports))) if flow.protocol in (Protocol.TCP, Protocol.UDP) else ()
        for here in segment.subnets:
            for there in other.subnets:
                if here.network.version == there.network.version:
                    yield FilterRule(
                        Action.PERMIT,
                        here.network,
                        there.network,
                        str(flow.protocol),
                        source_ports=() if forward else ports,
                        destination_ports=ports if forward else (),
                        comment=f"{flow.source} to {flow.to}" + ("" if forward else ", return"),
                    )


def _flow_key(flow: Flow) -> tuple[str, str, str, tuple[int, ...]]:
    return (flow.source, flow.to, str(flow.protocol), flow.ports)
