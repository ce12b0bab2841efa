"""The cable list: what the people with the cables need, and what LLDP sees of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.base.order import natural_key
from rtmctl.device.state import DeviceState
from rtmctl.model.types import DeviceModel, PortKind


@dataclass(frozen=True, slots=True)
class CableRow:
    """One end of a cable at a switch's port. A cable between two switches has two rows, one for each end."""

    device: str
    port: str
    far_device: str
    far_port: str
    kind: str
    """fabric, access, trunk, routed"""
    description: str
    planned: bool
    """False: seen by LLDP and not in the site"""
    seen: str | None = None
    """what LLDP shows at the port: 'spine1 swp3', '' for nothing; None: not read"""


def cabling(models: Mapping[str, DeviceModel], states: Mapping[str, DeviceState] | None = None) -> tuple[CableRow, ...]:
    """Every planned cable, and with `states` what is plugged in besides. Sorted by device and port as people count."""
    rows = []
    for name, model in models.items():
        state = (states or {}).get(name)
        seen = {n.port: f"{n.system.split('.')[0]} {n.remote_port}".strip() for n in state.lldp} if state else {}
        for port in model.ports:
            if port.kind is PortKind.MANAGEMENT:
                seen.pop(port.name, None)
                continue
            if port.peer_device is None:
                continue
            there = seen.pop(port.name, "") if state else None
            rows.append(
                CableRow(
                    name,
                    port.name,
                    port.peer_device,
                    port.peer_port or "",
                    port.kind.value,
                    port.description,
                    True,
                    there,
                )
            )
        rows += [CableRow(name, port, "", "", "unknown", "", False, there) for port, there in seen.items()]
    return tuple(sorted(rows, key=lambda r: (natural_key(r.device), natural_key(r.port))))
