"""The Linux side of a model as its templates walk over it: stanzas of ifupdown2, notes, patterns."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rtmctl.fabric.types import BridgeForm
from rtmctl.model.types import (
    DEFAULT_VRF,
    BgpInstance,
    DeviceModel,
    DhcpRelay,
    EthernetPort,
    Family,
    PortKind,
    Svi,
    Vlan,
)
from rtmctl.render.frr.notes import Note
from rtmctl.render.frr.sessions import arrange
from rtmctl.render.frr.spelling import MULTIPATH_DEFAULT

BRIDGE = "br0"


@dataclass(frozen=True, slots=True)
class VlanStanza:
    """A VLAN with what hangs on it. `ports`: members of its own bridge in the traditional form."""

    vlan: Vlan
    svi: Svi | None
    ports: tuple[str, ...]


def interfaces(model: DeviceModel) -> Mapping[str, object]:
    """The names that templates/frr/interfaces.j2 uses."""
    svis = {svi.vid: svi for svi in model.svis}
    bridged = [port for port in model.ports if port.kind in (PortKind.ACCESS, PortKind.TRUNK)]
    loopbacks = {found.vrf: found.addresses for found in model.loopbacks}
    return {
        "aware": model.bridge is BridgeForm.VLAN_AWARE,
        "notes": [note.text for note in _notes(model)],
        "lo": loopbacks.get(DEFAULT_VRF, ()),
        "vrfs": [(vrf, loopbacks.get(vrf.name, ())) for vrf in model.vrfs],
        "ports": [(port, _port_note(port).text) for port in model.ports],
        "members": [*(port.name for port in bridged), *vxlan_names(model.vlans)],
        "vids": [vlan.vid for vlan in model.vlans],
        "vlans": [VlanStanza(vlan, svis.get(vlan.vid), tuple(_members(bridged, vlan))) for vlan in model.vlans],
        "tagged": [
            (f"{port.name}.{vid}", port) for port in bridged if port.kind is PortKind.TRUNK for vid in port.tagged_vlans
        ],
        "bridge_mac": bridge_mac(model),
    }


def vxlan_names(vlans: Iterable[Vlan]) -> list[str]:
    return [f"vni{vlan.vni}" for vlan in vlans if vlan.vni is not None]


def bridge_mac(model: DeviceModel) -> str:
    """The device's own MAC on its bridges, which is also the router MAC of its type 2 and 5 routes (RFC 9135 §5.1).

    A locally administered one from the router id: stable, whatever ports join or leave the bridge.
    """
    return ":".join(["02", "00", *(f"{octet:02x}" for octet in model.router_id.packed[-4:])])


def relays(model: DeviceModel) -> list[tuple[Svi, DhcpRelay]]:
    return [(svi, relay) for svi in model.svis for relay in svi.dhcp_relays]


def relayed_vxlans(model: DeviceModel) -> list[str]:
    """VXLAN devices of the segments that are relayed: requests that come from there have a relay of their own."""
    relayed = {svi.vid for svi in model.svis if svi.dhcp_relays}
    return vxlan_names(vlan for vlan in model.vlans if vlan.vid in relayed)


def port_pattern(model: DeviceModel) -> str:
    """lldpd's interface pattern of the model's ports: `eth*,swp*`."""
    stems = {re.sub(r"\d+$", "", port.name) + "*" for port in model.ports}
    return ",".join(sorted(stems)) or "!*"


def _members(bridged: Iterable[EthernetPort], vlan: Vlan) -> Iterable[str]:
    for port in bridged:
        if port.untagged_vlan == vlan.vid:
            yield port.name
        if vlan.vid in port.tagged_vlans:
            yield f"{port.name}.{vlan.vid}"
    if vlan.vni is not None:
        yield f"vni{vlan.vni}"


def _port_note(port: EthernetPort) -> Note:
    return Note.of("port", kind=port.kind, peer_device=port.peer_device, peer_port=port.peer_port)


def _notes(model: DeviceModel) -> Iterable[Note]:
    yield Note.of(
        "device",
        platform=model.platform,
        hardware=model.hardware,
        role=model.role,
        asn=model.asn,
        router_id=model.router_id,
        vtep=model.vtep,
        bridge=model.bridge,
        drained="yes" if model.drained else None,
    )
    for vlan in model.vlans:
        yield Note.of("vlan", vid=vlan.vid, name=vlan.name)
    for bgp in model.bgp:
        yield from _bgp_notes(bgp)


def _bgp_notes(bgp: BgpInstance) -> Iterable[Note]:
    """FRR keeps the EVPN route targets and next hops of others without being told; timers stand with sessions only."""
    silent = not bgp.neighbors
    unicast = any(lines.family is not Family.EVPN for lines in arrange(bgp, has_evpn=False).families)
    note = Note.of(
        "bgp",
        vrf=bgp.vrf,
        retain_route_targets="yes" if bgp.retain_route_targets else None,
        timers=f"{bgp.keepalive_s},{bgp.hold_s},{bgp.connect_s},{bgp.advertisement_interval_s}" if silent else None,
        maximum_paths=bgp.maximum_paths if bgp.maximum_paths != MULTIPATH_DEFAULT and not unicast else None,
    )
    if len(note.values) > 1:
        yield note
    for neighbor in bgp.neighbors:
        unchanged = any(f.next_hop_unchanged for f in neighbor.families if f.family is Family.EVPN)
        if neighbor.remote_device is not None or unchanged:
            yield Note.of(
                "neighbor",
                vrf=bgp.vrf,
                name=neighbor.name,
                device=neighbor.remote_device,
                next_hop_unchanged="yes" if unchanged else None,
            )
