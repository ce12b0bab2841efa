"""BGP in NAPALM's models. The default VRF is `global`; an unnumbered peer goes by its interface."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from napalm.base import models

Json = Mapping[str, Any]
UNKNOWN = -1
_FAMILIES = {"ipv4Unicast": "ipv4", "ipv6Unicast": "ipv6", "l2VpnEvpn": "l2vpn-evpn"}


def table_name(vrf: str) -> str:
    return "global" if vrf == "default" else vrf


def instances(state: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """VRF and its peers by name."""
    bgp = state["frr"].get("bgp")
    for vrf, peers in sorted(bgp.items()) if isinstance(bgp, dict) else []:
        yield vrf, {name: peer for name, peer in peers.items() if isinstance(peer, dict)}


def families(peer: Json) -> Iterator[tuple[str, Json]]:
    for key, name in _FAMILIES.items():
        if key in peer.get("addressFamilyInfo", {}):
            yield name, peer["addressFamilyInfo"][key]


def is_up(peer: Json) -> bool:
    return peer.get("bgpState") == "Established"


def neighbors(state: Json) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
    """FRR counts what it accepted, not what came: `received_prefixes` is -1."""
    found: dict[str, models.BGPStateNeighborsPerVRFDict] = {"global": {"router_id": "", "peers": {}}}
    for vrf, peers in instances(state):
        router_id = next((str(p["localRouterId"]) for p in peers.values() if "localRouterId" in p), "")
        found[table_name(vrf)] = {"router_id": router_id, "peers": {n: _neighbor(p) for n, p in sorted(peers.items())}}
    return found


def _neighbor(peer: Json) -> models.BGPStateNeighborDict:
    up = is_up(peer)
    return {
        "local_as": int(peer.get("localAs", 0)),
        "remote_as": int(peer.get("remoteAs", 0)),
        "remote_id": str(peer.get("remoteRouterId", "")),
        "is_up": up,
        "is_enabled": not peer.get("adminShutDown", False),
        "description": str(peer.get("nbrDesc", "")),
        "uptime": int(peer.get("bgpTimerUpMsec", 0)) // 1000 if up else UNKNOWN,
        "address_family": {
            name: {
                "received_prefixes": UNKNOWN,
                "accepted_prefixes": int(about.get("acceptedPrefixCounter", UNKNOWN)) if up else UNKNOWN,
                "sent_prefixes": int(about.get("sentPrefixCounter", UNKNOWN)) if up else UNKNOWN,
            }
            for name, about in families(peer)
        },
    }


def neighbors_detail(
    state: Json, neighbor_address: str, multipath: bool
) -> dict[str, dict[int, list[models.PeerDetailsDict]]]:
    """By VRF and remote AS; empty when there is no session."""
    found: dict[str, dict[int, list[models.PeerDetailsDict]]] = {}
    for vrf, peers in instances(state):
        for name, peer in sorted(peers.items()):
            if neighbor_address in ("", name, peer.get("bgpNeighborAddr")):
                table = found.setdefault(table_name(vrf), {})
                table.setdefault(int(peer.get("remoteAs", 0)), []).append(_detail(vrf, name, peer, multipath))
    return found


def _detail(vrf: str, name: str, peer: Json, multipath: bool) -> models.PeerDetailsDict:
    stats: Json = peer.get("messageStats", {})
    parts = [about for _, about in families(peer)]
    accepted = sum(int(p.get("acceptedPrefixCounter", 0)) for p in parts)
    return {
        "up": is_up(peer),
        "local_as": int(peer.get("localAs", 0)),
        "remote_as": int(peer.get("remoteAs", 0)),
        "router_id": str(peer.get("localRouterId", "")),
        "local_address": str(peer.get("hostLocal", "")),
        "routing_table": table_name(vrf),
        "local_address_configured": bool(peer.get("updateSource", False)),
        "local_port": int(peer.get("portLocal", UNKNOWN)),
        "remote_address": str(peer.get("hostForeign") or peer.get("bgpNeighborAddr") or name),
        "remote_port": int(peer.get("portForeign", UNKNOWN)),
        "multihop": int(peer.get("externalBgpNbrMaxHopsAway", 1)) > 1,
        "multipath": multipath,
        "remove_private_as": any(bool(p.get("privateAsNumsRemovedInUpdatesToNbr")) for p in parts),
        "import_policy": _policy(parts, "routeMapForIncomingAdvertisements"),
        "export_policy": _policy(parts, "routeMapForOutgoingAdvertisements"),
        "input_messages": int(stats.get("totalRecv", UNKNOWN)),
        "output_messages": int(stats.get("totalSent", UNKNOWN)),
        "input_updates": int(stats.get("updatesRecv", UNKNOWN)),
        "output_updates": int(stats.get("updatesSent", UNKNOWN)),
        "messages_queued_out": int(stats.get("depthOutq", UNKNOWN)),
        "connection_state": str(peer.get("bgpState", "")),
        "previous_connection_state": "",
        "last_event": str(peer.get("lastResetDueTo", "")),
        "suppress_4byte_as": False,
        "local_as_prepend": bool(peer.get("localAsNoPrepend", False)),
        "holdtime": int(peer.get("bgpTimerHoldTimeMsecs", 0)) // 1000,
        "configured_holdtime": int(peer.get("bgpTimerConfiguredHoldTimeMsecs", 0)) // 1000,
        "keepalive": int(peer.get("bgpTimerKeepAliveIntervalMsecs", 0)) // 1000,
        "configured_keepalive": int(peer.get("bgpTimerConfiguredKeepAliveIntervalMsecs", 0)) // 1000,
        "active_prefix_count": UNKNOWN,
        "received_prefix_count": UNKNOWN,
        "accepted_prefix_count": accepted,
        "suppressed_prefix_count": UNKNOWN,
        "advertised_prefix_count": sum(int(p.get("sentPrefixCounter", 0)) for p in parts),
        "flap_count": int(peer.get("connectionsDropped", 0)),
    }


def _policy(parts: list[Json], key: str) -> str:
    return next((str(p[key]).lstrip("*") for p in parts if key in p), "")


def uses_multipath(frr: str) -> bool:
    """FRR's default is as many paths as it was built for; only `maximum-paths 1` turns it off."""
    return not re.search(r"^\s+maximum-paths 1$", frr, re.MULTILINE)
