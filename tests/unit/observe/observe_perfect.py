"""The states that devices would show if the network were exactly as modelled and every host had just spoken."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network

from rtmctl.base.net import Address, Interface
from rtmctl.device.state import (
    ArpEntry,
    BfdSession,
    BgpSession,
    DeviceState,
    EvpnRoute,
    FamilyState,
    LinkState,
    LldpNeighbor,
    MacEntry,
    NextHop,
    RelayState,
    Route,
    VniState,
)
from rtmctl.fabric import Fabric
from rtmctl.fabric.types import Attachment, Overlay
from rtmctl.model import DeviceModel
from rtmctl.model.types import DEFAULT_VRF, PortKind
from rtmctl.observe import Reading
from rtmctl.observe.expect import connected, default_prefixes, drained, l2_members, l3_vnis, originated, underlay
from rtmctl.observe.predict import vrf_routes

VERSION = "10.3"


def reading(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Reading:
    states = perfect_states(fabric, models)
    return Reading(fabric, models, states, states)


def perfect_states(fabric: Fabric, models: Mapping[str, DeviceModel]) -> dict[str, DeviceState]:
    hosts = _hosts(fabric, models)
    return {name: _state(fabric, models, model, hosts) for name, model in models.items()}


def host_mac(number: int) -> str:
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def _hosts(
    fabric: Fabric, models: Mapping[str, DeviceModel]
) -> dict[str, list[tuple[int, int, str, str, tuple[Address, ...], str, str]]]:
    """Leaf to (VNI, VLAN, MAC, port, addresses, VRF, SVI) of the bridged hosts on it."""
    found: dict[str, list[tuple[int, int, str, str, tuple[Address, ...], str, str]]] = {name: [] for name in models}
    for number, host in enumerate(fabric.hosts):
        if host.attachment is Attachment.ROUTED:
            continue
        cable = host.links[0]
        for name in dict.fromkeys(a.segment for a in host.addresses):
            segment = fabric.segment(name)
            addresses = tuple(a.interface.ip for a in host.addresses if a.segment == name)
            svi = next(s.name for s in models[cable.leaf].svis if s.vid == segment.vlan)
            entry = (segment.vni, segment.vlan, host_mac(number), cable.port, addresses, segment.tenant, svi)
            found[cable.leaf].append(entry)
    return found


def _state(
    fabric: Fabric, models: Mapping[str, DeviceModel], model: DeviceModel, hosts: dict[str, list]
) -> DeviceState:
    name = model.hostname
    own = hosts[name]
    return DeviceState(
        hostname=name,
        version=VERSION,
        boot_id=f"boot-{name}",
        links=_links(model),
        lldp=tuple(
            LldpNeighbor(p.name, p.peer_device, p.peer_port or "")
            for p in model.ports
            if p.kind is PortKind.FABRIC and p.peer_device
        ),
        bgp=_bgp(model),
        bfd=_bfd(models, model),
        vnis=_vnis(models, model),
        evpn=_evpn(models, model, hosts),
        routes=_routes(fabric, models, model, hosts),
        arp=tuple(ArpEntry(vrf, svi, a, mac, False) for _, _, mac, _, addresses, vrf, svi in own for a in addresses),
        macs=tuple(MacEntry(vlan, vni, mac, port, None) for vni, vlan, mac, port, _, _, _ in own),
        dhcp_relays=tuple(
            RelayState(svi.name, svi.vrf, relay.source, relay.servers, True, 2, 2)
            for svi in model.svis
            for relay in svi.dhcp_relays
        ),
    )


def link(name: str, vrf: str, mtu: int, mac: str, addresses: tuple[Interface, ...]) -> LinkState:
    return LinkState(name, vrf, True, True, mtu, mac, addresses, 0, 0, 0, 0, 0, 0)


def _links(model: DeviceModel) -> tuple[LinkState, ...]:
    mac = "0a:00:00:00:00:01"
    found = [link(p.name, p.vrf, p.mtu, mac, p.addresses) for p in model.ports]
    found += [link(s.name, s.vrf, s.mtu, s.anycast_mac or mac, s.addresses) for s in model.svis]
    found += [link(lo.name, lo.vrf, 65536, mac, lo.addresses) for lo in model.loopbacks]
    found += [link(f"vni{v.vni}", DEFAULT_VRF, 1500, mac, ()) for v in model.vlans if v.vni]
    return tuple(found)


def _bgp(model: DeviceModel) -> tuple[BgpSession, ...]:
    return tuple(
        BgpSession(
            bgp.vrf,
            n.name,
            n.remote_asn,
            "Established",
            60.0,
            bgp.hold_s,
            tuple(FamilyState(f.family, 1, 1) for f in n.families),
            n.remote_device,
        )
        for bgp in model.bgp
        for n in bgp.neighbors
    )


def _bfd(models: Mapping[str, DeviceModel], model: DeviceModel) -> tuple[BfdSession, ...]:
    profiles = {p.name: p for p in model.bfd_profiles}
    found = []
    for bgp in model.bgp:
        for n in bgp.neighbors:
            if n.bfd_profile is not None:
                p = profiles[n.bfd_profile]
                peer = str(n.address) if n.address else "fe80::1"
                timers = (p.tx_ms, p.rx_ms, p.multiplier)
                found.append(BfdSession(bgp.vrf, peer, n.interface, True, *timers, *timers))
    return tuple(found)


def _vnis(models: Mapping[str, DeviceModel], model: DeviceModel) -> tuple[VniState, ...]:
    if model.vtep is None:
        return ()
    members = l2_members(models)
    layer3 = l3_vnis(model)
    found = [VniState(vni, 3, vrf, f"vni{vni}", (), 0) for vni, vrf in layer3.items()]
    svi_vrf = {s.vid: s.vrf for s in model.svis}
    for vlan in model.vlans:
        if vlan.vni is not None and vlan.vni not in layer3:
            remote = tuple(v for name, v in members[vlan.vni].items() if name != model.hostname)
            found.append(VniState(vlan.vni, 2, svi_vrf.get(vlan.vid, DEFAULT_VRF), f"vni{vlan.vni}", remote, 0))
    return tuple(found)


def _evpn(models: Mapping[str, DeviceModel], model: DeviceModel, hosts: dict[str, list]) -> tuple[EvpnRoute, ...]:
    found = []
    for name, far in models.items():
        if far.vtep is None:
            continue
        rds = {m.vni: m.rd for m in far.mac_vrfs}
        found += [EvpnRoute(3, rd, str(far.vtep)) for rd in rds.values()]
        for vrf in far.vrfs:
            found += [EvpnRoute(5, vrf.rd, str(far.vtep), prefix=p) for p in originated(far, vrf.name)]
        for vni, _, mac, _, addresses, _, _ in hosts[name]:
            found.append(EvpnRoute(2, rds[vni], str(far.vtep), mac=mac))
            found += [EvpnRoute(2, rds[vni], str(far.vtep), mac=mac, ip=a) for a in addresses]
    return tuple(found)


def _routes(
    fabric: Fabric, models: Mapping[str, DeviceModel], model: DeviceModel, hosts: dict[str, list]
) -> tuple[Route, ...]:
    name = model.hostname
    shut = drained(models)
    reach = underlay(fabric, shut)
    found = []
    for far_name, far in models.items():
        if (name, far_name) in reach:
            hops = tuple(NextHop(None, port) for port in sorted(reach[name, far_name].ports))
            found += [Route(DEFAULT_VRF, p, "bgp", hops) for p in default_prefixes(far)]
    for vrf in model.vrfs:
        for network, interface in connected(model, vrf.name).items():
            if network.prefixlen < network.max_prefixlen:
                found.append(Route(vrf.name, network, "kernel", (NextHop(None, interface),)))
        vnis = {v.name for v in model.vrfs}
        for far_name, entries in hosts.items():
            for _, _, _, _, addresses, tenant, _ in entries:
                if far_name != name and tenant == vrf.name and tenant in vnis:
                    hop = NextHop(models[far_name].vtep, f"vlan{vrf.l3vlan}")
                    found += [Route(tenant, ip_network(a), "bgp", (hop,)) for a in addresses]
    by_hops = fabric.overlay is not Overlay.IBGP_RR
    for route in vrf_routes(fabric, models, reach, shut, by_hops=by_hops).get(name, ()):
        if route.local:
            hops = tuple(NextHop(None, port) for port in route.next_hops)
        else:
            vteps = {str(m.vtep): m.vtep for m in models.values()}
            hops = tuple(NextHop(vteps[v], "l3") for v in route.next_hops)
        found.append(Route(route.vrf, route.prefix, "bgp", hops))
    return tuple(found)


def change(base: Reading, device: str, **fields: object) -> Reading:
    """The reading with some fields of one device's state replaced."""
    states = dict(base.states)
    states[device] = replace(states[device], **fields)  # type: ignore[arg-type]
    return replace(base, states=states)
