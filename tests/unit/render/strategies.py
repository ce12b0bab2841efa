"""Random device models that platform frr can express."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface

from hypothesis import strategies as st

from rtmctl.base.order import natural_key
from rtmctl.fabric.types import BridgeForm, Role
from rtmctl.model.types import (
    Action,
    BfdProfile,
    BgpInstance,
    DeviceModel,
    DhcpRelay,
    EthernetPort,
    Family,
    FilterRule,
    GatewayFilter,
    Loopback,
    MacVrf,
    Neighbor,
    NeighborFamily,
    Policy,
    PolicyTerm,
    PortKind,
    PrefixList,
    PrefixRule,
    Svi,
    Vlan,
    Vrf,
)
from rtmctl.render.frr.spelling import community_value

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,9}[a-z0-9]", fullmatch=True)
TEXTS = st.text("abcXYZ019 .:'\"-_/", max_size=30).map(lambda text: " ".join(text.split()))
V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
NETWORKS4 = st.builds(lambda a, n: IPv4Network((int(a) >> (32 - n) << (32 - n), n)), V4, st.integers(1, 32))
NETWORKS6 = st.builds(
    lambda a, n: IPv6Network((a >> (128 - n) << (128 - n), n)), st.integers(1, 2**120), st.integers(8, 128)
)
INTERFACES4 = st.builds(lambda a, n: ip_interface(f"{a}/{n}"), V4, st.integers(8, 32))
COMMUNITIES = st.sampled_from(["graceful-shutdown", "no-export", "65000:1", "65000:20", "1:65535"])
ASNS = st.integers(1, 4294967294)


@st.composite
def ports(draw: st.DrawFn, vids: list[int], vrfs: list[str]) -> tuple[EthernetPort, ...]:
    found = []
    for number in draw(st.lists(st.integers(1, 64), unique=True, max_size=6)):
        kind = draw(st.sampled_from([k for k in PortKind if k is not PortKind.MANAGEMENT]))
        bridged = kind in (PortKind.ACCESS, PortKind.TRUNK) and vids
        if not bridged and kind in (PortKind.ACCESS, PortKind.TRUNK):
            kind = PortKind.FABRIC
        untagged = draw(st.sampled_from([None, *vids])) if bridged else None
        tagged = draw(st.sets(st.sampled_from(vids))) - {untagged} if bridged and kind is PortKind.TRUNK else set()
        found.append(
            EthernetPort(
                name=f"swp{number}",
                kind=kind,
                description=draw(TEXTS),
                mtu=draw(st.integers(1280, 9216)),
                addresses=() if bridged else tuple(draw(st.lists(INTERFACES4, max_size=2))),
                vrf=draw(st.sampled_from(["default", *vrfs])) if kind is PortKind.ROUTED else "default",
                untagged_vlan=untagged,
                tagged_vlans=tuple(sorted(tagged)),
                peer_device=draw(st.none() | NAMES),
                peer_port=draw(st.none() | NAMES),
            )
        )
    return tuple(sorted(found, key=lambda port: natural_key(port.name)))


@st.composite
def neighbors(draw: st.DrawFn, policies: list[str]) -> tuple[Neighbor, ...]:
    def family(draw: st.DrawFn, kind: Family) -> NeighborFamily:
        policy = st.sampled_from([None, *policies])
        flag = st.booleans()
        limit = st.none() | st.integers(1, 4000000)
        own_as = st.none() | st.integers(1, 10)
        return NeighborFamily(
            kind, draw(policy), draw(policy), draw(flag), draw(flag), draw(own_as), draw(limit), draw(flag)
        )

    found: dict[str, Neighbor] = {}
    families = draw(st.lists(st.sets(st.sampled_from(list(Family)), min_size=1), min_size=1, max_size=2))
    shapes = [tuple(family(draw, kind) for kind in Family if kind in wanted) for wanted in families]
    for number in draw(st.lists(st.integers(1, 60), unique=True, max_size=5)):
        address = draw(st.none() | V4)
        name = str(address) if address is not None else f"swp{number}"
        found[name] = Neighbor(
            name=name,
            remote_asn=draw(ASNS),
            remote_device=draw(st.none() | NAMES),
            description=draw(TEXTS),
            families=draw(st.sampled_from(shapes)),
            interface=None if address is not None else name,
            address=address,
            update_source=draw(st.none() | V4),
            multihop=draw(st.none() | st.integers(2, 254)),
            bfd_profile=draw(st.sampled_from([None, "fast"])),
            password=draw(st.sampled_from([None, "env:A", "vault:kv/bgp"])),
            local_asn=draw(st.none() | ASNS),
        )
    return tuple(sorted(found.values(), key=lambda neighbor: natural_key(neighbor.name)))


@st.composite
def instances(draw: st.DrawFn, vrf: str, policies: list[str]) -> BgpInstance:
    networks = draw(st.sets(NETWORKS4, max_size=3))
    return BgpInstance(
        vrf=vrf,
        asn=draw(ASNS),
        router_id=draw(V4),
        keepalive_s=draw(st.integers(1, 3600)),
        hold_s=draw(st.integers(3, 65535)),
        connect_s=draw(st.integers(1, 65535)),
        advertisement_interval_s=draw(st.integers(0, 600)),
        maximum_paths=draw(st.integers(1, 256)),
        neighbors=draw(neighbors(policies)),
        networks=tuple(sorted(networks, key=lambda network: natural_key(str(network)))),
        redistribute_connected=draw(st.sampled_from([None, *policies])),
        advertise_all_vni=vrf == "default" and draw(st.booleans()),
        advertise_to_evpn=()
        if vrf == "default"
        else draw(st.sampled_from([(), (Family.IPV4,), (Family.IPV4, Family.IPV6)])),
        retain_route_targets=draw(st.booleans()),
        graceful_restart=draw(st.booleans()),
        multipath_relax=draw(st.booleans()),
    )


@st.composite
def prefix_lists(draw: st.DrawFn) -> tuple[PrefixList, ...]:
    found = []
    for name in sorted(draw(st.sets(NAMES, max_size=3))):
        networks = draw(st.lists(draw(st.sampled_from([NETWORKS4, NETWORKS6])), min_size=1, max_size=3))
        rules = tuple(
            PrefixRule(
                draw(st.sampled_from(Action)),
                network,
                draw(st.none() | st.integers(network.prefixlen, network.max_prefixlen)),
                draw(st.none() | st.just(network.max_prefixlen)),
            )
            for network in networks
        )
        found.append(PrefixList(name, rules))
    return tuple(found)


@st.composite
def policies(draw: st.DrawFn, lists: list[str]) -> tuple[Policy, ...]:
    def term(draw: st.DrawFn, sequence: int) -> PolicyTerm:
        return PolicyTerm(
            sequence,
            draw(st.sampled_from(Action)),
            draw(st.sampled_from([None, *lists])),
            draw(st.sampled_from([None, "lo", "vlan10"])),
            draw(st.none() | COMMUNITIES),
            draw(st.none() | st.integers(0, 2**32 - 1)),
            tuple(sorted(draw(st.sets(COMMUNITIES, max_size=3)), key=community_value)),
            draw(st.integers(0, 5)),
            draw(st.none() | ASNS),
        )

    return tuple(
        Policy(name, tuple(term(draw, 10 * n) for n in range(1, draw(st.integers(0, 3)) + 1)))
        for name in sorted(draw(st.sets(NAMES.map(str.upper), max_size=3)))
    )


@st.composite
def filters(draw: st.DrawFn, vids: list[int], vrfs: list[str]) -> tuple[GatewayFilter, ...]:
    def rule(draw: st.DrawFn) -> FilterRule:
        protocol = draw(st.sampled_from(["any", "tcp", "udp", "icmp"]))
        some_ports = st.lists(st.integers(1, 65535), max_size=3, unique=True).map(lambda p: tuple(sorted(p)))
        has_ports = protocol in ("tcp", "udp")
        networks = draw(st.sampled_from([NETWORKS4, NETWORKS6]))
        return FilterRule(
            draw(st.sampled_from(Action)),
            draw(networks),
            draw(networks),
            protocol,
            draw(some_ports) if has_ports else (),
            draw(some_ports) if has_ports else (),
            draw(TEXTS).replace('"', ""),
        )

    if not vids or not vrfs:
        return ()
    return tuple(
        GatewayFilter(
            name, f"vlan{draw(st.sampled_from(vids))}", draw(st.sampled_from(vrfs)), tuple(rule(draw) for _ in range(3))
        )
        for name in sorted(draw(st.sets(NAMES, max_size=2)))
    )


V6 = st.integers(1, 2**120).map(IPv6Address)


@st.composite
def relays(draw: st.DrawFn) -> tuple[DhcpRelay, ...]:
    """At most one of each IP version."""
    return tuple(
        DhcpRelay(draw(addresses), draw(addresses), tuple(draw(st.lists(addresses, min_size=1, max_size=3))))
        for addresses in (V4, V6)
        if draw(st.booleans())
    )


@st.composite
def device_models(draw: st.DrawFn) -> DeviceModel:
    """Any switch: names, numbers and shapes at random, references intact, collections in their natural order."""
    vids = sorted(draw(st.sets(st.integers(1, 4094), max_size=4)))
    vrf_names = sorted(
        draw(st.sets(NAMES.filter(lambda name: name not in ("default", "lo")), max_size=min(2, len(vids))))
    )
    vni = {vid: draw(st.none() | st.just(100000 + vid)) for vid in vids}
    l3vlans = dict(zip(vrf_names, vids, strict=False))
    vni |= {vid: 50000 + vid for vid in l3vlans.values()}
    lists = draw(prefix_lists())
    known = draw(policies([found.name for found in lists]))
    names = [policy.name for policy in known]
    loopbacks = [Loopback("lo", "default", (draw(INTERFACES4),))] if draw(st.booleans()) else []
    loopbacks += [Loopback(name, name, (draw(INTERFACES4),)) for name in vrf_names if draw(st.booleans())]
    svis = tuple(
        Svi(
            f"vlan{vid}",
            vid,
            draw(st.sampled_from(["default", *vrf_names])),
            draw(st.integers(1280, 9216)),
            tuple(draw(st.lists(INTERFACES4, max_size=2, unique=True))),
            draw(st.sampled_from([None, "00:00:5e:00:01:01"])),
            router_advertisements=draw(st.booleans()),
        )
        for vid in vids
        if draw(st.booleans())
    )
    svis = tuple(replace(svi, dhcp_relays=draw(relays())) if svi.vrf in vrf_names else svi for svi in svis)
    return DeviceModel(
        hostname=draw(NAMES),
        platform="frr",
        hardware=draw(NAMES | st.just("a b=c 'd'")),
        role=draw(st.sampled_from(Role)),
        asn=draw(ASNS),
        router_id=draw(V4),
        bridge=draw(st.sampled_from(BridgeForm)),
        ports=draw(ports(vids, vrf_names)),
        loopbacks=tuple(loopbacks),
        vtep=IPv4Address("10.255.4.1"),
        vlans=tuple(Vlan(vid, draw(TEXTS), vni[vid]) for vid in vids),
        svis=svis,
        vrfs=tuple(
            Vrf(name, 50000 + vid, vid, f"10.0.0.1:{vid}", draw(st.sampled_from(["65000:1", f"65000:{50000 + vid}"])))
            for name, vid in l3vlans.items()
        ),
        mac_vrfs=tuple(
            MacVrf(number, f"10.0.0.1:{number}", f"65000:{number}")
            for number in vni.values()
            if number and number > 99999
        ),
        bgp=tuple(draw(instances(vrf, names)) for vrf in ["default", *vrf_names]),
        bfd_profiles=(
            BfdProfile("fast", draw(st.integers(10, 400)), draw(st.integers(10, 400)), draw(st.integers(2, 50))),
        ),
        prefix_lists=lists,
        policies=known,
        filters=draw(filters(vids, vrf_names)),
        drained=draw(st.booleans()),
        neighbor_table=draw(st.sampled_from([8192, 65536])),
    )
