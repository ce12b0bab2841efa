"""Cables between switches: both ends name each other, with one MTU and one subnet, and are where the site has them."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.compare import differs
from rtmctl.fabric.types import Endpoint, Fabric
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, EthernetPort, PortKind


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


def cables_are_the_sites(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    ports = {(name, port.name): port for name, model in models.items() for port in model.ports}
    for link in fabric.links:
        yield from _cable(link.a, link.b, ports.get((link.a.device, link.a.port)))
        yield from _cable(link.b, link.a, ports.get((link.b.device, link.b.port)))


def _cable(near: Endpoint, far: Endpoint, port: EthernetPort | None) -> Iterator[Finding]:
    here, there = f"{near.device} {near.port}", f"{far.device} {far.port}"
    if port is None:
        yield Finding("link-mismatch", f"{here} has no cable, the site has one to {there}")
        return
    if (port.peer_device, port.peer_port) != (far.device, far.port):
        yield Finding("link-mismatch", f"{here} is cabled to {port.peer_device} {port.peer_port}, not to {there}")
    if port.kind is not PortKind.FABRIC or port.vrf != DEFAULT_VRF or port.untagged_vlan is not None:
        yield Finding("link-mismatch", f"{here} is no port of the underlay, {there} is at its far end")
    yield from differs(here, "addresses", (near.address,) if near.address is not None else (), port.addresses)


def _differences(here: str, port: EthernetPort, there: str, far: EthernetPort) -> Iterator[Finding]:
    if port.mtu != far.mtu:
        yield Finding("link-mismatch", f"{here} has MTU {port.mtu}, {there} has {far.mtu}")
    mine, theirs = ({str(i.network) for i in p.addresses} for p in (port, far))
    if mine != theirs:
        yield Finding(
            "link-mismatch", f"{here} is in {', '.join(mine) or 'no subnet'}, {there} in {', '.join(theirs) or 'none'}"
        )
