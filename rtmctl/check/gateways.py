"""Segments: every leaf that carries one has its VLAN, VNI and route target, and the same anycast gateway."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.compare import differs, paired
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
    for finding, vid in paired(device.name, "VLAN", wanted, seen):
        if finding is not None:
            yield finding
        elif vid is not None:
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
    for finding, vid in paired(device.name, "interface of VLAN", {**segments, **transit}, seen):
        if finding is not None:
            yield finding
        elif vid is not None:
            where = f"{device.name} {seen[vid].name}"
            yield from differs(where, "name", f"vlan{vid}", seen[vid].name)
            if vid in segments:
                yield from _gateway(fabric, where, segments[vid], seen[vid])
            else:
                yield from differs(where, "VRF", transit[vid].name, seen[vid].vrf)
                yield from differs(where, "address", (), seen[vid].addresses)
                yield from differs(where, "anycast MAC", None, seen[vid].anycast_mac)
                yield from differs(where, "router advertisements", False, seen[vid].router_advertisements)


def _gateway(fabric: Fabric, where: str, segment: Segment, svi: Svi) -> Iterator[Finding]:
    gateways = tuple(subnet.gateway for subnet in segment.subnets)
    yield from differs(where, "VRF", segment.tenant, svi.vrf)
    yield from differs(where, "gateway", gateways, svi.addresses)
    yield from differs(where, "anycast MAC", fabric.anycast_mac, svi.anycast_mac)
    announces = segment.router_advertisements and any(gateway.version == 6 for gateway in gateways)
    yield from differs(where, "router advertisements", announces, svi.router_advertisements)
    servers = {server for relay in svi.dhcp_relays for server in relay.servers}
    yield from differs(where, "DHCP servers", set(segment.dhcp_relay), servers)


def _targets(device: Device, segments: Mapping[int, Segment], model: DeviceModel) -> Iterator[Finding]:
    indexes = dict(device.route_distinguishers)
    wanted = {segment.vni: segment for segment in segments.values()}
    seen = {found.vni: found for found in model.mac_vrfs}
    for finding, vni in paired(device.name, "EVPN instance of VNI", wanted, seen):
        if finding is not None:
            yield finding
        elif vni is not None:
            where = f"{device.name} VNI {vni}"
            yield from differs(where, "route target", wanted[vni].route_target, seen[vni].route_target)
            distinguisher = f"{device.loopback}:{indexes[f'segment:{wanted[vni].name}']}"
            yield from differs(where, "route distinguisher", distinguisher, seen[vni].rd)
