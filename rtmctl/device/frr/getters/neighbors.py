"""LLDP, ARP, IPv6 neighbours and the MAC table in NAPALM's models."""

from collections.abc import Iterator, Mapping
from typing import Any

from napalm.base import models

from rtmctl.device.state import DeviceState

Json = Mapping[str, Any]
UNKNOWN = -1


def lldp_detail(state: Json) -> dict[str, list[models.LLDPNeighborDetailDict]]:
    found: dict[str, list[models.LLDPNeighborDetailDict]] = {}
    for name, entry in _lldp_entries(state.get("lldp")):
        chassis, port = entry["chassis"][0], entry["port"][0]
        capabilities = [c for c in chassis.get("capability", []) if "type" in c]
        found.setdefault(name, []).append(
            {
                "parent_interface": "",
                "remote_port": _first(port, "id"),
                "remote_chassis_id": _first(chassis, "id"),
                "remote_port_description": _first(port, "descr"),
                "remote_system_name": _first(chassis, "name"),
                "remote_system_description": _first(chassis, "descr"),
                "remote_system_capab": [c["type"].lower() for c in capabilities],
                "remote_system_enable_capab": [c["type"].lower() for c in capabilities if c.get("enabled")],
            }
        )
    return found


def lldp(state: Json) -> dict[str, list[models.LLDPNeighborDict]]:
    return {
        name: [{"hostname": n["remote_system_name"], "port": n["remote_port"]} for n in neighbors]
        for name, neighbors in lldp_detail(state).items()
    }


def _lldp_entries(lldp: Any) -> Iterator[tuple[str, Json]]:
    for group in lldp.get("lldp", []) if isinstance(lldp, dict) else []:
        for entry in group.get("interface", []):
            yield str(entry["name"]), entry


def _first(part: Json, name: str) -> str:
    return str(part.get(name, [{"value": ""}])[0].get("value", ""))


def arp(state: DeviceState, vrf: str) -> list[models.ARPTableDict]:
    """IPv4; `vrf` empty is all, as napalm's other drivers have it."""
    return [
        {"interface": e.interface, "mac": e.mac.upper(), "ip": str(e.address), "age": float(UNKNOWN)}
        for e in state.arp
        if e.address.version == 4 and vrf in ("", e.vrf)
    ]


def ipv6_neighbors(state: Json) -> list[models.IPV6NeighborDict]:
    return [
        {
            "interface": str(row["dev"]),
            "mac": str(row["lladdr"]).upper(),
            "ip": str(row["dst"]),
            "age": float(UNKNOWN),
            "state": " ".join(row.get("state", [])),
        }
        for tables in state["spaces"].values()
        for row in tables.get("neighbors") or []
        if ":" in row["dst"] and "lladdr" in row
    ]


def macs(state: DeviceState) -> list[models.MACAdressTable]:
    """An address behind a remote VTEP stands on its VXLAN interface."""
    devices = {vni.vni: vni.device for vni in state.vnis}
    return [
        {
            "mac": e.mac.upper(),
            "interface": e.port or devices.get(e.vni or 0, f"vni{e.vni}"),
            "vlan": e.vlan or 0,
            "static": False,
            "active": True,
            "moves": UNKNOWN,
            "last_move": float(UNKNOWN),
        }
        for e in state.macs
    ]
