"""Both ends of every cable between switches name each other, have one MTU and, numbered, one subnet."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel, EthernetPort, PortKind


def ends_agree(_fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    ports = {(model.hostname, port.name): port for model in models.values() for port in model.ports}
    for (device, name), port in sorted(ports.items()):
        if port.kind is not PortKind.FABRIC:
            continue
        far = ports.get((port.peer_device or "", port.peer_port or ""))
        here, there = f"{device} {name}", f"{port.peer_device} {port.peer_port}"
        if far is None or (far.peer_device, far.peer_port) != (device, name):
            back = f"{far.peer_device} {far.peer_port}" if far is not None else "nothing"
            yield Finding("link-mismatch", f"{here} is cabled to {there}, which is cabled to {back}")
        elif here < there:
            yield from _differences(here, port, there, far)


def _differences(here: str, port: EthernetPort, there: str, far: EthernetPort) -> Iterator[Finding]:
    if port.mtu != far.mtu:
        yield Finding("link-mismatch", f"{here} has MTU {port.mtu}, {there} has {far.mtu}")
    mine, theirs = ({str(i.network) for i in p.addresses} for p in (port, far))
    if mine != theirs:
        yield Finding(
            "link-mismatch", f"{here} is in {', '.join(mine) or 'no subnet'}, {there} in {', '.join(theirs) or 'none'}"
        )
