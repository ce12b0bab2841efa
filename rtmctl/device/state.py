"""Live state of one device, vendor-neutral: what verify, drift, trace and where compare with the model.

Interface names, VRF names and addresses are spelled as in the DeviceModel. NAPALM has no getters for most of this.
"""

from dataclasses import dataclass

from rtmctl.base.net import Address, Interface, Network
from rtmctl.model.types import Family


@dataclass(frozen=True, slots=True)
class LinkState:
    name: str
    vrf: str
    admin_up: bool
    oper_up: bool
    mtu: int
    mac: str
    addresses: tuple[Interface, ...]
    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int
    rx_errors: int
    tx_errors: int


@dataclass(frozen=True, slots=True)
class LldpNeighbor:
    port: str
    system: str
    remote_port: str


@dataclass(frozen=True, slots=True)
class FamilyState:
    family: Family
    accepted: int
    sent: int


@dataclass(frozen=True, slots=True)
class BgpSession:
    vrf: str
    peer: str
    """`Neighbor.name`: interface of an unnumbered session, else the address"""
    remote_asn: int
    state: str
    """Established, Active, Idle (Admin) …"""
    uptime_s: float
    hold_s: int | None
    """negotiated; None while down"""
    families: tuple[FamilyState, ...]
    remote_hostname: str | None = None


@dataclass(frozen=True, slots=True)
class BfdSession:
    """Negotiated timers (RFC 5880 §6.8.4), as the daemon shows them."""

    vrf: str
    peer: str
    interface: str | None
    up: bool
    local_tx_ms: int
    local_rx_ms: int
    local_multiplier: int
    remote_tx_ms: int
    remote_rx_ms: int
    remote_multiplier: int

    @property
    def detection_ms(self) -> int:
        """Time until this end declares the session down."""
        return self.remote_multiplier * max(self.local_rx_ms, self.remote_tx_ms)


@dataclass(frozen=True, slots=True)
class VniState:
    vni: int
    layer: int
    """2 or 3"""
    vrf: str
    device: str
    """the VXLAN interface"""
    remote_vteps: tuple[Address, ...]
    macs: int


@dataclass(frozen=True, slots=True)
class EvpnRoute:
    """One EVPN route of the local table (RFC 7432, RFC 9136); what does not apply is None."""

    route_type: int
    rd: str
    originator: str | None
    """next hop: the VTEP"""
    prefix: Network | None = None
    mac: str | None = None
    ip: Address | None = None


@dataclass(frozen=True, slots=True)
class NextHop:
    address: Address | None
    interface: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """A route as the kernel forwards by it."""

    vrf: str
    prefix: Network
    protocol: str
    """kernel, bgp, static …"""
    next_hops: tuple[NextHop, ...]
    discards: str = ""
    """'blackhole', 'unreachable', 'prohibit': packets end here; '' for a route that forwards"""


@dataclass(frozen=True, slots=True)
class ArpEntry:
    vrf: str
    interface: str
    address: Address
    mac: str
    remote: bool
    """learnt by EVPN"""


@dataclass(frozen=True, slots=True)
class MacEntry:
    vlan: int | None
    vni: int | None
    mac: str
    port: str | None
    remote_vtep: Address | None


@dataclass(frozen=True, slots=True)
class RelayState:
    """What the DHCP relay says of one interface and IP version, since it started."""

    interface: str
    vrf: str
    source: Address
    servers: tuple[Address, ...]
    listening: bool
    requests: int
    replies: int


@dataclass(frozen=True, slots=True)
class DeviceState:
    hostname: str
    version: str
    boot_id: str
    links: tuple[LinkState, ...]
    lldp: tuple[LldpNeighbor, ...]
    bgp: tuple[BgpSession, ...]
    bfd: tuple[BfdSession, ...]
    vnis: tuple[VniState, ...]
    evpn: tuple[EvpnRoute, ...]
    routes: tuple[Route, ...]
    arp: tuple[ArpEntry, ...]
    macs: tuple[MacEntry, ...]
    dhcp_relays: tuple[RelayState, ...] = ()
    warnings: tuple[str, ...] = ()
    """what could not be read, and why"""
    stopped: tuple[str, ...] = ()
    """daemons that are enabled on the device and do not run"""
