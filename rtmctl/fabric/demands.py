"""What a site needs allocated: one `Demand` an identity. Nothing is chosen here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_interface

from rtmctl.base.net import Address, Network
from rtmctl.fabric.hardware import Hardware
from rtmctl.fabric.lock import Kind
from rtmctl.fabric.pools import AddressPool, NamePool, Pool, RangePool, SubnetPool
from rtmctl.fabric.topology import Topology, host_segments
from rtmctl.intent.schema.fabric import Overlay, Underlay
from rtmctl.intent.schema.hosts import Attachment, Host
from rtmctl.intent.schema.segments import Segment
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.schema.switches import Role, Switch
from rtmctl.intent.site import KeyPath

SUPER_SPINES = "super-spines"

_BORDERS_FROM_END = 8
"""A spine's cables read regularly: leafs on its first ports, super-spines on the last ones, borders before those."""


@dataclass(frozen=True, slots=True)
class Demand:
    """`explicit` is the operator's own value; `path` leads to what a finding about this demand should point at."""

    kind: Kind
    identity: str
    pool: Pool
    path: KeyPath
    explicit: str | None = None
    prefer: int | None = None
    """the slot to try first, where a name suggests one; else hashed from the identity"""


def asn_identity(name: str, switch: Switch) -> str:
    """RFC 7938 §5.2.1: the spines of a pod share an AS, the super-spines another, every leaf has its own."""
    if switch.role is Role.SPINE:
        return f"spines:{switch.pod}"
    return SUPER_SPINES if switch.role is Role.SUPER_SPINE else name


def number_demands(intent: SiteModel, topology: Topology) -> Iterator[Demand]:
    """Everything but ports and what hangs on them."""
    yield from _asns(intent)
    yield from _device_addresses(intent)
    yield from _vnis(intent)
    vrf_loopbacks = AddressPool("vrf_loopback", intent.pools.vrf_loopback)
    for tenant, leafs in topology.tenant_leafs.items():
        for leaf in leafs:
            yield Demand(Kind.VRF_LOOPBACK, f"{leaf}:{tenant}", vrf_loopbacks, ("pools", "vrf_loopback"))
    if intent.fabric.underlay is Underlay.NUMBERED:
        p2p = SubnetPool("p2p", intent.pools.p2p)
        for upper, lower in topology.links:
            yield Demand(Kind.P2P, f"{upper}:{lower}", p2p, ("pools", "p2p"))
        for name, host in intent.hosts.items():
            if host.attachment is Attachment.ROUTED:
                for leaf in topology.racks.get(host.rack, ()):
                    yield Demand(Kind.P2P, f"{leaf}:host:{name}", p2p, ("pools", "p2p"))
    yield from _host_addresses(intent)


def _asns(intent: SiteModel) -> Iterator[Demand]:
    # a route that comes from them would be dropped as a loop where a switch has the same number
    others = {external.asn for external in intent.externals.values()}
    others |= {intent.fabric.admin} if intent.fabric.overlay is Overlay.IBGP_RR else set()
    pool = RangePool.parse("asn", intent.pools.asn, others)
    seen: dict[str, Demand] = {}
    for name, switch in sorted(intent.switches.items()):
        identity = asn_identity(name, switch)
        if identity not in seen or (seen[identity].explicit is None and switch.asn is not None):
            seen[identity] = Demand(Kind.ASN, identity, pool, ("switches", name, "asn"), _text(switch.asn))
    yield from seen.values()
    for name, host in intent.hosts.items():
        if host.attachment is Attachment.ROUTED:
            yield Demand(Kind.ASN, f"host:{name}", pool, ("hosts", name, "asn"), _text(host.asn))


def _device_addresses(intent: SiteModel) -> Iterator[Demand]:
    pools = intent.pools
    loopback = AddressPool("loopback", pools.loopback)
    loopback6 = AddressPool("loopback6", pools.loopback6) if pools.loopback6 is not None else None
    vtep = AddressPool("vtep", pools.vtep)
    # the first address is left to the gateway of the management network
    management = AddressPool("management", pools.management, skip_first=2)
    for name, switch in intent.switches.items():
        yield Demand(Kind.LOOPBACK, name, loopback, ("pools", "loopback"))
        if loopback6 is not None:
            yield Demand(Kind.LOOPBACK6, name, loopback6, ("pools", "loopback6"))
        if switch.role.has_hosts:
            yield Demand(Kind.VTEP, name, vtep, ("pools", "vtep"))
        yield Demand(Kind.MANAGEMENT, name, management, ("pools", "management"))
    for name, host in intent.hosts.items():
        if host.attachment is Attachment.ROUTED:
            yield Demand(Kind.LOOPBACK, f"host:{name}", loopback, ("pools", "loopback"))


def _vnis(intent: SiteModel) -> Iterator[Demand]:
    l2vni = RangePool.parse("l2vni", intent.pools.l2vni)
    l3vni = RangePool.parse("l3vni", intent.pools.l3vni)
    l3vlan = RangePool.parse("l3vlan", intent.pools.l3vlan)
    rd = RangePool.parse("rd", intent.pools.rd)
    for name, segment in intent.segments.items():
        yield Demand(Kind.L2VNI, name, l2vni, ("segments", name, "vni"), _text(segment.vni))
        yield Demand(Kind.RD, f"segment:{name}", rd, ("pools", "rd"))
    for tenant_name, tenant in intent.tenants.items():
        yield Demand(Kind.L3VNI, tenant_name, l3vni, ("tenants", tenant_name, "vni"), _text(tenant.vni))
        yield Demand(Kind.L3VLAN, tenant_name, l3vlan, ("pools", "l3vlan"))
        yield Demand(Kind.RD, f"vrf:{tenant_name}", rd, ("pools", "rd"))


def gateway_of(segment: Segment, index: int) -> Address:
    """The segment's gateway in its subnet of that index: the one written, or the first usable address."""
    subnet = segment.subnets[index]
    for gateway in segment.gateways:
        if gateway in subnet:
            return gateway
    return subnet.network_address + 1


def address_identity(segment: str, host: str, version: int) -> str:
    return f"{segment} host:{host}" if version == 4 else f"{segment} host:{host} v6"


def first_subnets(segment: Segment) -> tuple[tuple[int, Network], ...]:
    """(index, subnet) of the first IPv4 and the first IPv6 subnet: where hosts get their addresses."""
    first: dict[int, tuple[int, Network]] = {}
    for index, subnet in enumerate(segment.subnets):
        first.setdefault(subnet.version, (index, subnet))
    return tuple(first.values())


def _host_addresses(intent: SiteModel) -> Iterator[Demand]:
    pools: dict[str, dict[int, AddressPool]] = {}
    for name, segment in intent.segments.items():
        gateways = frozenset(str(gateway_of(segment, i)) for i in range(len(segment.subnets)))
        pools[name] = {
            subnet.version: AddressPool(f"segment {name}", subnet, reserved=gateways)
            for _, subnet in first_subnets(segment)
        }
    for name, host in intent.hosts.items():
        for segment_name in host_segments(host):
            for version, pool in pools.get(segment_name, {}).items():
                yield Demand(
                    Kind.ADDRESS,
                    address_identity(segment_name, name, version),
                    pool,
                    ("hosts", name, "addresses") if host.addresses else ("segments", segment_name, "subnets"),
                    _explicit_address(host, intent.segments[segment_name], version),
                )


def _explicit_address(host: Host, segment: Segment, version: int) -> str | None:
    for address in host.addresses:
        if address.version == version and any(address in subnet for subnet in segment.subnets):
            return str(address)
    return None


def port_demands(
    intent: SiteModel, topology: Topology, hardware: Mapping[str, Hardware], leaf_of: Mapping[str, str]
) -> Iterator[Demand]:
    """Ports of all switches; `leaf_of` names the leaf of each single-homed host that found one."""
    fabric = {name: NamePool(f"fabric ports of {name}", hw.fabric_ports) for name, hw in hardware.items()}
    host_pools = {name: NamePool(f"host ports of {name}", hw.host_ports) for name, hw in hardware.items()}
    for upper, lower in topology.links:
        down, up = fabric[upper], fabric[lower]
        roles = intent.switches[upper].role, intent.switches[lower].role
        yield Demand(
            Kind.PORT,
            f"{upper} {lower}",
            down,
            ("switches", upper, "fabric_ports"),
            prefer=_number_slot(lower, down, from_end=_BORDERS_FROM_END if roles[1] is Role.BORDER else None),
        )
        slot = _number_slot(upper, up, from_end=0 if roles[0] is Role.SUPER_SPINE else None)
        yield Demand(Kind.PORT, f"{lower} {upper}", up, ("switches", lower, "fabric_ports"), prefer=slot)
    for name, host in intent.hosts.items():
        for leaf in leafs_of_host(host, name, topology, leaf_of):
            yield Demand(
                Kind.PORT,
                f"{leaf} host:{name}",
                host_pools[leaf],
                ("hosts", name, "port") if host.port else ("hosts", name, "rack"),
                host.port,
            )
    for name, external in intent.externals.items():
        path: KeyPath = ("externals", name, "port") if external.port else ("externals", name, "border")
        border = external.border
        yield Demand(Kind.PORT, f"{border} external:{name}", host_pools[border], path, external.port)


def leafs_of_host(host: Host, name: str, topology: Topology, leaf_of: Mapping[str, str]) -> tuple[str, ...]:
    """The leafs the host is cabled to: every one of the rack, or the one it was given."""
    if host.attachment in (Attachment.ROUTED, Attachment.ESI_LAG):
        return topology.racks.get(host.rack, ())
    return (leaf_of[name],) if name in leaf_of else ()


def _number_slot(name: str, pool: NamePool, from_end: int | None) -> int | None:
    """leaf7 likes the seventh port; with `from_end` the seventh before that many last ones."""
    digits = name[len(name.rstrip("0123456789")) :]
    slot = int(digits) - 1 if digits else -1
    if from_end is not None and slot >= 0:
        slot = pool.size - 1 - from_end - slot
    return slot if 0 <= slot < pool.size else None


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def parse_link_address(subnet: str) -> tuple[str, str]:
    """Both addresses of a /31 in `address/length` form; the upper end has the lower one."""
    first = ip_interface(subnet)
    address: IPv4Address | IPv6Address = first.ip
    return f"{address}/{first.network.prefixlen}", f"{address + 1}/{first.network.prefixlen}"
