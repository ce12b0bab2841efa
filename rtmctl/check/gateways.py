"""Segments: every leaf that carries one has its VLAN, VNI and route target, and the same anycast gateway."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from rtmctl.base import Finding
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.fabric.types import Device, Fabric, Segment, Tenant
from rtmctl.model.types import DeviceModel, Svi


def gateways_are_alike(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        segments = {segment.vlan: segment for segment in fabric.segments_of(device.name)}
        transit = {tenant.vlan: tenant for name, _ in device.vrf_loopbacks for tenant in (fabric.tenant(name),)}
        yield from _vlans(device, segments, transit, model)
        yield from _svis(fabric, device, segments, transit, model)
        yield from _targets(device, segments, model)


def _vlans(
    device: Device, segments: Mapping[int, Segment], transit: Mapping[int, Tenant], model: DeviceModel
) -> Iterator[Finding]:
    wanted = {vid: (segment.name, segment.vni) for vid, segment in segments.items()}
    wanted |= {vid: (tenant.name, tenant.vni) for vid, tenant in transit.items()}
    seen = {vlan.vid: vlan for vlan in model.vlans}
    yield from unmatched(device.name, "VLAN", wanted, seen)
    for vid in matched(wanted, seen):
        yield from differs(f"{device.name} VLAN {vid}", "name", wanted[vid][0], seen[vid].name)
        yield from differs(f"{device.name} VLAN {vid}", "VNI", wanted[vid][1], seen[vid].vni)


def _svis(
    fabric: Fabric,
    device: Device,
    segments: Mapping[int, Segment],
    transit: Mapping[int, Tenant],
    model: DeviceModel,
) -> Iterator[Finding]:
    seen = {svi.vid: svi for svi in model.svis}
    yield from unmatched(device.name, "interface of VLAN", {**segments, **transit}, seen)
    for vid in matched({**segments, **transit}, seen):
        where = f"{device.name} {seen[vid].name}"
        yield from differs(where, "name", f"vlan{vid}", seen[vid].name)
        if vid in segments:
            loopback = dict(device.vrf_loopbacks)[segments[vid].tenant]
            yield from _gateway(fabric, where, segments[vid], seen[vid], loopback)
        else:
            yield from differs(where, "VRF", transit[vid].name, seen[vid].vrf)
            yield from differs(where, "address", (), seen[vid].addresses)
            yield from differs(where, "anycast MAC", None, seen[vid].anycast_mac)
            yield from differs(where, "router advertisements", False, seen[vid].router_advertisements)


def _gateway(fabric: Fabric, where: str, segment: Segment, svi: Svi, loopback: IPv4Address) -> Iterator[Finding]:
    gateways = tuple(subnet.gateway for subnet in segment.subnets)
    yield from differs(where, "VRF", segment.tenant, svi.vrf)
    yield from differs(where, "gateway", gateways, svi.addresses)
    yield from differs(where, "anycast MAC", fabric.anycast_mac, svi.anycast_mac)
    announces = segment.router_advertisements and any(gateway.version == 6 for gateway in gateways)
    yield from differs(where, "router advertisements", announces, svi.router_advertisements)
    yield from _relays(fabric, where, segment, svi, loopback)


def _relays(fabric: Fabric, where: str, segment: Segment, svi: Svi, loopback: IPv4Address) -> Iterator[Finding]:
    """Each server is asked for the segment's own subnet, and answers to this very leaf: no anycast address."""
    own = {loopback, fabric.vrf_loopback6(loopback)}
    gateways = {subnet.gateway.ip for subnet in segment.subnets}
    versions = {gateway.version for gateway in gateways}
    wanted = {server for server in segment.dhcp_relay if server.version in versions}
    yield from differs(where, "DHCP servers", wanted, {server for relay in svi.dhcp_relays for server in relay.servers})
    for relay in svi.dhcp_relays:
        version = relay.source.version
        yield from differs(where, "DHCP relay's source is its own", True, relay.source in own)
        yield from differs(where, "DHCP relay's link is its gateway", True, relay.link in gateways)
        alike = {address.version for address in (relay.link, *relay.servers)} == {version}
        yield from differs(where, "DHCP relay of one IP version", True, alike)


def _targets(device: Device, segments: Mapping[int, Segment], model: DeviceModel) -> Iterator[Finding]:
    indexes = dict(device.route_distinguishers)
    wanted = {segment.vni: segment for segment in segments.values()}
    seen = {found.vni: found for found in model.mac_vrfs}
    yield from unmatched(device.name, "EVPN instance of VNI", wanted, seen)
    for vni in matched(wanted, seen):
        where = f"{device.name} VNI {vni}"
        yield from differs(where, "route target", wanted[vni].route_target, seen[vni].route_target)
        distinguisher = f"{device.loopback}:{indexes[f'segment:{wanted[vni].name}']}"
        yield from differs(where, "route distinguisher", distinguisher, seen[vni].rd)
