"""Every switch of the site has a model that is this switch's: role, addresses, and what `lo` holds and announces."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from rtmctl.base import Finding
from rtmctl.base.net import Network
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.fabric.types import Device, Fabric
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, PortKind


def devices_are_the_sites(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    expected = {device.name: device for device in fabric.devices}
    yield from unmatched(fabric.name, "switch", expected, models)
    for name in matched(expected, models):
        yield from _device(fabric, expected[name], models[name])


def own_prefixes(device: Device) -> tuple[Network, ...]:
    """The single addresses of a switch that the underlay carries."""
    own = (device.loopback, device.vtep, device.loopback6)
    return tuple(ip_interface(address).network for address in own if address is not None)


def _device(fabric: Fabric, device: Device, model: DeviceModel) -> Iterator[Finding]:
    name = device.name
    yield from differs(name, "role", device.role, model.role)
    yield from differs(name, "platform", device.platform, model.platform)
    yield from differs(name, "model of switch", device.model, model.hardware)
    yield from differs(name, "form of the bridge", fabric.bridge, model.bridge)
    yield from differs(name, "router id", device.loopback, model.router_id)
    yield from differs(name, "VTEP", device.vtep, model.vtep)
    own = frozenset(own_prefixes(device))
    held = {i.network for lo in model.loopbacks if (lo.name, lo.vrf) == ("lo", DEFAULT_VRF) for i in lo.addresses}
    yield from differs(name, "loopback lo", own, held)
    announced = {network for bgp in model.bgp if bgp.vrf == DEFAULT_VRF for network in bgp.networks}
    yield from differs(name, "what it announces into the underlay", own, announced)
    management = [port.addresses for port in model.ports if port.kind is PortKind.MANAGEMENT]
    yield from differs(name, "management address", [(device.management,)], management)
    addresses = sum(len(host.addresses) for host in fabric.hosts)
    if model.neighbor_table < addresses:
        yield Finding("model-mismatch", f"{name}: room for {model.neighbor_table} neighbours, hosts have {addresses}")
