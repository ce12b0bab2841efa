"""The tenants on a leaf: VLANs, VNIs, gateways, VRFs and BGP inside them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, ip_interface

from rtmctl.base.net import Address, Network
from rtmctl.fabric.types import Attachment, External, Host, HostLink, Segment, Tenant
from rtmctl.model.filters import Filters
from rtmctl.model.parts import Parts
from rtmctl.model.policies import exact, export_policy, host_route, import_policy, is_private, prefix_lists, select
from rtmctl.model.types import (
    Action,
    DhcpRelay,
    EthernetPort,
    Family,
    Lag,
    Loopback,
    MacVrf,
    Neighbor,
    NeighborFamily,
    PortKind,
    PrefixList,
    PrefixRule,
    Svi,
    Vlan,
    Vrf,
    VrfLeak,
)

DEFAULTS: Mapping[int, Network] = {4: IPv4Network("0.0.0.0/0"), 6: ip_interface("::/0").network}


def build_tenants(parts: Parts, filters: Filters) -> None:
    fabric, device = parts.fabric, parts.device
    vrf_loopbacks = dict(device.vrf_loopbacks)
    for segment in fabric.segments_of(device.name):
        _segment(parts, segment, vrf_loopbacks[segment.tenant])
        found = filters.of(segment)
        if found is not None:
            parts.filters.append(replace(found, svi=svi_name(segment.vlan)))
    for name, address in device.vrf_loopbacks:
        _Vrf(parts, filters, fabric.tenant(name), address).build()
    for host in fabric.hosts_of(device.name):
        if host.attachment is not Attachment.ROUTED:
            for link in host.links:
                if link.leaf == device.name:
                    _bridged_port(parts, host, link)


def svi_name(vid: int) -> str:
    return f"vlan{vid}"


def _segment(parts: Parts, segment: Segment, loopback: IPv4Address) -> None:
    gateways = tuple(subnet.gateway for subnet in segment.subnets)
    parts.vlans.append(Vlan(segment.vlan, segment.name, segment.vni))
    parts.mac_vrfs.append(MacVrf(segment.vni, parts.rd(f"segment:{segment.name}"), segment.route_target))
    parts.svis.append(
        Svi(
            name=svi_name(segment.vlan),
            vid=segment.vlan,
            vrf=segment.tenant,
            mtu=parts.fabric.host_mtu,
            addresses=gateways,
            anycast_mac=parts.fabric.anycast_mac,
            dhcp_relays=tuple(_relays(parts, segment, loopback)),
            router_advertisements=segment.router_advertisements and any(g.version == 6 for g in gateways),
        )
    )


def _relays(parts: Parts, segment: Segment, loopback: IPv4Address) -> Iterator[DhcpRelay]:
    sources: tuple[Address, ...] = (loopback, parts.fabric.vrf_loopback6(loopback))
    for source in sources:
        servers = tuple(server for server in segment.dhcp_relay if server.version == source.version)
        links = [subnet.gateway.ip for subnet in segment.subnets if subnet.gateway.version == source.version]
        if servers and links:
            yield DhcpRelay(links[0], source, servers)


def _bridged_port(parts: Parts, host: Host, link: HostLink) -> None:
    vlans = {segment.name: segment.vlan for segment in parts.fabric.segments_of(parts.device.name)}
    trunk = host.attachment is Attachment.TRUNK
    lag = _lag(parts.fabric.name, host.name, link.port) if host.attachment is Attachment.ESI_LAG else None
    if lag is not None:
        parts.lags.append(lag)
    port = EthernetPort(
        name=link.port,
        kind=PortKind.TRUNK if trunk else PortKind.ACCESS,
        description=f"{host.name} {link.nic}",
        mtu=parts.fabric.host_mtu,
        untagged_vlan=vlans.get(host.untagged) if host.untagged is not None else None,
        tagged_vlans=tuple(sorted(vlans[segment] for segment in host.tagged if segment in vlans)),
        peer_device=host.name,
        peer_port=link.nic,
        lag=lag.name if lag is not None else None,
    )
    parts.ports.append(port)


def _lag(fabric: str, host: str, port: str) -> Lag:
    """Both leafs derive the same identifiers from the host's name, without asking each other."""
    digest = hashlib.sha256(f"{fabric} {host}".encode()).digest()
    return Lag(
        name=f"lag-{port}",
        members=(port,),
        esi=(b"\x00" + digest[:9]).hex(":"),
        # locally administered, unicast
        system_mac=(b"\x02" + digest[9:14]).hex(":"),
    )


class _Vrf:
    """One tenant on one leaf."""

    def __init__(self, parts: Parts, filters: Filters, tenant: Tenant, loopback: IPv4Address) -> None:
        self.parts = parts
        self.filters = filters
        self.tenant = tenant
        self.loopback = loopback
        self.subnets = filters.tenant_subnets(tenant.name)
        self.six = filters.has_ipv6(tenant.name)
        # One of each IP version, always there: FRR forgets a VTEP's router MAC, and with it the routes of the other
        # version, when the last route of one version goes (FRR issue 16340), such as that of a host that fell silent.
        self.loopbacks: tuple[Address, ...] = (loopback,)
        if self.six:
            self.loopbacks += (parts.fabric.vrf_loopback6(loopback),)
        device = parts.device.name
        self.hosts = [
            h for h in parts.fabric.hosts_of(device) if h.attachment is Attachment.ROUTED and h.tenant == tenant.name
        ]
        self.externals = [e for e in parts.fabric.externals_of(device) if e.tenant == tenant.name]

    def build(self) -> None:
        parts, tenant = self.parts, self.tenant
        parts.loopbacks.append(Loopback(tenant.name, tenant.name, tuple(ip_interface(own) for own in self.loopbacks)))
        parts.vlans.append(Vlan(tenant.vlan, tenant.name, tenant.vni))
        parts.svis.append(Svi(svi_name(tenant.vlan), tenant.vlan, tenant.name, parts.fabric.host_mtu))
        parts.vrfs.append(
            Vrf(
                name=tenant.name,
                l3vni=tenant.vni,
                l3vlan=tenant.vlan,
                rd=parts.rd(f"vrf:{tenant.name}"),
                route_target=tenant.route_target,
                leaks=self._leaks(),
            )
        )
        neighbors = [self._host_session(host, link) for host in self.hosts for link in self._links(host)]
        neighbors += [self._external_session(external) for external in self.externals]
        parts.bgp.append(
            replace(
                parts.instance(tenant.name, self.loopback, neighbors),
                redistribute_connected=self._connected(),
                advertise_to_evpn=(Family.IPV4, Family.IPV6) if self.six else (Family.IPV4,),
            )
        )

    def _lists(self, name: str, rules: list[PrefixRule]) -> tuple[PrefixList, ...]:
        return self.parts.add_lists(prefix_lists(name, rules))

    def _connected(self) -> str:
        """Subnets of the segments and the VRF's loopbacks; transfer networks stay here."""
        local = [s.network for seg in self._segments() for s in seg.subnets]
        name = f"CONNECTED-{self.tenant.name}"
        return self.parts.add_policy(select(name, self._lists(name, exact([*local, *map(host_route, self.loopbacks)]))))

    def _segments(self) -> list[Segment]:
        return [s for s in self.parts.fabric.segments_of(self.parts.device.name) if s.tenant == self.tenant.name]

    def _leaks(self) -> tuple[VrfLeak, ...]:
        here = {name for name, _ in self.parts.device.vrf_loopbacks}
        leaks = []
        for other, networks in self.filters.leaked_into(self.tenant.name).items():
            if other in here:
                name = f"LEAK-{other}-{self.tenant.name}"
                leaks.append(VrfLeak(other, self.parts.add_policy(select(name, self._lists(name, exact(networks))))))
        return tuple(leaks)

    def _links(self, host: Host) -> list[HostLink]:
        return [link for link in host.links if link.leaf == self.parts.device.name]

    def _host_session(self, host: Host, link: HostLink) -> Neighbor:
        """A routed host: it may announce its loopback and its services, and gets the tenant's subnets and more."""
        parts = self.parts
        own = [host_route(host.loopback)] if host.loopback is not None else []
        own += [service.network for service in host.services]
        accepted = self._lists(f"HOST-{host.name}", exact(own))
        imports = parts.add_policy(import_policy(f"HOST-{host.name}-IN", accepted))
        exports = parts.add_policy(
            export_policy(f"HOST-OUT-{self.tenant.name}", self._for_hosts(), drained=parts.drained)
        )
        versions = {4} | {network.version for network in own}
        families = tuple(
            NeighborFamily(family, import_policy=imports, export_policy=exports)
            for family, version in ((Family.IPV4, 4), (Family.IPV6, 6))
            if version in versions
        )
        parts.ports.append(
            EthernetPort(
                name=link.port,
                kind=PortKind.ROUTED,
                description=f"{host.name} {link.nic}",
                mtu=parts.fabric.host_mtu,
                addresses=(link.leaf_address,) if link.leaf_address is not None else (),
                vrf=self.tenant.name,
                peer_device=host.name,
                peer_port=link.nic,
            )
        )
        numbered = link.host_address
        return Neighbor(
            name=str(numbered.ip) if numbered is not None else link.port,
            remote_asn=host.asn or 0,
            remote_device=host.name,
            description=f"{host.name} {link.nic}",
            families=families,
            interface=None if numbered is not None else link.port,
            address=numbered.ip if numbered is not None else None,
            bfd_profile=parts.bfd,
            local_asn=parts.local_asn,
        )

    def _for_hosts(self) -> tuple[PrefixList, ...]:
        """What a routed host learns: all the VRF knows but the single addresses inside segments.

        Everything in the VRF passed a policy where it came in, so that the list grows with segments, not with hosts.
        """
        rules = [
            PrefixRule(Action.DENY, subnet, ge=subnet.prefixlen + 1, le=subnet.max_prefixlen)
            for subnet in sorted(self.subnets, key=lambda n: (n.version, int(n.network_address), n.prefixlen))
            if subnet.prefixlen < subnet.max_prefixlen
        ]
        for version in (4, 6) if self.six else (4,):
            rules.append(PrefixRule(Action.PERMIT, DEFAULTS[version], le=DEFAULTS[version].max_prefixlen))
        return self._lists(f"HOST-OUT-{self.tenant.name}", rules)

    def _external_session(self, external: External) -> Neighbor:
        """Accepts and announces exact prefixes only. The default route enters the fabric here and nowhere else:
        it is announced inside as long as the peer gives it."""
        parts = self.parts
        version = external.peer.version
        accept = [n for n in external.accept if n.version == version]
        if not accept and external.accept == (DEFAULTS[4],):
            accept = [DEFAULTS[version]]
        announce = external.announce or self.subnets
        taken = self._lists(f"EXT-{external.name}-IN", exact(accept))
        given = self._lists(f"EXT-{external.name}-OUT", exact(n for n in announce if n.version == version))
        self._external_port(external)
        family = NeighborFamily(
            Family.IPV4 if version == 4 else Family.IPV6,
            import_policy=parts.add_policy(import_policy(f"EXT-{external.name}-IN", taken)),
            export_policy=parts.add_policy(export_policy(f"EXT-{external.name}-OUT", given, drained=parts.drained)),
            maximum_prefixes=external.prefix_limit,
            remove_private_asns=not is_private(external.asn),
        )
        return Neighbor(
            name=str(external.peer.ip),
            remote_asn=external.asn,
            remote_device=None,
            description=f"external {external.name}",
            families=(family,),
            address=external.peer.ip,
            password=external.password,
            local_asn=parts.local_asn,
        )

    def _external_port(self, external: External) -> None:
        """The IPv4 and the IPv6 session to one peer share its cable."""
        ports = self.parts.ports
        for number, port in enumerate(ports):
            if port.name == external.port and port.vrf == self.tenant.name:
                ports[number] = replace(port, addresses=(*port.addresses, external.local))
                return
        ports.append(
            EthernetPort(
                name=external.port,
                kind=PortKind.ROUTED,
                description=f"external {external.name}",
                mtu=self.parts.fabric.host_mtu,
                addresses=(external.local,),
                vrf=self.tenant.name,
            )
        )
