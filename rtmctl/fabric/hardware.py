"""Ports of a switch: how many, and how its platform spells them."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.schema.switches import DEFAULT_PLATFORM, Role

PORT_NAMES: Mapping[str, str] = {"frr": "swp{}"}
"""platform → name of its n-th port, counted from 1"""

DEFAULT_MODEL = "generic"


@dataclass(frozen=True, slots=True)
class PortCount:
    host: int
    """numbered first"""
    fabric: int


GENERIC: Mapping[Role, PortCount] = {
    Role.SPINE: PortCount(0, 512),
    Role.SUPER_SPINE: PortCount(0, 512),
    Role.LEAF: PortCount(48, 8),
    Role.BORDER: PortCount(48, 8),
}


@dataclass(frozen=True, slots=True)
class Hardware:
    platform: str
    model: str
    ports: PortCount
    host_ports: tuple[str, ...]
    fabric_ports: tuple[str, ...]


def hardware(intent: SiteModel, switch: str) -> Hardware:
    """What the site says of the switch, else of its role, else the generic model.

    An unknown platform gets the generic spelling; that it is unknown is for validation to say.
    """
    own = intent.switches[switch]
    role = intent.roles.get(own.role)
    generic = GENERIC[own.role]
    platform = own.platform or (role and role.platform) or DEFAULT_PLATFORM
    model = own.model or (role and role.model) or DEFAULT_MODEL
    host = _first(own.host_ports, role.host_ports if role else None, generic.host)
    fabric = _first(own.fabric_ports, role.fabric_ports if role else None, generic.fabric)
    spelling = PORT_NAMES.get(platform, PORT_NAMES[DEFAULT_PLATFORM])
    names = tuple(spelling.format(n) for n in range(1, host + fabric + 1))
    return Hardware(platform, model, PortCount(host, fabric), names[:host], names[host:])


def _first(own: int | None, role: int | None, generic: int) -> int:
    if own is not None:
        return own
    return role if role is not None else generic
