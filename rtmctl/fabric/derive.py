"""Derivation: from the intent and a lock that holds every number to the Fabric."""

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, ip_address, ip_interface

from rtmctl.base import SiteInvalid
from rtmctl.base.findings import errors
from rtmctl.base.net import Address
from rtmctl.fabric.allocate import complete, missing
from rtmctl.fabric.demands import (
    address_identity,
    asn_identity,
    first_subnets,
    gateway_of,
    leafs_of_host,
    parse_link_address,
)
from rtmctl.fabric.hardware import hardware
from rtmctl.fabric.lock import Kind, Lock
from rtmctl.fabric.topology import Topology, build_topology
from rtmctl.fabric.types import (
    Attachment,
    Device,
    Endpoint,
    External,
    Fabric,
    Flow,
    Host,
    HostAddress,
    HostLink,
    Link,
    Segment,
    Subnet,
    Tenant,
    Timers,
    Underlay,
)
from rtmctl.intent.schema import fabric as schema
from rtmctl.intent.schema import hosts as host_schema
from rtmctl.intent.schema.tenants import TenantPolicy
from rtmctl.intent.site import Site


def derive(site: Site, lock: Lock) -> Fabric:
    """The site's network. Equal sites and locks give equal fabrics.

    Raises:
        SiteInvalid: the lock lacks what the site needs (run `allocate` first), or cannot hold it.
    """
    completed = complete(site, lock)
    findings = completed.findings
    if not errors(findings):
        findings += missing(site, lock, completed)
    if errors(findings):
        raise SiteInvalid(findings)
    return _Derivation(site, lock).fabric()


class _Derivation:
    def __init__(self, site: Site, lock: Lock) -> None:
        self.site = site
        self.intent = site.intent
        self.lock = lock
        self.topology: Topology = build_topology(site.intent)
        self.numbered = site.intent.fabric.underlay is Underlay.NUMBERED
        hosts = site.intent.hosts
        leafs = lock.of(Kind.LEAF)
        self.leaf_of = {name: leafs[f"host:{name}"] for name in hosts if f"host:{name}" in leafs}

    def fabric(self) -> Fabric:
        intent, options = self.intent, self.intent.fabric
        return Fabric(
            name=intent.site,
            underlay=options.underlay,
            overlay=options.overlay,
            bridge=options.bridge,
            host_mtu=options.mtu.host,
            fabric_mtu=options.mtu.fabric,
            anycast_mac=options.anycast_mac,
            timers=_timers(options.timers),
            devices=self._devices(),
            links=tuple(self._link(upper, lower) for upper, lower in self.topology.links),
            tenants=self._tenants(),
            segments=self._segments(),
            hosts=tuple(self._host(name, host) for name, host in sorted(intent.hosts.items())),
            externals=self._externals(),
            flows=tuple(Flow(f.source, f.to, f.protocol, f.ports, f.via) for f in intent.flows),
            loopback_pool=intent.pools.loopback,
            vtep_pool=intent.pools.vtep,
            loopback6_pool=intent.pools.loopback6,
            overlay_asn=options.admin,
            allow_shared_as=options.allow_shared_as,
        )

    def _devices(self) -> tuple[Device, ...]:
        tenants_of: dict[str, list[str]] = {}
        for tenant, leafs in self.topology.tenant_leafs.items():
            for leaf in leafs:
                tenants_of.setdefault(leaf, []).append(tenant)
        segments_of: dict[str, list[str]] = {}
        for segment, leafs in self.topology.segment_leafs.items():
            for leaf in leafs:
                segments_of.setdefault(leaf, []).append(segment)
        return tuple(
            self._device(name, sorted(tenants_of.get(name, ())), sorted(segments_of.get(name, ())))
            for name in sorted(self.intent.switches)
        )

    def _device(self, name: str, tenants: list[str], segments: list[str]) -> Device:
        switch, lock = self.intent.switches[name], self.lock
        hw = hardware(self.intent, name)
        leaf = switch.role.has_hosts
        rack = self.topology.racks.get(switch.rack, ()) if leaf and switch.rack else ()
        loopback6 = lock.get(Kind.LOOPBACK6, name) if self.intent.pools.loopback6 is not None else None
        instances = [f"segment:{s}" for s in segments] + [f"vrf:{t}" for t in tenants]
        management = lock[Kind.MANAGEMENT, name]
        return Device(
            name=name,
            role=switch.role,
            pod=switch.pod,
            rack=switch.rack,
            platform=hw.platform,
            model=hw.model,
            asn=int(lock[Kind.ASN, asn_identity(name, switch)]),
            loopback=IPv4Address(lock[Kind.LOOPBACK, name]),
            loopback6=IPv6Address(loopback6) if loopback6 is not None else None,
            vtep=IPv4Address(lock[Kind.VTEP, name]) if leaf else None,
            management=IPv4Interface(f"{management}/{self.intent.pools.management.prefixlen}"),
            pair=next((other for other in rack if other != name), None),
            vrf_loopbacks=tuple((t, IPv4Address(lock[Kind.VRF_LOOPBACK, f"{name}:{t}"])) for t in tenants),
            route_distinguishers=tuple((instance, int(lock[Kind.RD, instance])) for instance in instances),
            host_ports=hw.ports.host,
            fabric_ports=hw.ports.fabric,
        )

    def _link(self, upper: str, lower: str) -> Link:
        identity = f"{upper}:{lower}"
        a: IPv4Interface | None = None
        b: IPv4Interface | None = None
        if self.numbered:
            a, b = (IPv4Interface(text) for text in parse_link_address(self.lock[Kind.P2P, identity]))
        return Link(
            identity,
            Endpoint(upper, self.lock[Kind.PORT, f"{upper} {lower}"], a),
            Endpoint(lower, self.lock[Kind.PORT, f"{lower} {upper}"], b),
        )

    def _tenants(self) -> tuple[Tenant, ...]:
        found = []
        for name, tenant in sorted(self.intent.tenants.items()):
            vni = int(self.lock[Kind.L3VNI, name])
            found.append(
                Tenant(
                    name=name,
                    vni=vni,
                    vlan=int(self.lock[Kind.L3VLAN, name]),
                    route_target=f"{self.intent.fabric.admin}:{vni}",
                    filtered=tenant.policy is TenantPolicy.FLOWS,
                )
            )
        return tuple(found)

    def _segments(self) -> tuple[Segment, ...]:
        found = []
        for name, segment in sorted(self.intent.segments.items()):
            vni = int(self.lock[Kind.L2VNI, name])
            subnets = tuple(
                Subnet(subnet, ip_interface(f"{gateway_of(segment, index)}/{subnet.prefixlen}"))
                for index, subnet in enumerate(segment.subnets)
            )
            found.append(
                Segment(
                    name=name,
                    tenant=segment.tenant,
                    vlan=segment.vlan,
                    vni=vni,
                    route_target=f"{self.intent.fabric.admin}:{vni}",
                    subnets=subnets,
                    leafs=self.topology.segment_leafs[name],
                    dhcp_relay=segment.dhcp_relay,
                    router_advertisements=segment.router_advertisements,
                    description=segment.description,
                )
            )
        return tuple(found)

    def _host(self, name: str, host: host_schema.Host) -> Host:
        routed = host.attachment is Attachment.ROUTED
        tagged = host.segments if host.attachment is Attachment.TRUNK else ()
        untagged = None if routed else host.segment
        segments = [s for s in (untagged, *tagged) if s is not None]
        leafs = leafs_of_host(host, name, self.topology, self.leaf_of)
        tenant = host.tenant if routed else self.intent.segments[segments[0]].tenant if segments else host.tenant
        return Host(
            name=name,
            rack=host.rack,
            role=host.role,
            attachment=host.attachment,
            tenant=tenant or "",
            untagged=untagged,
            tagged=tagged,
            links=tuple(self._host_link(name, leaf, f"eth{n}", routed) for n, leaf in enumerate(leafs)),
            addresses=tuple(a for segment in dict.fromkeys(segments) for a in self._host_addresses(name, segment)),
            services=host.services if routed else (),
            asn=int(self.lock[Kind.ASN, f"host:{name}"]) if routed else None,
            loopback=IPv4Address(self.lock[Kind.LOOPBACK, f"host:{name}"]) if routed else None,
            managed=host.managed,
            systemd=host.systemd,
            management=host.management,
        )

    def _host_link(self, host: str, leaf: str, nic: str, routed: bool) -> HostLink:
        ours: IPv4Interface | None = None
        theirs: IPv4Interface | None = None
        if routed and self.numbered:
            subnet = self.lock[Kind.P2P, f"{leaf}:host:{host}"]
            ours, theirs = (IPv4Interface(text) for text in parse_link_address(subnet))
        return HostLink(leaf, self.lock[Kind.PORT, f"{leaf} host:{host}"], nic, ours, theirs)

    def _host_addresses(self, host: str, segment: str) -> list[HostAddress]:
        intent = self.intent.segments[segment]
        found = []
        for index, first in first_subnets(intent):
            address: Address = ip_address(self.lock[Kind.ADDRESS, address_identity(segment, host, first.version)])
            # an explicit address may lie in a later subnet of the segment
            at = next((i for i, subnet in enumerate(intent.subnets) if address in subnet), index)
            interface = ip_interface(f"{address}/{intent.subnets[at].prefixlen}")
            found.append(HostAddress(segment, interface, gateway_of(intent, at)))
        return found

    def _externals(self) -> tuple[External, ...]:
        return tuple(
            External(
                name=name,
                border=external.border,
                port=self.lock[Kind.PORT, f"{external.border} external:{name}"],
                tenant=external.tenant,
                asn=external.asn,
                local=external.local,
                peer=external.peer,
                accept=external.accept,
                announce=external.announce,
                prefix_limit=external.prefix_limit,
                password=external.password,
                firewall=external.firewall,
            )
            for name, external in sorted(self.intent.externals.items())
        )


def _timers(timers: schema.Timers) -> Timers:
    bfd = timers.bfd
    return Timers(
        bfd_interval_ms=bfd.interval_ms if bfd is not None else None,
        bfd_multiplier=bfd.multiplier if bfd is not None else 3,
        keepalive_s=timers.keepalive_s,
        hold_s=timers.hold_s,
        connect_s=timers.connect_s,
        advertisement_interval_s=timers.advertisement_interval_s,
    )
