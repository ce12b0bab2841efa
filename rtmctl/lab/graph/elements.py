"""What a drawing shows: nodes in tiers, and the cables between them."""

from dataclasses import dataclass

from rtmctl.base.order import natural_key
from rtmctl.fabric.types import Device, External, Fabric, Host, Role
from rtmctl.lab.hosts import EXTERNAL_PORT, routers

COLOURS = {
    "super-spine": "#6941c6",
    "spine": "#2e61c9",
    "leaf": "#157f5f",
    "border": "#a8530f",
    "host": "#5b6579",
    "external": "#475467",
}
"""white text on each has a contrast of 4.5 or more (WCAG 2.1, 1.4.3)"""
LEAFS, HANGING = 2, 3
"""tiers: leafs of either kind, and what hangs below them"""
_TIERS = {Role.SUPER_SPINE: 0, Role.SPINE: 1, Role.LEAF: LEAFS, Role.BORDER: LEAFS}


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    kind: str
    """a key of COLOURS"""
    tier: int
    """0 is the top"""
    note: str
    rack: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cable:
    """`a` is the upper end."""

    a: str
    a_port: str
    b: str
    b_port: str


def nodes(fabric: Fabric) -> tuple[Node, ...]:
    """Tier by tier; leafs of a rack stand together."""
    outside = [_router(peers) for peers in routers(fabric)]
    found = [*map(_switch, fabric.devices), *map(_host, fabric.hosts), *outside]
    return tuple(sorted(found, key=lambda node: (node.tier, natural_key(node.rack), natural_key(node.name))))


def cables(fabric: Fabric) -> tuple[Cable, ...]:
    """All of them, those between switches first."""
    return (
        *(Cable(x.a.device, x.a.port, x.b.device, x.b.port) for x in fabric.links),
        *(Cable(c.leaf, c.port, h.name, c.nic) for h in fabric.hosts for c in h.links),
        *(Cable(first.border, first.port, first.name, EXTERNAL_PORT) for first, *_ in routers(fabric)),
    )


def _switch(device: Device) -> Node:
    details = [("AS", str(device.asn)), ("loopback", str(device.loopback)), ("management", str(device.management))]
    if device.vtep is not None:
        details.insert(2, ("VTEP", str(device.vtep)))
    return Node(
        device.name, device.role.value, _TIERS[device.role], f"AS {device.asn}", device.rack or "", tuple(details)
    )


def _host(host: Host) -> Node:
    addresses = [str(address.interface) for address in host.addresses] or [str(host.loopback or "")]
    details = [("role", host.role), ("attachment", host.attachment.value), ("addresses", ", ".join(addresses))]
    segments = ", ".join(address.segment for address in host.addresses)
    if segments:
        details.append(("segments", segments))
    return Node(host.name, "host", HANGING, addresses[0].partition("/")[0] or host.role, host.rack, tuple(details))


def _router(peers: tuple[External, ...]) -> Node:
    sessions = ", ".join(str(peer.peer) for peer in peers)
    return Node(peers[0].name, "external", HANGING, f"AS {peers[0].asn}", details=(("sessions", sessions),))
