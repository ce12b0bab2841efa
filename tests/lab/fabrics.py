"""Small fabrics made by hand, so that the lab is tested without derivation."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from rtmctl.fabric.types import (
    Attachment,
    BridgeForm,
    Device,
    Endpoint,
    Fabric,
    Host,
    HostAddress,
    HostLink,
    Link,
    Overlay,
    Role,
    Segment,
    Subnet,
    Tenant,
    Timers,
    Underlay,
)

TIMERS = Timers(bfd_interval_ms=100, bfd_multiplier=3, keepalive_s=3, hold_s=9, connect_s=1, advertisement_interval_s=0)


def device(name: str, role: Role, number: int, asn: int) -> Device:
    leaf = role is not Role.SPINE
    return Device(
        name=name,
        role=role,
        pod="pod1",
        rack=f"rack{number}" if leaf else None,
        platform="frr",
        model="generic",
        asn=asn,
        loopback=IPv4Address(f"10.255.0.{number}"),
        loopback6=None,
        vtep=IPv4Address(f"10.254.0.{number}") if leaf else None,
        management=IPv4Interface(f"172.30.0.{number}/24"),
        pair=None,
        vrf_loopbacks=(),
        route_distinguishers=(),
    )


def clos(spines: int, leafs: int, *, hosts: bool = True) -> Fabric:
    """Spines × leafs, a host `h<leaf>` in segment `web` on each leaf."""
    devices = [device(f"spine{s}", Role.SPINE, s, 4200000000) for s in range(1, spines + 1)]
    devices += [device(f"leaf{n}", Role.LEAF, 100 + n, 4200000100 + n) for n in range(1, leafs + 1)]
    links = [
        Link(f"spine{s}:leaf{n}", Endpoint(f"spine{s}", f"swp{n}", None), Endpoint(f"leaf{n}", f"swp{s}", None))
        for s in range(1, spines + 1)
        for n in range(1, leafs + 1)
    ]
    gateway = IPv4Interface("10.10.0.1/16")
    names = tuple(f"leaf{n}" for n in range(1, leafs + 1))
    web = Segment("web", "shop", 10, 10010, "65000:10010", (Subnet(gateway.network, gateway),), names, (), False)
    servers = [
        Host(
            name=f"h{n}",
            rack=f"rack{100 + n}",
            role="server",
            attachment=Attachment.ACCESS,
            tenant="shop",
            untagged="web",
            tagged=(),
            links=(HostLink(f"leaf{n}", "swp49", "eth0", None, None),),
            addresses=(HostAddress("web", IPv4Interface(f"10.10.1.{n}/16"), gateway.ip),),
            services=(),
            asn=None,
            loopback=None,
            managed=True,
            systemd=False,
        )
        for n in range(1, leafs + 1)
        if hosts
    ]
    return Fabric(
        name="test",
        underlay=Underlay.UNNUMBERED,
        overlay=Overlay.EBGP_DIRECT,
        bridge=BridgeForm.VLAN_AWARE,
        host_mtu=1500,
        fabric_mtu=9216,
        anycast_mac="02:00:00:00:aa:00",
        timers=TIMERS,
        devices=tuple(sorted(devices, key=lambda d: d.name)),
        links=tuple(sorted(links, key=lambda link: link.identity)),
        tenants=(Tenant("shop", 50001, 4001, "65000:50001", False),),
        segments=(web,),
        hosts=tuple(servers),
        externals=(),
        flows=(),
        loopback_pool=IPv4Network("10.255.0.0/16"),
        vtep_pool=IPv4Network("10.254.0.0/16"),
    )


def two_tenants() -> Fabric:
    """One spine, two leafs; tenant `shop` with segments web and db, tenant `blog` with web's very addresses.

    Hosts: r1 (web, leaf1), r2 (web, leaf2), d2 (db, leaf2), t1 (trunk web+db, leaf1), b1 and b2 (blog, a leaf each).
    """
    base = clos(1, 2, hosts=False)
    both = ("leaf1", "leaf2")

    def segment(name: str, tenant: str, vlan: int, subnet: str) -> Segment:
        gateway = IPv4Interface(subnet)
        vni = 10000 + vlan
        return Segment(name, tenant, vlan, vni, f"65000:{vni}", (Subnet(gateway.network, gateway),), both, (), False)

    segments = (
        segment("blog", "blog", 110, "10.0.10.1/24"),
        segment("db", "shop", 20, "10.0.20.1/24"),
        segment("web", "shop", 10, "10.0.10.1/24"),
    )
    by_name = {s.name: s for s in segments}

    def host(name: str, leaf: int, port: int, addresses: dict[str, str], *, tagged: bool = False) -> Host:
        found = tuple(
            HostAddress(segment, IPv4Interface(address), by_name[segment].subnets[0].gateway.ip)
            for segment, address in addresses.items()
        )
        names = tuple(addresses)
        return Host(
            name=name,
            rack=f"rack{100 + leaf}",
            role="server",
            attachment=Attachment.TRUNK if tagged else Attachment.ACCESS,
            tenant=by_name[names[0]].tenant,
            untagged=None if tagged else names[0],
            tagged=names if tagged else (),
            links=(HostLink(f"leaf{leaf}", f"swp{port}", "eth0", None, None),),
            addresses=found,
            services=(),
            asn=None,
            loopback=None,
            managed=True,
            systemd=False,
        )

    hosts = (
        host("b1", 1, 50, {"blog": "10.0.10.11/24"}),
        host("b2", 2, 50, {"blog": "10.0.10.22/24"}),
        host("d2", 2, 51, {"db": "10.0.20.12/24"}),
        host("r1", 1, 49, {"web": "10.0.10.11/24"}),
        host("r2", 2, 49, {"web": "10.0.10.12/24"}),
        host("t1", 1, 52, {"web": "10.0.10.13/24", "db": "10.0.20.13/24"}, tagged=True),
    )
    tenants = (Tenant("blog", 50002, 4002, "65000:50002", False), Tenant("shop", 50001, 4001, "65000:50001", False))
    return replace(base, tenants=tenants, segments=segments, hosts=hosts)
