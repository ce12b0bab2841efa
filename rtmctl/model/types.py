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
    lag: str | None = None
    """name of the LAG it is a member of"""


@dataclass(frozen=True, slots=True)
class Lag:
    """A LAG to a host that both leafs of its rack make together: an Ethernet segment (RFC 7432 §5, §8)."""

    name: str
    members: tuple[str, ...]
    """ports of this device"""
    esi: str
    """type 0: ten octets, the same on both leafs"""
    system_mac: str
    """LACP system id, the same on both leafs"""


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
class DhcpRelay:
    """How requests of one IP version leave an SVI for the servers; all addresses are of that version."""

    link: Address
    """the SVI's gateway: the server picks the subnet by it (RFC 3527; RFC 8415 §19.1.1)"""
    source: Address
    """giaddr (RFC 2131 §4.1): the VRF's own loopback, never the anycast one, so that answers find this very leaf"""
    servers: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Svi:
    """The routed interface of a VLAN. For an L3 VNI's transit VLAN there is no address.

    `mtu` is also that of the VLAN's VXLAN device.
    """

    name: str
    vid: int
    vrf: str
    mtu: int
    addresses: tuple[Interface, ...] = ()
    anycast_mac: str | None = None
    """set: `addresses` are anycast gateways, the same on every leaf"""
    dhcp_relays: tuple[DhcpRelay, ...] = ()
    """at most one of each IP version"""
    router_advertisements: bool = False
    """RFC 4861 §6.2: the gateway announces itself and the on-link prefixes"""

    @property
    def relays_dhcpv6(self) -> bool:
        """Advertisements then tell hosts to ask for an address (RFC 4861 §4.2, M flag); nothing else starts DHCPv6."""
        return any(relay.source.version == 6 for relay in self.dhcp_relays)


@dataclass(frozen=True, slots=True)
class VrfLeak:
    """Routes of `vrf` that are imported into another VRF of the same device, as `policy` selects."""

    vrf: str
    policy: str


@dataclass(frozen=True, slots=True)
class Vrf:
    """A tenant's VRF on this device; RFC 9135 §4 (symmetric IRB), RFC 9136 §4.4.1 (type 5, interface-less).

    `route_target` is both imported and exported.
    """

    name: str
    l3vni: int
    l3vlan: int
    rd: str
    route_target: str
    leaks: tuple[VrfLeak, ...] = ()


@dataclass(frozen=True, slots=True)
class MacVrf:
    """The EVPN instance of one L2 VNI (VLAN-based service, RFC 7432 §6.1); the target is imported and exported."""

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
    """What a session does in one address family. No policy on an eBGP session means nothing passes (RFC 8212)."""

    family: Family
    import_policy: str | None = None
    export_policy: str | None = None
    next_hop_unchanged: bool = False
    """a spine hands EVPN routes on with the leaf's VTEP as next hop (RFC 8365 §5.1.2)"""
    route_reflector_client: bool = False
    allowas_in: int | None = None
    """routes are taken although the own AS stands in their path, up to this many times"""
    maximum_prefixes: int | None = None
    """the session is torn down when the peer sends more, what the import policy denies included"""
    remove_private_asns: bool = False
    """private ASNs are taken out of the path toward this neighbor"""


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
    local_asn: int | None = None
    """the session uses this AS instead of the instance's, which the peer never sees (RFC 7705 §3.3: no-prepend,
    replace-as)"""


@dataclass(frozen=True, slots=True)
class BgpInstance:
    """BGP in one VRF. `networks`, sorted, are announced when a route for them stands in the table."""

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
    """restarting speaker (RFC 4724); every device helps a restarting neighbor"""
    multipath_relax: bool = True
    """paths of equal length through different ASes share the load: one service behind two hosts"""


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
    """Rules in order, all of one IP version; what no rule matches is denied."""

    name: str
    rules: tuple[PrefixRule, ...]


@dataclass(frozen=True, slots=True)
class PolicyTerm:
    """One term; a route must meet every match given, none matches all; the first term met decides.

    What no term meets is denied. Communities in their well-known (`graceful-shutdown`) or `AS:N` spelling.
    """

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
    match_learnt_from: int | None = None
    """the AS path begins with this AS: a route learnt there must not go back up (no valley, RFC 7938 §5.2.1)"""


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
    neighbor_table: int = 8192
    """neighbour (ARP, ND) entries the kernel must hold without collecting garbage: a power of two from the fabric"""
    lags: tuple[Lag, ...] = ()
