"""The DeviceModel and its parts. Frozen; equal models mean the same behaviour.

Collections are sorted by their natural key (name, VLAN id, sequence), so that two derivations of the same fabric
and a model parsed back from text compare equal with `==`.
"""

from dataclasses import dataclass
from enum import StrEnum

from rtmctl.base.net import Address, Interface, Network
from rtmctl.fabric.types import BridgeForm, Role

DEFAULT_VRF = "default"


class PortKind(StrEnum):
    FABRIC = "fabric"
    """routed, to another switch"""
    ACCESS = "access"
    TRUNK = "trunk"
    ROUTED = "routed"
    """routed, in a VRF: a routed host or an external peer"""
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True)
class EthernetPort:
    """A physical port. `peer` names what the cable should end at, as LLDP would show it."""

    name: str
    kind: PortKind
    description: str
    mtu: int
    addresses: tuple[Interface, ...] = ()
    vrf: str = DEFAULT_VRF
    untagged_vlan: int | None = None
    tagged_vlans: tuple[int, ...] = ()
    peer_device: str | None = None
    peer_port: str | None = None


@dataclass(frozen=True, slots=True)
class Loopback:
    """`lo`, or a loopback inside a VRF."""

    name: str
    vrf: str
    addresses: tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class Vlan:
    """A VLAN with its VXLAN segment. `vni` None: local to this device."""

    vid: int
    name: str
    vni: int | None


@dataclass(frozen=True, slots=True)
class Svi:
    """The routed interface of a VLAN. For an L3 VNI's transit VLAN there is no address."""

    name: str
    vid: int
    vrf: str
    mtu: int
    addresses: tuple[Interface, ...] = ()
    anycast_mac: str | None = None
    """set: `addresses` are anycast gateways, the same on every leaf"""
    dhcp_relay: tuple[Address, ...] = ()
    router_advertisements: bool = False


@dataclass(frozen=True, slots=True)
class Vrf:
    """A tenant's VRF on this device."""

    name: str
    l3vni: int
    l3vlan: int
    rd: str
    route_target: str


@dataclass(frozen=True, slots=True)
class MacVrf:
    """The EVPN instance of one L2 VNI."""

    vni: int
    rd: str
    route_target: str


@dataclass(frozen=True, slots=True)
class BfdProfile:
    """Intervals in milliseconds (RFC 5880 §6.8.1)."""

    name: str
    tx_ms: int
    rx_ms: int
    multiplier: int


class Family(StrEnum):
    IPV4 = "ipv4-unicast"
    IPV6 = "ipv6-unicast"
    EVPN = "l2vpn-evpn"


@dataclass(frozen=True, slots=True)
class NeighborFamily:
    """What a session does in one address family."""

    family: Family
    import_policy: str | None = None
    export_policy: str | None = None
    next_hop_unchanged: bool = False
    route_reflector_client: bool = False
    allowas_in: bool = False
    maximum_prefixes: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One BGP session. Unnumbered: `interface` is set and `address` is None (RFC 8950)."""

    name: str
    """stable key: the interface or the address as text"""
    remote_asn: int
    remote_device: str | None
    description: str
    families: tuple[NeighborFamily, ...]
    interface: str | None = None
    address: Address | None = None
    update_source: Address | None = None
    multihop: int | None = None
    bfd_profile: str | None = None
    password: str | None = None
    """secret reference"""


@dataclass(frozen=True, slots=True)
class BgpInstance:
    """BGP in one VRF."""

    vrf: str
    asn: int
    router_id: Address
    keepalive_s: int
    hold_s: int
    connect_s: int
    advertisement_interval_s: int
    maximum_paths: int
    neighbors: tuple[Neighbor, ...] = ()
    networks: tuple[Network, ...] = ()
    redistribute_connected: str | None = None
    """policy name that selects the connected routes"""
    advertise_all_vni: bool = False
    advertise_to_evpn: tuple[Family, ...] = ()
    """VRF: type-5 routes from these unicast families"""
    retain_route_targets: bool = False
    """spine: keep EVPN routes whose targets nobody imports here"""
    graceful_restart: bool = False


class Action(StrEnum):
    PERMIT = "permit"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class PrefixRule:
    action: Action
    network: Network
    ge: int | None = None
    le: int | None = None


@dataclass(frozen=True, slots=True)
class PrefixList:
    name: str
    rules: tuple[PrefixRule, ...]


@dataclass(frozen=True, slots=True)
class PolicyTerm:
    """One term, in order; no match matches all. Communities in their well-known or `AS:N` spelling."""

    sequence: int
    action: Action
    match_prefix_list: str | None = None
    match_interface: str | None = None
    match_community: str | None = None
    set_local_preference: int | None = None
    set_communities: tuple[str, ...] = ()
    """added to what the route carries"""
    prepend: int = 0
    """own AS, this many times"""


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    terms: tuple[PolicyTerm, ...]


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One stateless rule. `ports` bind the side named; both directions are separate rules."""

    action: Action
    source: Network
    destination: Network
    protocol: str
    """any, tcp, udp, icmp"""
    source_ports: tuple[int, ...] = ()
    destination_ports: tuple[int, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class GatewayFilter:
    """What may leave a segment through its gateway on this device; the last rule denies the tenant's other subnets.

    ND, RA, ARP and DHCP to the gateway always pass; traffic inside the segment is never seen by it.
    """

    segment: str
    svi: str
    vrf: str
    rules: tuple[FilterRule, ...]


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """Everything one device is to run."""

    hostname: str
    platform: str
    hardware: str
    """the model of switch"""
    role: Role
    asn: int
    router_id: Address
    bridge: BridgeForm
    ports: tuple[EthernetPort, ...]
    loopbacks: tuple[Loopback, ...]
    vtep: Address | None
    vlans: tuple[Vlan, ...]
    svis: tuple[Svi, ...]
    vrfs: tuple[Vrf, ...]
    mac_vrfs: tuple[MacVrf, ...]
    bgp: tuple[BgpInstance, ...]
    bfd_profiles: tuple[BfdProfile, ...]
    prefix_lists: tuple[PrefixList, ...]
    policies: tuple[Policy, ...]
    filters: tuple[GatewayFilter, ...]
    drained: bool = False
    """export policies announce GRACEFUL_SHUTDOWN (RFC 8326) and withdraw toward hosts"""
