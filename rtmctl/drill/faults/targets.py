"""Targets by name, as a person writes them; what is not there is answered with the nearest name that is."""

from collections.abc import Iterable

from rtmctl.base import Exit, PermanentError
from rtmctl.base.order import natural_key
from rtmctl.drill.faults.options import shown
from rtmctl.fabric.types import Device, External, Fabric, Host, Link, Role, Segment
from rtmctl.intent.names import suggest
from rtmctl.model.types import DeviceModel, PortKind


def find_link(fabric: Fabric, target: str) -> tuple[Link, str]:
    """The cable between two switches, 'spine1:leaf3' either way round, and the switch named first.

    Raises:
        PermanentError: there is none.
    """
    first, _, second = target.partition(":")
    for link in fabric.links_of(first):
        if link.far(first).device == second:
            return link, first
    either = (f"{a}:{b}" for link in fabric.links for a, b in _both_ways(link))
    mine = [name for name in either if name.startswith(f"{first}:")] if fabric.links_of(first) else []
    raise _missing("link", target, mine or (link.identity for link in fabric.links))


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


def _both_ways(link: Link) -> tuple[tuple[str, str], tuple[str, str]]:
    a, b = link.a.device, link.b.device
    return (a, b), (b, a)


def _missing(what: str, target: str, known: Iterable[str]) -> PermanentError:
    names = sorted(known, key=natural_key)
    hint = suggest(target, names) if names else f"the site has no {what}"
    return PermanentError(f"there is no {what} {shown(target)}", hint=hint, exit=Exit.USAGE)
