"""What of the fabric itself an address, a MAC or a name is: gateways, loopbacks, VTEPs, links, switches. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtmctl.base.net import Address
from rtmctl.device.state import DeviceState, LinkState
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, PortKind


@dataclass(frozen=True, slots=True)
class Owned:
    """One place in the fabric that an address or a MAC belongs to."""

    what: str
    device: str
    interface: str
    vrf: str
    address: str
    there: bool | None
    """whether the device has it now; None: it could not be read"""


def owned(
    models: Mapping[str, DeviceModel],
    states: Mapping[str, DeviceState],
    *,
    name: str = "",
    addresses: Iterable[Address] = (),
    macs: Iterable[str] = (),
) -> tuple[Owned, ...]:
    """Everything of a device's `name`, and of all devices what has one of the addresses or MACs (lower case)."""
    wanted, wanted_macs = frozenset(addresses), frozenset(macs)
    found = []
    for device, model in sorted(models.items()):
        links = states[device].links if device in states else None
        for what, interface, vrf, address in _addresses(model):
            if device == name or address in wanted:
                there = None if links is None else _has(links, vrf, address)
                found.append(Owned(what, device, interface, vrf, str(address), there))
        for link in links or ():
            if link.mac.lower() in wanted_macs:
                found.append(Owned(_mac(model, link), device, link.name, link.vrf, link.mac.lower(), True))
    return tuple(found)


def _addresses(model: DeviceModel) -> Iterator[tuple[str, str, str, Address]]:
    """(what, interface, VRF, address)"""
    segments = {vlan.vid: vlan.name for vlan in model.vlans}
    for loopback in model.loopbacks:
        for address in loopback.addresses:
            is_vtep = loopback.vrf == DEFAULT_VRF and address.ip == model.vtep
            what = "VTEP" if is_vtep else "loopback" if loopback.vrf == DEFAULT_VRF else "loopback in the VRF"
            yield what, loopback.name, loopback.vrf, address.ip
    for port in model.ports:
        what = "management" if port.kind is PortKind.MANAGEMENT else f"link to {port.peer_device or 'nobody'}"
        for address in port.addresses:
            yield what, port.name, port.vrf, address.ip
    for svi in model.svis:
        for address in svi.addresses:
            kind = "anycast gateway" if svi.anycast_mac is not None else "gateway"
            yield f"{kind} of {segments.get(svi.vid, svi.name)}", svi.name, svi.vrf, address.ip


def _has(links: Iterable[LinkState], vrf: str, address: Address) -> bool:
    """The management port stands in a VRF of its own on some platforms: any is right there."""
    return any(a.ip == address and (link.vrf == vrf or link.name == "eth0") for link in links for a in link.addresses)


def _mac(model: DeviceModel, link: LinkState) -> str:
    anycast = {svi.name: svi.anycast_mac for svi in model.svis if svi.anycast_mac is not None}
    if (anycast.get(link.name) or "").lower() == link.mac.lower():
        return "anycast gateway's MAC"
    port = next((p for p in model.ports if p.name == link.name), None)
    return f"port to {port.peer_device}" if port is not None and port.peer_device else "interface"
