"""The production form of a small device's configuration, written out by hand: what the lab must be able to run."""

from rtmctl.fabric.types import Device, Fabric, Role
from rtmctl.model.config import DeviceConfig

SYSCTL = """\
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
net.ipv4.fib_multipath_hash_policy = 1
"""


def config(fabric: Fabric, device: Device) -> DeviceConfig:
    """VLAN-aware bridge, vrf devices, one VXLAN a VNI; EVPN over unnumbered eBGP."""
    leaf = device.role is not Role.SPINE
    return DeviceConfig.of(
        {
            "frr": _frr(fabric, device, leaf),
            "interfaces": _interfaces(fabric, device, leaf),
            "nftables": "",
            "sysctl": SYSCTL,
            "lldpd": "",
        }
    )


def _uplinks(fabric: Fabric, device: Device) -> list[str]:
    return sorted(link.end(device.name).port for link in fabric.links_of(device.name))


def _stanza(name: str, *lines: str) -> str:
    return f"auto {name}\niface {name}\n" + "".join(f"    {line}\n" for line in lines) + "\n"


def _interfaces(fabric: Fabric, device: Device, leaf: bool) -> str:
    lo = [f"address {device.loopback}/32", *([f"address {device.vtep}/32"] if leaf else [])]
    text = "auto lo\niface lo inet loopback\n" + "".join(f"    {line}\n" for line in lo) + "\n"
    text += _stanza("eth0", f"address {device.management}")
    text += "".join(_stanza(port, "mtu 9216") for port in _uplinks(fabric, device))
    if not leaf:
        return text
    segments = fabric.segments_of(device.name)
    tenants = [t for t in fabric.tenants if any(s.tenant == t.name for s in segments)]
    vlans = {s.name: s.vlan for s in segments}
    ports = []
    for host in fabric.hosts_of(device.name):
        for link in host.links:
            if link.leaf != device.name:
                continue
            ports.append(link.port)
            tagged = " ".join(str(vlans[name]) for name in host.tagged)
            lines = [f"bridge-vids {tagged}"] if tagged else [f"bridge-access {vlans[host.untagged or '']}"]
            text += _stanza(link.port, "mtu 1500", *lines)
    for tenant in tenants:
        text += _stanza(tenant.name, "vrf-table auto")
    pairs = [(s.vlan, s.vni) for s in segments] + [(t.vlan, t.vni) for t in tenants]
    vids = " ".join(str(vlan) for vlan, _ in pairs)
    names = " ".join([*ports, *(f"vni{vni}" for _, vni in pairs)])
    text += _stanza("br0", "bridge-vlan-aware yes", f"bridge-ports {names}", f"bridge-vids {vids}", "bridge-stp off")
    for vlan, vni in pairs:
        text += _stanza(
            f"vni{vni}",
            f"vxlan-id {vni}",
            f"vxlan-local-tunnelip {device.vtep}",
            f"bridge-access {vlan}",
            "bridge-learning off",
            "bridge-arp-nd-suppress on",
            "mtu 1500",
        )
    for segment in segments:
        text += _stanza(
            f"vlan{segment.vlan}",
            f"vlan-id {segment.vlan}",
            "vlan-raw-device br0",
            f"vrf {segment.tenant}",
            *(f"address {subnet.gateway}" for subnet in segment.subnets),
            f"hwaddress {fabric.anycast_mac}",
            "arp-accept on",
        )
    for index, tenant in enumerate(tenants, 1):
        mac = f"02:00:0a:00:{int(device.loopback) & 0xFF:02x}:{index:02x}"
        text += _stanza(
            f"vlan{tenant.vlan}",
            f"vlan-id {tenant.vlan}",
            "vlan-raw-device br0",
            f"vrf {tenant.name}",
            f"hwaddress {mac}",
        )
    return text


def _frr(fabric: Fabric, device: Device, leaf: bool) -> str:
    lines = ["frr defaults datacenter", f"hostname {device.name}", "service integrated-vtysh-config", "!"]
    tenants = fabric.tenants if leaf else ()
    for tenant in tenants:
        lines += [f"vrf {tenant.name}", f" vni {tenant.vni}", "exit-vrf", "!"]
    for segment in fabric.segments_of(device.name):
        lines += [f"interface vlan{segment.vlan}", f" description gateway of {segment.name}", "exit", "!"]
    lines += [f"router bgp {device.asn}", f" bgp router-id {device.loopback}", " no bgp ebgp-requires-policy"]
    lines += [" bgp bestpath as-path multipath-relax"]
    uplinks = _uplinks(fabric, device)
    for port in uplinks:
        lines += [f" neighbor {port} interface remote-as external"]
    for port in uplinks:
        lines += [f" neighbor {port} timers connect 1", f" neighbor {port} advertisement-interval 0"]
    lines += [" !", " address-family ipv4 unicast", f"  network {device.loopback}/32"]
    lines += [f"  network {device.vtep}/32"] if leaf else []
    lines += ["  maximum-paths 64", " exit-address-family", " !", " address-family l2vpn evpn"]
    lines += [f"  neighbor {port} activate" for port in uplinks]
    if leaf:
        lines += ["  advertise-all-vni"]
        # two-byte administrator, so that the target does not follow from the leaf's own AS
        for segment in fabric.segments_of(device.name):
            target = segment.route_target
            lines += [f"  vni {segment.vni}", f"   route-target import {target}", f"   route-target export {target}"]
            lines += ["  exit-vni"]
    lines += [" exit-address-family", "exit", "!"]
    for tenant in tenants:
        lines += [
            f"router bgp {device.asn} vrf {tenant.name}",
            f" bgp router-id {device.loopback}",
            " !",
            " address-family ipv4 unicast",
            "  redistribute connected",
            " exit-address-family",
            " !",
            " address-family l2vpn evpn",
            "  advertise ipv4 unicast",
            f"  route-target import {tenant.route_target}",
            f"  route-target export {tenant.route_target}",
            " exit-address-family",
            "exit",
            "!",
        ]
    return "\n".join(lines) + "\n"
