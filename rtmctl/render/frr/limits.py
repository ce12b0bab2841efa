"""What platform frr cannot express, so that nothing of a model is lost in silence."""

from collections.abc import Iterable

from rtmctl.model.types import DEFAULT_VRF, DeviceModel, EthernetPort, GatewayFilter, PortKind

_LONGEST_COMMENT = 128
"""bytes, NFT_USERDATA_COMMENT"""


def unsupported(model: DeviceModel) -> tuple[str, ...]:
    """One sentence each, empty when everything can be rendered."""
    return (*_ports(model), *_interfaces(model), *_routing(model), *_filters(model.filters))


def _ports(model: DeviceModel) -> Iterable[str]:
    for lag in model.lags:
        yield f"LAG {lag.name} (no EVPN multihoming on plain Linux)"
    for port in model.ports:
        if port.lag is not None:
            yield f"port {port.name} in LAG {port.lag}"
        if port.vrf != DEFAULT_VRF and _bridged(port):
            yield f"bridged port {port.name} in VRF {port.vrf}"
        if not _bridged(port) and (port.untagged_vlan is not None or port.tagged_vlans):
            yield f"VLANs on routed port {port.name}"
        if port.kind is PortKind.ACCESS and port.tagged_vlans:
            yield f"tagged VLANs on access port {port.name}"


def _bridged(port: EthernetPort) -> bool:
    return port.kind in (PortKind.ACCESS, PortKind.TRUNK)


def _interfaces(model: DeviceModel) -> Iterable[str]:
    vrfs = {vrf.name: vrf for vrf in model.vrfs}
    vids = {vlan.vid: vlan for vlan in model.vlans}
    for loopback in model.loopbacks:
        if loopback.name != ("lo" if loopback.vrf == DEFAULT_VRF else loopback.vrf):
            yield f"loopback {loopback.name} in VRF {loopback.vrf}: it stands on lo or on the VRF's device"
        if not loopback.addresses:
            yield f"loopback {loopback.name} without an address"
    for svi in model.svis:
        if svi.name != f"vlan{svi.vid}":
            yield f"SVI {svi.name} of VLAN {svi.vid}: it is called vlan{svi.vid}"
        if svi.dhcp_relays and svi.vrf == DEFAULT_VRF:
            yield f"DHCP relay on SVI {svi.name} outside of any VRF"
        if svi.vid not in vids:
            yield f"SVI {svi.name} without its VLAN"
    for vrf in vrfs.values():
        if vids.get(vrf.l3vlan) is None or vids[vrf.l3vlan].vni != vrf.l3vni:
            yield f"VRF {vrf.name}: VLAN {vrf.l3vlan} does not carry L3 VNI {vrf.l3vni}"
    if model.vtep is None and any(vlan.vni is not None for vlan in model.vlans):
        yield "VXLAN without a VTEP address"


def _routing(model: DeviceModel) -> Iterable[str]:
    instances = {bgp.vrf for bgp in model.bgp}
    for vrf in model.vrfs:
        if vrf.name not in instances:
            yield f"VRF {vrf.name} without a BGP instance for its route distinguisher"
    for bgp in model.bgp:
        if bgp.vrf != DEFAULT_VRF and bgp.vrf not in {vrf.name for vrf in model.vrfs}:
            yield f"BGP in VRF {bgp.vrf}, which is not on the device"
        for neighbor in bgp.neighbors:
            if neighbor.name != (neighbor.interface or str(neighbor.address)):
                yield f"neighbor {neighbor.name}: it is called by its interface or address"
    if model.mac_vrfs and DEFAULT_VRF not in instances:
        yield "EVPN instances without BGP in the default VRF"
    for found in model.prefix_lists:
        if len({rule.network.version for rule in found.rules}) != 1:
            yield f"prefix list {found.name}: empty or of both IP versions"


def _filters(filters: tuple[GatewayFilter, ...]) -> Iterable[str]:
    for found in filters:
        for rule in found.rules:
            if rule.source.version != rule.destination.version:
                yield f"filter {found.segment}: {rule.source} to {rule.destination}"
            if (rule.source_ports or rule.destination_ports) and rule.protocol not in ("tcp", "udp"):
                yield f"filter {found.segment}: ports of protocol {rule.protocol}"
            if len(rule.comment.encode()) > _LONGEST_COMMENT or '"' in rule.comment or "\n" in rule.comment:
                yield f"filter {found.segment}: comment {rule.comment!r}"
