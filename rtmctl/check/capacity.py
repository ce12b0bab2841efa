"""No switch is asked for more ports than it has."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel, PortKind


def ports_suffice(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        names = [port.name for port in model.ports]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield Finding("port-used-twice", f"{device.name} {name} has more than one cable")
        fabric_ports = sum(1 for port in model.ports if port.kind is PortKind.FABRIC)
        if fabric_ports > device.fabric_ports:
            yield Finding(
                "no-free-port", f"{device.name} has {device.fabric_ports} fabric ports, {fabric_ports} links are on it"
            )
        host_ports = len(names) - fabric_ports - sum(1 for p in model.ports if p.kind is PortKind.MANAGEMENT)
        if host_ports > device.host_ports:
            yield Finding(
                "no-free-port", f"{device.name} has {device.host_ports} host ports, {host_ports} cables are on it"
            )
