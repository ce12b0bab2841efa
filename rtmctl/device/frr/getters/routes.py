"""Routes and network instances in NAPALM's models."""

import re
from collections.abc import Mapping
from typing import Any

from napalm.base import models

Json = Mapping[str, Any]
_AGE = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def age(uptime: str) -> int:
    """Seconds of FRR's `00:01:02`, `1d02h03m`, `1w2d03h`; -1 for anything else."""
    clock = re.fullmatch(r"(\d+):(\d\d):(\d\d)", uptime)
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    parts = _AGE.fullmatch(uptime)
    if not parts or not any(parts.groups()):
        return -1
    seconds = (31536000, 604800, 86400, 3600, 60)
    return sum(int(n or 0) * s for n, s in zip(parts.groups(), seconds, strict=True))


def vrf_names(state: Json) -> list[str]:
    """From `show vrf`; the default VRF is not among them."""
    return re.findall(r"^vrf (\S+) ", str(state["frr"].get("vrfs") or ""), re.MULTILINE)


def routes(table: Json, vrf: str, protocol: str, attributes: Mapping[str, Json]) -> dict[str, list[models.RouteDict]]:
    """One `show ip route … json`; `attributes` are those of the BGP routes by prefix."""
    found: dict[str, list[models.RouteDict]] = {}
    for prefix, entries in table.items():
        for entry in entries if isinstance(entries, list) else []:
            name = str(entry.get("protocol", ""))
            if protocol and name.lower() != protocol.lower():
                continue
            for hop in entry.get("nexthops", []):
                selected = bool(entry.get("selected", False))
                found.setdefault(prefix, []).append(
                    {
                        "protocol": name.upper() if name == "bgp" else name,
                        "current_active": selected,
                        "last_active": False,
                        "age": age(str(entry.get("uptime", ""))),
                        "next_hop": str(hop.get("ip", "")),
                        "outgoing_interface": str(hop.get("interfaceName", "")),
                        "selected_next_hop": bool(hop.get("fib", False)),
                        "preference": int(entry.get("distance", 0)),
                        "inactive_reason": "" if selected else "not selected",
                        "routing_table": "inet.0" if vrf == "default" else vrf,
                        "protocol_attributes": dict(attributes.get(prefix, {})) if name == "bgp" else {},
                    }
                )
    return found


def bgp_attributes(paths: Json, local_as: int) -> dict[str, Any]:
    """Of the best path in `show bgp … PREFIX json`."""
    all_paths = [p for p in paths.get("paths", []) if isinstance(p, dict)]
    best = next((p for p in all_paths if p.get("bestpath", {}).get("overall")), all_paths[0] if all_paths else {})
    as_path = str(best.get("aspath", {}).get("string", ""))
    peer = best.get("peer", {})
    numbers = re.findall(r"\d+", as_path)
    return {
        "local_as": local_as,
        "remote_as": int(numbers[0]) if numbers else local_as,
        "peer_id": str(peer.get("peerId", "")),
        "as_path": "" if as_path == "Local" else as_path,
        "communities": list(best.get("community", {}).get("list", [])),
        "local_preference": int(best.get("locPrf", best.get("localPref", 0)) or 0),
        "preference2": -1,
        "remote_address": str(peer.get("peerId", "")),
        "metric": int(best.get("metric", best.get("med", 0)) or 0),
        "metric2": -1,
    }


def network_instances(state: Json, links: list[tuple[str, str]], frr: str) -> dict[str, models.NetworkInstanceDict]:
    """`links` are interface and VRF; `frr` is the running configuration, for the route distinguishers."""
    found: dict[str, models.NetworkInstanceDict] = {}
    for vrf in ["default", *vrf_names(state)]:
        members: dict[str, dict[str, str]] = {name: {} for name, of in links if of == vrf}
        found[vrf] = {
            "name": vrf,
            "type": "DEFAULT_INSTANCE" if vrf == "default" else "L3VRF",
            "state": {"route_distinguisher": "" if vrf == "default" else route_distinguisher(frr, vrf)},
            "interfaces": {"interface": members},
        }
    return found


def route_distinguisher(frr: str, vrf: str) -> str:
    block = re.search(rf"^router bgp \d+ vrf {re.escape(vrf)}\n((?: .*\n)*)", frr, re.MULTILINE)
    found = re.search(r"^  rd (\S+)$", block[1], re.MULTILINE) if block else None
    return found[1] if found else ""
