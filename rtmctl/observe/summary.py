"""One device at a glance: what `net show` prints. Pure."""

from dataclasses import dataclass

from rtmctl.device.state import BfdSession, DeviceState
from rtmctl.model.types import DeviceModel, PortKind
from rtmctl.observe.seen import own_entries


@dataclass(frozen=True, slots=True)
class PortLine:
    port: str
    kind: str
    peer: str
    """as planned"""
    up: bool
    mtu: int
    rx_bytes: int
    tx_bytes: int
    errors: int


@dataclass(frozen=True, slots=True)
class SessionLine:
    vrf: str
    peer: str
    remote_device: str
    remote_asn: int
    state: str
    uptime_s: float
    accepted: int
    sent: int
    bfd: str
    """'up 300 ms', 'down', '' without BFD"""


@dataclass(frozen=True, slots=True)
class Summary:
    device: str
    role: str
    platform: str
    version: str
    asn: int
    router_id: str
    vtep: str
    drained: bool
    ports: tuple[PortLine, ...]
    sessions: tuple[SessionLine, ...]
    vnis: tuple[tuple[int, int, str, int], ...]
    """(VNI, layer, VRF, remote VTEPs)"""
    routes: tuple[tuple[str, int], ...]
    """(VRF, kernel routes)"""
    hosts: tuple[tuple[str, str, str], ...]
    """(port, host by the site, MAC)"""
    warnings: tuple[str, ...]


def summarize(model: DeviceModel, state: DeviceState) -> Summary:
    peers = {p.name: f"{p.peer_device or ''} {p.peer_port or ''}".strip() for p in model.ports}
    kinds = {p.name: p.kind.value for p in model.ports if p.kind is not PortKind.MANAGEMENT}
    bfd = {(b.vrf, key): b for b in state.bfd for key in (b.peer, b.interface) if key}
    remote = {(b.vrf, n.name): n.remote_device or "" for b in model.bgp for n in b.neighbors}
    counts: dict[str, int] = {}
    for route in state.routes:
        counts[route.vrf] = counts.get(route.vrf, 0) + 1
    return Summary(
        device=model.hostname,
        role=model.role.value,
        platform=model.platform,
        version=state.version,
        asn=model.asn,
        router_id=str(model.router_id),
        vtep=str(model.vtep or ""),
        drained=model.drained,
        ports=tuple(
            PortLine(
                link.name,
                kinds[link.name],
                peers[link.name],
                link.admin_up and link.oper_up,
                link.mtu,
                link.rx_bytes,
                link.tx_bytes,
                link.rx_errors + link.tx_errors,
            )
            for link in state.links
            if link.name in kinds
        ),
        sessions=tuple(
            SessionLine(
                s.vrf,
                s.peer,
                s.remote_hostname or remote.get((s.vrf, s.peer), ""),
                s.remote_asn,
                s.state,
                s.uptime_s,
                sum(f.accepted for f in s.families),
                sum(f.sent for f in s.families),
                _bfd_text(bfd.get((s.vrf, s.peer))),
            )
            for s in state.bgp
        ),
        vnis=tuple((v.vni, v.layer, v.vrf, len(v.remote_vteps)) for v in state.vnis),
        routes=tuple(sorted(counts.items())),
        hosts=tuple((e.port or "", peers.get(e.port or "", ""), e.mac) for _, e in own_entries(model, state)),
        warnings=state.warnings,
    )


def _bfd_text(session: BfdSession | None) -> str:
    if session is None:
        return ""
    return f"up, detects in {session.detection_ms} ms" if session.up else "down"
