"""BGP instances as the site wants them: one a VRF, timers, load sharing, what a spine keeps and a leaf announces."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.check.underlay import LEVEL
from rtmctl.fabric.types import Device, Fabric
from rtmctl.model.types import DEFAULT_VRF, BgpInstance, DeviceModel, Family


def instances_are_the_sites(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    for device in fabric.devices:
        model = models.get(device.name)
        if model is not None:
            yield from _device(fabric, device, model)


def _device(fabric: Fabric, device: Device, model: DeviceModel) -> Iterator[Finding]:
    wanted = {DEFAULT_VRF: device.loopback, **dict(device.vrf_loopbacks)}
    seen = {bgp.vrf: bgp for bgp in model.bgp}
    yield from unmatched(device.name, "BGP in VRF", wanted, seen)
    for vrf in matched(wanted, seen):
        yield from differs(f"{device.name} VRF {vrf}", "router id", wanted[vrf], seen[vrf].router_id)
        yield from _instance(fabric, device, seen[vrf])
    yield from differs(device.name, "BFD", _bfd(fabric), {(p.tx_ms, p.rx_ms, p.multiplier) for p in model.bfd_profiles})


def _bfd(fabric: Fabric) -> set[tuple[int, int, int]]:
    timers = fabric.timers
    interval = timers.bfd_interval_ms
    return set() if interval is None else {(interval, interval, timers.bfd_multiplier)}


def _instance(fabric: Fabric, device: Device, bgp: BgpInstance) -> Iterator[Finding]:
    where, timers, leaf = f"{device.name} VRF {bgp.vrf}", fabric.timers, LEVEL[device.role] == 0
    for name in ("keepalive_s", "hold_s", "connect_s", "advertisement_interval_s"):
        yield from differs(where, name, getattr(timers, name), getattr(bgp, name))
    uplinks = sum(1 for link in fabric.links_of(device.name) if link.b.device == device.name)
    if bgp.maximum_paths < max(uplinks, 2):
        yield Finding("model-mismatch", f"{where}: {bgp.maximum_paths} paths share the load, there are {uplinks}")
    # EVPN has no graceful restart in FRR (issue 9749)
    yield from differs(where, "graceful restart", False, bgp.graceful_restart)
    yield from differs(where, "load sharing through different ASes", True, bgp.multipath_relax)
    default = bgp.vrf == DEFAULT_VRF
    yield from differs(where, "announcing of VNIs", default and leaf, bgp.advertise_all_vni)
    yield from differs(where, "keeping of foreign route targets", default and not leaf, bgp.retain_route_targets)
    families = {Family.IPV4} if not default else set()
    if not default and any(version == 6 for version in _versions(fabric, bgp.vrf)):
        families.add(Family.IPV6)
    yield from differs(where, "families announced by EVPN", families, set(bgp.advertise_to_evpn))


def _versions(fabric: Fabric, tenant: str) -> Iterator[int]:
    for segment in fabric.segments:
        if segment.tenant == tenant:
            yield from (subnet.network.version for subnet in segment.subnets)
    yield from (service.version for host in fabric.hosts if host.tenant == tenant for service in host.services)
    yield from (external.peer.version for external in fabric.externals if external.tenant == tenant)
