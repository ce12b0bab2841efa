"""Ports toward hosts and external peers: the VLANs, VRF and addresses that the site gives whoever hangs there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rtmctl.base import Finding
from rtmctl.base.net import Interface
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.fabric.types import Attachment, Device, Fabric, Host, HostLink
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, EthernetPort, PortKind

_KIND = {
    Attachment.ACCESS: PortKind.ACCESS,
    Attachment.ESI_LAG: PortKind.ACCESS,
    Attachment.TRUNK: PortKind.TRUNK,
    Attachment.ROUTED: PortKind.ROUTED,
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a port is to be, as the site has it."""

    kind: PortKind
    vrf: str
    addresses: tuple[Interface, ...] = ()
    untagged: int | None = None
    tagged: tuple[int, ...] = ()
    peer: tuple[str, str] | None = None


def host_ports_are_the_sites(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        wanted = _wanted(fabric, device)
        seen = {p.name: p for p in model.ports if p.kind not in (PortKind.FABRIC, PortKind.MANAGEMENT)}
        yield from unmatched(device.name, "port", wanted, seen)
        for name in matched(wanted, seen):
            yield from _port(f"{device.name} {name}", wanted[name], seen[name])


def _wanted(fabric: Fabric, device: Device) -> dict[str, _Wanted]:
    found: dict[str, _Wanted] = {}
    for host in fabric.hosts_of(device.name):
        for link in host.links:
            if link.leaf == device.name:
                found[link.port] = _of_host(fabric, host, link)
    for external in fabric.externals_of(device.name):
        before = found.get(external.port)
        addresses = (*(before.addresses if before is not None else ()), external.local)
        found[external.port] = _Wanted(PortKind.ROUTED, external.tenant, addresses)
    return found


def _of_host(fabric: Fabric, host: Host, link: HostLink) -> _Wanted:
    routed = host.attachment is Attachment.ROUTED
    return _Wanted(
        kind=_KIND[host.attachment],
        vrf=host.tenant if routed else DEFAULT_VRF,
        addresses=(link.leaf_address,) if link.leaf_address is not None else (),
        untagged=fabric.segment(host.untagged).vlan if host.untagged is not None else None,
        tagged=tuple(sorted(fabric.segment(name).vlan for name in host.tagged)),
        peer=(host.name, link.nic),
    )


def _port(where: str, wanted: _Wanted, port: EthernetPort) -> Iterator[Finding]:
    yield from differs(where, "kind", wanted.kind, port.kind)
    yield from differs(where, "VRF", wanted.vrf, port.vrf)
    yield from differs(where, "addresses", wanted.addresses, port.addresses)
    yield from differs(where, "untagged VLAN", wanted.untagged, port.untagged_vlan)
    yield from differs(where, "tagged VLANs", wanted.tagged, port.tagged_vlans)
    peer = (port.peer_device, port.peer_port) if port.peer_device is not None else None
    yield from differs(where, "far end", wanted.peer, peer)
