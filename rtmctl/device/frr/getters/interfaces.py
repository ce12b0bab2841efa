"""Interfaces, their addresses, counters and VLANs in NAPALM's models."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from napalm.base import models

Json = Mapping[str, Any]
UNKNOWN = -1
_VLAN = re.compile(r"vlan(\d+)")


def links(state: Json) -> Iterator[tuple[str, Json]]:
    """Interface name and `ip -j` object; `lo` of a VRF's namespace goes by the VRF's name."""
    for space, tables in state["spaces"].items():
        for link in tables.get("links") or []:
            yield (space if space and link["ifname"] == "lo" else str(link["ifname"])), link


def interfaces(state: Json, system: Json) -> dict[str, models.InterfaceDict]:
    found: dict[str, models.InterfaceDict] = {}
    for name, link in links(state):
        speed = system["speeds"].get(name, "")
        flags = link.get("flags", [])
        found[name] = {
            "is_up": "LOWER_UP" in flags and "UP" in flags,
            "is_enabled": "UP" in flags,
            "description": str(link.get("ifalias", "")),
            "last_flapped": float(UNKNOWN),
            "mtu": int(link["mtu"]),
            "speed": float(speed) if speed.isdigit() else float(UNKNOWN),
            "mac_address": str(link.get("address", "")).upper(),
        }
    return found


def interfaces_ip(state: Json) -> dict[str, models.InterfacesIPDict]:
    found: dict[str, models.InterfacesIPDict] = {}
    for name, link in links(state):
        families: dict[str, dict[str, dict[str, int]]] = {}
        for address in link.get("addr_info", []):
            if "local" in address:
                family = "ipv6" if address["family"] == "inet6" else "ipv4"
                families.setdefault(family, {})[address["local"]] = {"prefix_length": int(address["prefixlen"])}
        if families:
            found[name] = families
    return found


def counters(state: Json) -> dict[str, models.InterfaceCounterDict]:
    """Linux counts multicast among the received packets and broadcasts not at all."""
    found: dict[str, models.InterfaceCounterDict] = {}
    for name, link in links(state):
        stats = link.get("stats64") or link.get("stats") or {}
        rx, tx = stats.get("rx", {}), stats.get("tx", {})
        multicast = int(rx.get("multicast", 0))
        found[name] = {
            "tx_errors": int(tx.get("errors", 0)),
            "rx_errors": int(rx.get("errors", 0)),
            "tx_discards": int(tx.get("dropped", 0)),
            "rx_discards": int(rx.get("dropped", 0)),
            "tx_octets": int(tx.get("bytes", 0)),
            "rx_octets": int(rx.get("bytes", 0)),
            "tx_unicast_packets": int(tx.get("packets", 0)),
            "rx_unicast_packets": max(0, int(rx.get("packets", 0)) - multicast),
            "tx_multicast_packets": UNKNOWN,
            "rx_multicast_packets": multicast,
            "tx_broadcast_packets": UNKNOWN,
            "rx_broadcast_packets": UNKNOWN,
        }
    return found


def vlans(state: Json) -> dict[str, models.VlanDict]:
    """From the VLAN table of a VLAN-aware bridge, and from traditional bridges, which are named after their VLAN."""
    members: dict[int, set[str]] = {}
    for tables in state["spaces"].values():
        aware = {str(x.get("ifname")) for x in tables.get("links") or [] if filtering(x)}
        masters = {str(x["ifname"]): str(x.get("master", "")) for x in tables.get("links") or []}
        for port in tables.get("vlans") or []:
            name = str(port["ifname"])
            if name not in aware and masters.get(name) not in aware:
                continue
            for vlan in port.get("vlans", []):
                for number in range(int(vlan["vlan"]), int(vlan.get("vlanEnd", vlan["vlan"])) + 1):
                    members.setdefault(number, set()).update({name} - aware)
        for name, master in masters.items():
            for bridge, port_name in ((name, None), (master, name)):
                match = _VLAN.fullmatch(bridge)
                if match:
                    members.setdefault(int(match[1]), set()).update({port_name} if port_name else set())
    return {
        str(number): {"name": f"vlan{number}", "interfaces": sorted(ports)} for number, ports in sorted(members.items())
    }


def filtering(link: Json) -> bool:
    return bool(link.get("linkinfo", {}).get("info_data", {}).get("vlan_filtering"))
