"""What a deviation is about, spelled one way, so that one that follows from another is recognised. Pure."""

from collections.abc import Iterable

from rtmctl.model.types import DeviceModel, EthernetPort, Neighbor


def end(device: str, port: str) -> str:
    """One end of a cable."""
    return f"{device} {port}"


def ends(device: str, port: EthernetPort) -> frozenset[str]:
    """Both ends of a port's cable as planned."""
    near = {end(device, port.name)}
    return frozenset(near | {end(port.peer_device, port.peer_port or "")} if port.peer_device else near)


def ends_to(model: DeviceModel, neighbor: Neighbor) -> frozenset[str]:
    """The far device of a session, and the cables it may run over: all those to that device."""
    cables = [ends(model.hostname, port) for port in model.ports if _leads_to(port, neighbor)]
    return frozenset({neighbor.remote_device} if neighbor.remote_device else ()).union(*cables)


def _leads_to(port: EthernetPort, neighbor: Neighbor) -> bool:
    if neighbor.remote_device is not None:
        return port.peer_device == neighbor.remote_device
    if neighbor.interface is not None:
        return port.name == neighbor.interface
    return any(neighbor.address in address.network for address in port.addresses)


def ends_of(model: DeviceModel, ports: Iterable[str]) -> frozenset[str]:
    """Both ends of the cables at some ports."""
    names = frozenset(ports)
    return frozenset().union(*(ends(model.hostname, port) for port in model.ports if port.name in names))
