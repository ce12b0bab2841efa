"""Every cable between switches carries the sessions of underlay and overlay, each in the form the site asks for."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.check.underlay import LEVEL
from rtmctl.fabric.types import Device, Fabric, Link, Overlay
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, Family, Neighbor, NeighborFamily


def every_link_has_its_sessions(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        wanted = {name: entry for link in fabric.links_of(device.name) for name, entry in _wanted(fabric, device, link)}
        seen = {n.name: n for bgp in model.bgp if bgp.vrf == DEFAULT_VRF for n in bgp.neighbors}
        yield from unmatched(device.name, "session", wanted, seen)
        for name in matched(wanted, seen):
            far, families = wanted[name]
            yield from _session(fabric, device, far, seen[name])
            held = {family.family for family in seen[name].families}
            yield from differs(f"{device.name} {name}", "families", families, held)
            for family in seen[name].families:
                yield from _family(fabric, device, far, seen[name], family)


def _wanted(fabric: Fabric, device: Device, link: Link) -> Iterator[tuple[str, tuple[Device, frozenset[Family]]]]:
    end = link.far(device.name)
    far = fabric.device(end.device)
    hop = {Family.IPV4} | ({Family.IPV6} if device.loopback6 is not None else set())
    if fabric.overlay is Overlay.EBGP_DIRECT:
        hop.add(Family.EVPN)
    else:
        yield str(far.loopback), (far, frozenset({Family.EVPN}))
    name = str(end.address.ip) if end.address is not None else link.end(device.name).port
    yield name, (far, frozenset(hop))


def _session(fabric: Fabric, device: Device, far: Device, neighbor: Neighbor) -> Iterator[Finding]:
    where = f"{device.name} {neighbor.name}"
    multihop = neighbor.name == str(far.loopback)
    internal = multihop and fabric.overlay is Overlay.IBGP_RR
    yield from differs(where, "far end", far.name, neighbor.remote_device)
    yield from differs(where, "remote AS", fabric.overlay_asn if internal else far.asn, neighbor.remote_asn)
    yield from differs(where, "name", neighbor.name, str(neighbor.address or neighbor.interface))
    yield from differs(where, "source address", device.loopback if multihop else None, neighbor.update_source)
    hops = neighbor.multihop
    if (hops is None) == (multihop and not internal) or (hops is not None and hops < 2):
        yield Finding("session-mismatch", f"{where}: TTL {hops}, a session between loopbacks of eBGP needs 2 hops")
    bfd = fabric.timers.bfd_interval_ms is not None and not multihop
    yield from differs(where, "BFD", bfd, neighbor.bfd_profile is not None)


def _family(
    fabric: Fabric, device: Device, far: Device, neighbor: Neighbor, family: NeighborFamily
) -> Iterator[Finding]:
    where = f"{device.name} {neighbor.name} {family.family}"
    leaf = LEVEL[device.role] == 0
    evpn = family.family is Family.EVPN
    internal = evpn and fabric.overlay is Overlay.IBGP_RR
    unchanged = evpn and not internal and not leaf
    yield from differs(where, "next hop kept", unchanged, family.next_hop_unchanged)
    reflects = internal and LEVEL[far.role] < LEVEL[device.role]
    yield from differs(where, "reflecting to it", reflects, family.route_reflector_client)
    shared = fabric.allow_shared_as and leaf and fabric.shares_as(device) and not internal
    yield from differs(where, "taking routes with the own AS", shared, family.allowas_in is not None)
    yield from differs(where, "prefix limit", None, family.maximum_prefixes)
    yield from differs(where, "removal of private ASNs", False, family.remove_private_asns)
