"""Targets by name, as a person writes them; what is not there is answered with the nearest name that is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError
from rtmctl.base.order import natural_key
from rtmctl.drill.faults.options import shown
from rtmctl.drill.types import Removed
from rtmctl.fabric.types import Device, External, Fabric, Host, Role, Segment
from rtmctl.intent.names import suggest
from rtmctl.model.types import DeviceModel, PortKind


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable that a fault is about."""

    name: str
    """'spine1:leaf3', 'leaf3:h1', 'border1:transit1': the upper end first"""
    near: str
    """the end that was named first"""
    far: str
    ports: Mapping[str, str]
    """port of each end that is the site's own: not of an external peer"""
    removed: Removed
    """what the fabric is without when the cable is gone"""


def find_cable(fabric: Fabric, target: str) -> Cable:
    """The cable between two switches, a leaf and a host, or a border and an external peer, either way round.

    Raises:
        PermanentError: there is none.
    """
    near, _, far = target.partition(":")
    for a, b in ((near, far), (far, near)):
        for link in fabric.links_of(a):
            if link.a.device == a and link.b.device == b:
                ports = {a: link.a.port, b: link.b.port}
                return Cable(link.identity, near, far, ports, Removed(links=frozenset({link.identity})))
        for host in fabric.hosts_of(a):
            for cable in host.links if host.name == b else ():
                if cable.leaf == a:
                    return Cable(f"{a}:{b}", near, far, {a: cable.port, b: cable.nic}, _at(a, cable.port))
        for peer in fabric.externals_of(a):
            if peer.name == b:
                return Cable(f"{a}:{b}", near, far, {a: peer.port}, _at(a, peer.port))
    every = [f"{a}:{b}" for a, b in _cables(fabric)]
    mine = [name for name in every if near in name.split(":")]
    raise _missing("link", target, mine or every)


def _at(leaf: str, port: str) -> Removed:
    return Removed(host_ports=frozenset({(leaf, port)}))


def _cables(fabric: Fabric) -> Iterator[tuple[str, str]]:
    yield from ((link.a.device, link.b.device) for link in fabric.links)
    yield from ((cable.leaf, host.name) for host in fabric.hosts for cable in host.links)
    yield from ((peer.border, peer.name) for peer in fabric.externals)


def find_switch(fabric: Fabric, target: str, roles: frozenset[Role] = frozenset(Role)) -> Device:
    """Raises PermanentError when there is none, or it is of another role."""
    allowed = [device for device in fabric.devices if device.role in roles]
    for device in allowed:
        if device.name == target:
            return device
    what = "switch" if roles == frozenset(Role) else " or ".join(sorted(role.value for role in roles))
    raise _missing(what, target, (device.name for device in allowed))


def find_rack(fabric: Fabric, target: str) -> tuple[Device, ...]:
    """The leafs that stand in the rack. Raises PermanentError when none does."""
    found = tuple(device for device in fabric.devices if device.rack == target)
    if not found:
        raise _missing("rack", target, {device.rack for device in fabric.devices if device.rack is not None})
    return found


def find_host(fabric: Fabric, target: str) -> Host:
    """Raises PermanentError when there is none."""
    for host in fabric.hosts:
        if host.name == target:
            return host
    raise _missing("host", target, (host.name for host in fabric.hosts))


def find_segment(fabric: Fabric, target: str) -> Segment:
    """Raises PermanentError when there is none."""
    for segment in fabric.segments:
        if segment.name == target:
            return segment
    raise _missing("segment", target, (segment.name for segment in fabric.segments))


def find_externals(fabric: Fabric, target: str) -> tuple[External, ...]:
    """An external peer by name; by the site's, all but the firewalls between its own tenants.

    Raises:
        PermanentError: there is none.
    """
    found = tuple(peer for peer in fabric.externals if peer.name == target)
    if not found and target == fabric.name:
        found = tuple(peer for peer in fabric.externals if not peer.firewall)
    if not found:
        raise _missing("external", target, (fabric.name, *(peer.name for peer in fabric.externals)))
    return found


def service_ports(model: DeviceModel) -> tuple[str, ...]:
    """All its ports but the management port."""
    return tuple(port.name for port in model.ports if port.kind is not PortKind.MANAGEMENT)


def _missing(what: str, target: str, known: Iterable[str]) -> PermanentError:
    names = sorted(known, key=natural_key)
    hint = suggest(target, names) if names else f"the site has no {what}"
    return PermanentError(f"there is no {what} {shown(target)}", hint=hint, exit=Exit.USAGE)
