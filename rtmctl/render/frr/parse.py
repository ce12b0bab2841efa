"""The sections of a device back to its model: `parse(render(model)) == model`."""

import re
from dataclasses import replace
from ipaddress import ip_address

from rtmctl.fabric.types import BridgeForm, Role
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, Vrf
from rtmctl.render.frr.parse_bgp import ReadInstance, build_instance, garbage, leaks_of, number, read_instance
from rtmctl.render.frr.parse_filters import read_filters
from rtmctl.render.frr.parse_linux import LinuxPart, read_interfaces
from rtmctl.render.frr.parse_policy import ReadPolicies, read_bfd, read_prefix_rule, read_route_map
from rtmctl.render.frr.parse_relays import read_relays
from rtmctl.render.frr.spelling import derived_target
from rtmctl.render.frr.tree import read_tree

_NEIGHBOR_TABLE = re.compile(r"^net\.ipv4\.neigh\.default\.gc_thresh1 = (\d+)$", re.MULTILINE)

_ANNOUNCES, _MANAGED = "no ipv6 nd suppress-ra", "ipv6 nd managed-config-flag"
"""the second stands with every DHCPv6 relay, and is read from there"""


def parse(config: DeviceConfig) -> DeviceModel:
    """The model that these texts are the rendering of.

    Raises:
        ValueError: a section is missing, or holds a line that rtmctl does not write; the message starts with
            `section:line:`.
    """
    linux = read_interfaces(config.get("interfaces"))
    routing = _Routing(config.get("frr"))
    table = _NEIGHBOR_TABLE.search(config.get("sysctl"))
    if table is None:
        raise ValueError("sysctl:1: no net.ipv4.neigh.default.gc_thresh1")
    return _assemble(linux, routing, config, int(table[1]))


class _Routing:
    """frr.conf read: raises ValueError naming the line."""

    def __init__(self, text: str) -> None:
        self.hostname: str | None = None
        self.l3vnis: dict[str, int] = {}
        self.announcing: set[str] = set()
        self.instances: dict[str, ReadInstance] = {}
        self.policies = ReadPolicies()
        for node in read_tree(text):
            match node.words:
                case ["hostname", name]:
                    self.hostname = name
                case ["frr", "defaults", "datacenter"] | ["log", "syslog", "informational"]:
                    pass
                case ["no", "zebra", "nexthop", "kernel", "enable"] | ["service", "integrated-vtysh-config"]:
                    pass
                case ["vrf", name] if len(node.children) == 1 and node.children[0].words[0] == "vni":
                    self.l3vnis[name] = number(node.children[0].words[-1], node.children[0])
                case ["interface", name, *_] if {c.text for c in node.children} - {_MANAGED} == {_ANNOUNCES}:
                    self.announcing.add(name)
                case ["router", "bgp", *_]:
                    found = read_instance(node)
                    self.instances[found.vrf] = found
                case ["ip" | "ipv6", "prefix-list", *_]:
                    read_prefix_rule(self.policies, node)
                case ["bgp", "as-path", "access-list", *_] | ["bgp", "community-list", "standard", *_]:
                    pass  # made for the route maps that name them
                case ["route-map", *_]:
                    read_route_map(self.policies, node)
                case ["bfd"]:
                    read_bfd(self.policies, node)
                case _:
                    raise garbage(node)


def _assemble(linux: LinuxPart, routing: _Routing, config: DeviceConfig, neighbor_table: int) -> DeviceModel:
    device = linux.device.by_key
    if routing.hostname is None:
        raise ValueError("frr:1: no hostname")
    main = routing.instances.get(DEFAULT_VRF)
    relays = read_relays(config.get("dhcp-relay"))
    try:
        return DeviceModel(
            hostname=routing.hostname,
            platform=device["platform"],
            hardware=device["hardware"],
            role=Role(device["role"]),
            asn=int(device["asn"]),
            router_id=ip_address(device["router-id"]),
            bridge=BridgeForm(device["bridge"]),
            ports=linux.ports,
            loopbacks=linux.loopbacks,
            vtep=ip_address(device["vtep"]) if "vtep" in device else None,
            vlans=linux.vlans,
            svis=tuple(
                replace(
                    svi,
                    router_advertisements=svi.name in routing.announcing,
                    dhcp_relays=relays.get(svi.name, ()),
                )
                for svi in linux.svis
            ),
            vrfs=tuple(_vrf(name, l3vni, linux, routing) for name, l3vni in routing.l3vnis.items()),
            mac_vrfs=tuple(main.mac_vrfs) if main is not None else (),
            bgp=tuple(build_instance(found, linux.notes) for found in routing.instances.values()),
            bfd_profiles=tuple(routing.policies.bfd),
            prefix_lists=routing.policies.prefix_lists(),
            policies=routing.policies.all_policies(),
            filters=read_filters(config.get("nftables")),
            drained="drained" in device,
            neighbor_table=neighbor_table,
        )
    except KeyError as error:
        raise ValueError(f"interfaces:1: the device's note lacks {error}") from None


def _vrf(name: str, l3vni: int, linux: LinuxPart, routing: _Routing) -> Vrf:
    vlan = next((vlan for vlan in linux.vlans if vlan.vni == l3vni), None)
    found = routing.instances.get(name)
    if vlan is None or found is None or found.rd is None:
        raise ValueError(f"frr:1: VRF {name} without its transit VLAN, BGP instance or route distinguisher")
    return Vrf(
        name=name,
        l3vni=l3vni,
        l3vlan=vlan.vid,
        rd=found.rd,
        route_target=found.route_target or derived_target(found.asn, l3vni),
        leaks=leaks_of(found, routing.policies.called),
    )
