"""The agent's `state` bundle as DeviceState. FRR 8.4 to 10.3; VRFs as devices and as network namespaces.

The bundle is JSON as FRR, iproute2 and lldpd print it. A part that cannot be read becomes a warning, so that one
daemon that is down hides nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from rtmctl.device.frr.kernel import Kernel
from rtmctl.device.state import (
    BfdSession,
    BgpSession,
    DeviceState,
    EvpnRoute,
    FamilyState,
    LldpNeighbor,
    RelayState,
    VniState,
)
from rtmctl.model.types import DEFAULT_VRF, Family

T = TypeVar("T")
Json = Mapping[str, Any]

FAMILIES = {
    "ipv4Unicast": Family.IPV4,
    "ipv6Unicast": Family.IPV6,
    "l2VpnEvpn": Family.EVPN,
}


def read_state(bundle: Json) -> DeviceState:
    """Never raises: what cannot be read is empty and named in `warnings`."""
    warnings: list[str] = []

    def part(name: str, read: Callable[[], Iterable[T]]) -> tuple[T, ...]:
        try:
            return tuple(read())
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            warnings.append(f"{name}: {type(error).__name__}: {error}")
            return ()

    frr: Json = bundle.get("frr", {})
    for name, value in frr.items():
        # FRR 10 leaves the brace open when there is nothing inside
        if isinstance(value, str) and name not in ("version", "vrfs", "daemons") and value.strip("{} \n"):
            warnings.append(f"{name}: {value.splitlines()[0]}")
    kernel = Kernel(bundle.get("spaces", {}))
    return DeviceState(
        hostname=str(bundle.get("hostname", "")),
        version=version_of(str(frr.get("version") or "")),
        boot_id=str(bundle.get("boot_id", "")),
        links=part("links", kernel.link_states),
        lldp=part("lldp", lambda: lldp_neighbors(bundle.get("lldp"))),
        bgp=part("bgp", lambda: bgp_sessions(document(frr, "bgp"))),
        bfd=part("bfd", lambda: bfd_sessions(frr.get("bfd"))),
        vnis=part("vnis", lambda: vni_states(frr.get("vnis"), kernel)),
        evpn=part("evpn", lambda: evpn_routes(document(frr, "evpn"))),
        routes=part("routes", kernel.routes),
        arp=part("neighbors", kernel.arp),
        macs=part("fdb", lambda: kernel.macs(local_vnis(document(frr, "evpn_macs")))),
        dhcp_relays=part("dhcp_relay", lambda: relay_states(bundle.get("dhcp_relay") or {})),
        warnings=tuple(warnings),
        stopped=stopped(bundle.get("enabled", []), frr.get("daemons")),
    )


def stopped(enabled: Iterable[str], running: Any) -> tuple[str, ...]:
    """Daemons of /etc/frr/daemons that vtysh cannot reach; none where `show daemons` was not answered."""
    if not isinstance(running, str) or not running.strip():
        return ()
    return tuple(name for name in enabled if name not in running.split())


def version_of(text: str) -> str:
    found = re.search(r"FRRouting (\S+)", text)
    return found[1] if found else ""


def document(frr: Json, name: str) -> Json:
    """A JSON object, empty where FRR printed nothing or a message (which `read_state` has made a warning)."""
    value = frr.get(name)
    return value if isinstance(value, dict) else {}


def bgp_sessions(instances: Json) -> Iterator[BgpSession]:
    """`show bgp vrf all neighbors json`."""
    for vrf, peers in sorted(instances.items()):
        for name, peer in sorted(peers.items()):
            if not isinstance(peer, dict):
                continue
            up = peer.get("bgpState") == "Established"
            state = "Idle (Admin)" if peer.get("adminShutDown") else peer.get("bgpState", "Unknown")
            yield BgpSession(
                vrf=vrf,
                peer=name,
                remote_asn=int(peer.get("remoteAs", 0)),
                state=state,
                uptime_s=peer.get("bgpTimerUpMsec", 0) / 1000 if up else 0.0,
                hold_s=peer["bgpTimerHoldTimeMsecs"] // 1000 if up and "bgpTimerHoldTimeMsecs" in peer else None,
                families=tuple(
                    FamilyState(FAMILIES[key], about.get("acceptedPrefixCounter", 0), about.get("sentPrefixCounter", 0))
                    for key, about in peer.get("addressFamilyInfo", {}).items()
                    if key in FAMILIES
                ),
                remote_hostname=peer.get("hostname"),
            )


def bfd_sessions(sessions: Any) -> Iterator[BfdSession]:
    """`show bfd peers json`; intervals are milliseconds there."""
    for peer in sessions if isinstance(sessions, list) else []:
        yield BfdSession(
            vrf=peer.get("vrf", DEFAULT_VRF),
            peer=peer["peer"],
            interface=peer.get("interface"),
            up=peer.get("status") == "up",
            local_tx_ms=int(peer.get("transmit-interval", 0)),
            local_rx_ms=int(peer.get("receive-interval", 0)),
            local_multiplier=int(peer.get("detect-multiplier", 0)),
            remote_tx_ms=int(peer.get("remote-transmit-interval", 0)),
            remote_rx_ms=int(peer.get("remote-receive-interval", 0)),
            remote_multiplier=int(peer.get("remote-detect-multiplier", 0)),
        )


def vni_states(details: Any, kernel: Kernel) -> Iterator[VniState]:
    """`show evpn vni detail json`; the remote VTEPs are those the kernel really sends to."""
    for vni in details if isinstance(details, list) else []:
        number = int(vni["vni"])
        layer = 3 if vni.get("type") == "L3" else 2
        device = kernel.vxlan_device(number) or vni.get("vxlanInterface") or vni.get("vxlanIntf") or ""
        yield VniState(
            vni=number,
            layer=layer,
            vrf=str(vni.get("vrf") or vni.get("tenantVrf") or DEFAULT_VRF) if layer == 3 else kernel.vrf_of_vni(number),
            device=device,
            remote_vteps=kernel.vteps(number),
            macs=int(vni.get("numMacs", 0)),
        )


def relay_states(found: Json) -> Iterator[RelayState]:
    """The relay's own report (rtmctl.device.frr.relay.daemon)."""
    for relay in found.get("relays", []):
        yield RelayState(
            interface=relay["interface"],
            vrf=relay["vrf"],
            source=ip_address(relay["source"]),
            servers=tuple(map(ip_address, relay["servers"])),
            listening=bool(relay["listening"]),
            requests=int(relay["requests"]),
            replies=int(relay["replies"]),
        )


_ROUTE = re.compile(r"\[(?P<type>\d)\]:(?P<rest>.*)")


def evpn_routes(table: Json) -> Iterator[EvpnRoute]:
    """`show bgp l2vpn evpn route json`: the best path of each route, by route distinguisher."""
    for rd, routes in sorted(table.items()):
        if not isinstance(routes, dict):
            continue
        for key, route in sorted(routes.items()):
            found = _ROUTE.fullmatch(key)
            if found and isinstance(route, dict):
                yield evpn_route(rd, int(found["type"]), found["rest"], route)


def evpn_route(rd: str, route_type: int, rest: str, route: Json) -> EvpnRoute:
    """Keys: `[2]:[tag]:[48]:[MAC]` and maybe `:[32]:[IP]`, `[3]:[tag]:[32]:[IP]`, `[5]:[tag]:[LEN]:[PREFIX]`."""
    fields = rest.strip("[]").split("]:[")
    paths = [step for group in route.get("paths", []) for step in (group if isinstance(group, list) else [group])]
    best = next((p for p in paths if p.get("bestpath")), paths[0] if paths else {})
    hop = next((h.get("ip") for h in best.get("nexthops", [])), None)
    if route_type == 2:
        address = ip_address(fields[4]) if len(fields) > 4 else None
        return EvpnRoute(2, rd, hop, mac=fields[2], ip=address)
    if route_type == 3:
        return EvpnRoute(3, rd, hop, ip=ip_address(fields[2]))
    if route_type == 5:
        return EvpnRoute(5, rd, hop, prefix=ip_network(f"{fields[2]}/{fields[1]}", strict=False))
    return EvpnRoute(route_type, rd, hop)


def local_vnis(macs: Json) -> dict[str, int]:
    """`show evpn mac vni all json`: MAC address to VNI."""
    return {
        mac: int(vni) for vni, table in macs.items() if isinstance(table, dict) for mac in (table.get("macs") or {})
    }


def lldp_neighbors(found: Any) -> Iterator[LldpNeighbor]:
    """`lldpcli -f json0`, in which everything is a list."""
    if isinstance(found, str):
        raise ValueError(found)
    for group in (found or {}).get("lldp", []):
        for entry in group.get("interface", []):
            port = entry["port"][0]
            remote = port["id"][0]
            name = remote["value"] if remote["type"] == "ifname" else port.get("descr", [remote])[0]["value"]
            chassis = entry["chassis"][0]
            system = chassis.get("name", chassis.get("id", [{"value": ""}]))[0]["value"]
            yield LldpNeighbor(entry["name"], system, name)
