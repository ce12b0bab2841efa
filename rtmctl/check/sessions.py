"""Both ends of every BGP session between our switches configure each other alike."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.base.net import Address
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import BgpInstance, DeviceModel, Neighbor

_End = tuple[DeviceModel, BgpInstance, Neighbor]


def sessions_agree(_fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    ends: dict[tuple[str, str, str], list[_End]] = {}
    for model in models.values():
        for instance in model.bgp:
            for neighbor in instance.neighbors:
                key = (model.hostname, instance.vrf, neighbor.remote_device or "")
                ends.setdefault(key, []).append((model, instance, neighbor))
    owners = {(vrf, address): model.hostname for model in models.values() for vrf, address in _addresses(model)}
    for (device, vrf, remote), found in sorted(ends.items()):
        if remote in models:
            for end in found:
                yield from _session(end, ends.get((remote, vrf, device), []), owners)


def _addresses(model: DeviceModel) -> Iterator[tuple[str, Address]]:
    for port in model.ports:
        for interface in port.addresses:
            yield port.vrf, interface.ip
    for loopback in model.loopbacks:
        for interface in loopback.addresses:
            yield loopback.vrf, interface.ip


def _session(end: _End, back: list[_End], owners: Mapping[tuple[str, Address], str]) -> Iterator[Finding]:
    model, instance, neighbor = end
    name = f"{model.hostname} {neighbor.name}"
    remote = neighbor.remote_device
    if neighbor.address is not None and owners.get((instance.vrf, neighbor.address)) != remote:
        yield Finding("session-mismatch", f"{name}: {neighbor.address} is not an address of {remote}")
        return
    far = next((other for other in back if _is_back(end, other)), None)
    if far is None:
        yield Finding("session-mismatch", f"{name}: {remote} has no session back")
        return
    far_instance, far_neighbor = far[1], far[2]
    far_asn = far_neighbor.local_asn or far_instance.asn
    if neighbor.remote_asn != far_asn:
        yield Finding("session-mismatch", f"{name}: expects AS {neighbor.remote_asn}, {remote} is AS {far_asn}")
    mine, theirs = ({f.family for f in n.families} for n in (neighbor, far_neighbor))
    if mine != theirs:
        only = ", ".join(sorted(mine ^ theirs))
        yield Finding("session-mismatch", f"{name}: address family {only} is configured on one end alone")
    if (neighbor.bfd_profile is None) != (far_neighbor.bfd_profile is None):
        yield Finding("session-mismatch", f"{name}: BFD is configured on one end alone")
    if neighbor.password != far_neighbor.password:
        yield Finding("session-mismatch", f"{name}: the two ends have different passwords")


def _is_back(end: _End, other: _End) -> bool:
    """Whether `other` is the far end: for an unnumbered session the two ports are one cable's ends."""
    model, _, neighbor = end
    far_model, _, far = other
    if neighbor.interface is not None:
        if far.interface is None:
            return False
        port = next((p for p in model.ports if p.name == neighbor.interface), None)
        return port is not None and (port.peer_device, port.peer_port) == (far_model.hostname, far.interface)
    own = neighbor.update_source
    if own is not None:
        return far.address == own and far.update_source == neighbor.address
    return (
        far.address is not None
        and far.update_source is None
        and any(far.address == interface.ip for port in model.ports for interface in port.addresses)
    )
