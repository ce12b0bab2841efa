"""Models written by hand: what no inventory shows, and what hypothesis varies."""

from ipaddress import ip_address, ip_interface, ip_network

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
    VrfLeak,
)

V4, V6 = ip_network("0.0.0.0/0"), ip_network("::/0")


def instance(**changes: object) -> BgpInstance:
    """A BGP instance of the default VRF with usual timers."""
    values: dict[str, object] = {
        "vrf": "default",
        "asn": 4200000001,
        "router_id": ip_address("10.255.0.1"),
        "keepalive_s": 3,
        "hold_s": 9,
        "connect_s": 5,
        "advertisement_interval_s": 0,
        "maximum_paths": 64,
    }
    return BgpInstance(**(values | changes))  # type: ignore[arg-type]


def device(**changes: object) -> DeviceModel:
    """A switch that does nothing."""
    values: dict[str, object] = {
        "hostname": "leaf1",
        "platform": "frr",
        "hardware": "generic",
        "role": Role.LEAF,
        "asn": 4200000001,
        "router_id": ip_address("10.255.0.1"),
        "bridge": BridgeForm.VLAN_AWARE,
        "ports": (),
        "loopbacks": (),
        "vtep": None,
        "vlans": (),
        "svis": (),
        "vrfs": (),
        "mac_vrfs": (),
        "bgp": (),
        "bfd_profiles": (),
        "prefix_lists": (),
        "policies": (),
        "filters": (),
    }
    return DeviceModel(**(values | changes))  # type: ignore[arg-type]


def border(bridge: BridgeForm = BridgeForm.VLAN_AWARE) -> DeviceModel:
    """A border leaf with everything at once: iBGP overlay, leaks, an external with a password, relay, a drain."""
    unicast = NeighborFamily(Family.IPV4, import_policy="IN", export_policy="OUT", allowas_in=4)
    evpn = NeighborFamily(Family.EVPN, import_policy="IN", export_policy="OUT", next_hop_unchanged=True)
    overlay = NeighborFamily(Family.EVPN, import_policy="IN", route_reflector_client=True)
    external = NeighborFamily(Family.IPV4, "IN", "OUT", maximum_prefixes=100, remove_private_asns=True)
    external6 = NeighborFamily(Family.IPV6, "IN", "OUT", next_hop_unchanged=True)

    def uplink(number: int) -> Neighbor:
        return Neighbor(
            name=f"swp{number}",
            remote_asn=4200000100,
            remote_device=f"spine{number - 48}",
            description=f"spine{number - 48} swp1",
            families=(unicast, evpn),
            interface=f"swp{number}",
            bfd_profile="fast",
            local_asn=4200000001,
        )

    def reflected(address: str) -> Neighbor:
        return Neighbor(
            name=address,
            remote_asn=65000,
            remote_device="spine1",
            description="spine1 evpn",
            families=(overlay,),
            address=ip_address(address),
            update_source=ip_address("10.255.0.1"),
        )

    firewall = Neighbor(
        name="192.0.2.2",
        remote_asn=64500,
        remote_device=None,
        description="external firewall",
        families=(external, external6),
        address=ip_address("192.0.2.2"),
        multihop=3,
        password="env:FIREWALL",
    )
    host = Neighbor("swp7", 4200001000, "h7", "h7 eth0", (unicast,), interface="swp7", bfd_profile="fast")
    gateways = (ip_interface("10.1.10.1/24"), ip_interface("2001:db8:10::1/64"))
    return device(
        hostname="border1",
        role=Role.BORDER,
        bridge=bridge,
        drained=True,
        neighbor_table=16384,
        ports=(
            EthernetPort("eth0", PortKind.MANAGEMENT, "management", 1500, (ip_interface("172.31.0.5/22"),)),
            EthernetPort("swp1", PortKind.ACCESS, "", 1500, untagged_vlan=10, peer_device="h1", peer_port="eth0"),
            EthernetPort("swp2", PortKind.TRUNK, "h 2", 1500, untagged_vlan=10, tagged_vlans=(20, 30)),
            EthernetPort("swp3", PortKind.TRUNK, "it's h3", 1500, tagged_vlans=(20,), peer_device="h3"),
            EthernetPort("swp6", PortKind.ROUTED, "fw", 1500, (ip_interface("192.0.2.1/30"),), vrf="red"),
            EthernetPort("swp7", PortKind.ROUTED, "h7 eth0", 1500, vrf="red", peer_device="h7", peer_port="eth0"),
            EthernetPort("swp49", PortKind.FABRIC, "spine1 swp1", 9216, peer_device="spine1", peer_port="swp1"),
            EthernetPort("swp50", PortKind.FABRIC, "spine2 swp1", 9216, peer_device="spine2", peer_port="swp1"),
        ),
        loopbacks=(
            Loopback("lo", "default", (ip_interface("10.255.0.1/32"), ip_interface("10.255.4.1/32"))),
            Loopback("blue", "blue", (ip_interface("10.255.16.2/32"),)),
            Loopback("red", "red", (ip_interface("10.255.16.1/32"),)),
        ),
        vtep=ip_address("10.255.4.1"),
        vlans=(
            Vlan(10, "web", 100010),
            Vlan(20, "db's own", 100020),
            Vlan(30, "local", None),
            Vlan(3001, "red", 50001),
            Vlan(3002, "blue", 50002),
        ),
        svis=(
            Svi(
                "vlan10",
                10,
                "red",
                1500,
                gateways,
                "00:00:5e:00:01:01",
                (
                    DhcpRelay(
                        ip_address("10.1.10.1"),
                        ip_address("10.255.16.1"),
                        (ip_address("10.9.0.1"), ip_address("10.9.0.2")),
                    ),
                    DhcpRelay(ip_address("2001:db8:10::1"), ip_address("fd00::1"), (ip_address("2001:db8:9::1"),)),
                ),
                True,
            ),
            Svi("vlan20", 20, "blue", 1500, (ip_interface("10.1.20.1/24"),), "00:00:5e:00:01:01"),
            Svi("vlan30", 30, "default", 1400, (ip_interface("10.1.30.1/24"),)),
            Svi("vlan3001", 3001, "red", 1500),
            Svi("vlan3002", 3002, "blue", 1500),
        ),
        vrfs=(
            Vrf("blue", 50002, 3002, "10.255.0.1:6002", "65000:50002"),
            Vrf(
                "red",
                50001,
                3001,
                "10.255.0.1:6001",
                "65000:50001",
                (VrfLeak("blue", "LEAK"), VrfLeak("default", "IN")),
            ),
        ),
        mac_vrfs=(
            MacVrf(100010, "10.255.0.1:7001", "65000:100010"),
            MacVrf(100020, "10.255.0.1:7002", "65000:100020"),
        ),
        bgp=(
            instance(
                asn=65000,
                neighbors=(reflected("10.255.0.100"), reflected("10.255.0.101"), uplink(49), uplink(50)),
                networks=(ip_network("10.255.0.1/32"), ip_network("10.255.4.1/32")),
                advertise_all_vni=True,
                retain_route_targets=True,
                graceful_restart=True,
            ),
            instance(vrf="blue", advertise_to_evpn=(Family.IPV4,), multipath_relax=False, connect_s=7),
            instance(
                vrf="red",
                keepalive_s=10,
                hold_s=30,
                maximum_paths=8,
                neighbors=(firewall, host),
                redistribute_connected="CONNECTED",
                advertise_to_evpn=(Family.IPV4, Family.IPV6),
            ),
        ),
        bfd_profiles=(BfdProfile("fast", 10, 10, 3), BfdProfile("slow", 300, 300, 5)),
        prefix_lists=(
            PrefixList("ANY", (PrefixRule(Action.PERMIT, V4, le=32),)),
            PrefixList("ANY-V6", (PrefixRule(Action.DENY, ip_network("2001:db8::/32"), ge=33, le=128),)),
            PrefixList("LOOPBACKS", (PrefixRule(Action.PERMIT, ip_network("10.255.0.0/22"), 32, 32),)),
        ),
        policies=(
            Policy("CONNECTED", (PolicyTerm(10, Action.PERMIT, match_interface="red"),)),
            Policy(
                "IN",
                (
                    PolicyTerm(
                        10,
                        Action.PERMIT,
                        "LOOPBACKS",
                        match_community="graceful-shutdown",
                        set_local_preference=0,
                    ),
                    PolicyTerm(20, Action.PERMIT, "ANY-V6", match_community="65000:7"),
                ),
            ),
            Policy("LEAK", ()),
            Policy(
                "OUT",
                (
                    PolicyTerm(10, Action.DENY, match_learnt_from=4200000100),
                    PolicyTerm(20, Action.PERMIT, "ANY", set_communities=("65000:1", "graceful-shutdown"), prepend=3),
                ),
            ),
        ),
        filters=(
            GatewayFilter(
                "web",
                "vlan10",
                "red",
                (
                    FilterRule(Action.PERMIT, gateways[0].network, V4, "tcp", (), (80, 443), "web out"),
                    FilterRule(Action.PERMIT, gateways[0].network, V4, "udp", (53,), ()),
                    FilterRule(Action.PERMIT, gateways[0].network, V4, "tcp", (1,), (2,)),
                    FilterRule(Action.PERMIT, gateways[1].network, V6, "icmp"),
                    FilterRule(Action.PERMIT, gateways[0].network, V4, "icmp"),
                    FilterRule(Action.PERMIT, gateways[0].network, V4, "udp"),
                    FilterRule(Action.DENY, V4, ip_network("10.1.20.0/24"), "any"),
                ),
            ),
            GatewayFilter("empty", "vlan20", "blue", ()),
        ),
    )
