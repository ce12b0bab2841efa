"""Readings of a DeviceState that several checks share: hosts on own ports, routes by prefix."""

from collections.abc import Mapping

from rtmctl.base.net import Address, Network
from rtmctl.device.state import DeviceState, MacEntry, Route
from rtmctl.model.types import DeviceModel, PortKind


def host_ports(model: DeviceModel) -> frozenset[str]:
    """Ports behind which MACs are learnt; of a LAG's members, the LAG."""
    return frozenset(p.lag or p.name for p in model.ports if p.kind in (PortKind.ACCESS, PortKind.TRUNK))


def own_entries(model: DeviceModel, state: DeviceState) -> tuple[tuple[int, MacEntry], ...]:
    """(L2 VNI, entry) of every MAC the device learnt on a host port; its own and multicast MACs left out."""
    vni_of = {v.vid: v.vni for v in model.vlans}
    access = {p.name: p.untagged_vlan for p in model.ports if p.kind is PortKind.ACCESS}
    ports = host_ports(model)
    own = {link.mac.lower() for link in state.links}
    found = []
    for entry in state.macs:
        if entry.remote_vtep is not None or entry.port not in ports or entry.mac.lower() in own:
            continue
        if int(entry.mac[:2], 16) & 1:
            continue
        vlan = entry.vlan if entry.vlan is not None else access.get(entry.port)
        vni = entry.vni if entry.vni is not None else vni_of.get(vlan) if vlan is not None else None
        if vni is not None:
            found.append((vni, entry))
    return tuple(found)


def local_macs(model: DeviceModel, state: DeviceState) -> dict[int, frozenset[str]]:
    """L2 VNI to the MACs (lower case) of hosts on the device's own ports."""
    macs: dict[int, set[str]] = {}
    for vni, entry in own_entries(model, state):
        macs.setdefault(vni, set()).add(entry.mac.lower())
    return {vni: frozenset(found) for vni, found in macs.items()}


def local_hosts(model: DeviceModel, state: DeviceState) -> dict[tuple[str, Address], str]:
    """(VRF, address) to MAC of the hosts on own ports whose address the device resolved."""
    macs = {mac for found in local_macs(model, state).values() for mac in found}
    svis = {s.name for s in model.svis}
    return {
        (entry.vrf, entry.address): entry.mac.lower()
        for entry in state.arp
        if not entry.remote
        and entry.interface in svis
        and entry.mac.lower() in macs
        and not entry.address.is_link_local
    }


def routes_by_prefix(state: DeviceState) -> Mapping[tuple[str, Network], Route]:
    """(VRF, prefix) to the kernel's route; of several the first, which has the lowest metric."""
    table: dict[tuple[str, Network], Route] = {}
    for route in state.routes:
        table.setdefault((route.vrf, route.prefix), route)
    return table
