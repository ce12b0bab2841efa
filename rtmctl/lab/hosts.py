"""What hosts and external peers of a lab run: an ip(8) batch each, and FRR where they speak BGP."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rtmctl.base.net import Network
from rtmctl.fabric.types import Attachment, External, Fabric, Host
from rtmctl.lab import factory
from rtmctl.lab.blueprint import NodeFile
from rtmctl.lab.factory import Kit, Programs
from rtmctl.lab.features import ALL, Features
from rtmctl.lab.recipes import Recipe

BATCH = "/etc/rtmctl/host.batch"
EXTERNAL_PORT = "eth0"
_NO_GROUPS = "no zebra nexthop kernel enable"
"""As on switches. With groups FRR 10.3 sends to a leaf as soon as the link to it is back, before it has any route."""


def batch(host: Host, fabric: Fabric, features: Features) -> str:
    """Addresses and default routes of a bridged host."""
    vlans = {segment.name: segment.vlan for segment in fabric.segments}
    lines: list[str] = []
    for link in host.links:
        lines.append(f"link set {link.nic} mtu {fabric.host_mtu} up")
        for segment in host.tagged:
            name = f"{link.nic}.{vlans[segment]}"
            if features.vlan:
                lines.append(f"link add link {link.nic} name {name} type vlan id {vlans[segment]}")
            lines.append(f"link set {name} mtu {fabric.host_mtu} up")
    nic = host.links[0].nic if host.links else "lo"
    defaults: set[int] = set()
    for address in host.addresses:
        device = nic if address.segment == host.untagged else f"{nic}.{vlans[address.segment]}"
        nodad = " nodad" if address.interface.version == 6 else ""
        lines.append(f"addr add {address.interface} dev {device}{nodad}")
        if address.interface.version not in defaults:
            defaults.add(address.interface.version)
            default = "::/0" if address.interface.version == 6 else "0.0.0.0/0"
            lines.append(f"route add {default} via {address.gateway} dev {device}")
    return "".join(f"{line}\n" for line in lines)


def routed_batch(host: Host, fabric: Fabric) -> str:
    """Addresses of a host that speaks BGP: its links, its router id and its services on lo."""
    lines = [f"link set {link.nic} mtu {fabric.host_mtu} up" for link in host.links]
    lines += [f"addr add {link.host_address} dev {link.nic}" for link in host.links if link.host_address]
    own = [f"{host.loopback}/32"] if host.loopback else []
    lines += [f"addr add {address} dev lo" for address in (*own, *map(str, host.services))]
    return "".join(f"{line}\n" for line in lines)


def routed_conf(host: Host, fabric: Fabric) -> str:
    """frr.conf of a routed host: a session to each leaf, its own and its services' addresses announced."""
    lines = [
        "frr defaults datacenter",
        f"hostname {host.name}",
        "service integrated-vtysh-config",
        _NO_GROUPS,
        *_bfd_profile(fabric),
        f"router bgp {host.asn}",
        f" bgp router-id {host.loopback}",
        " no bgp ebgp-requires-policy",
        " bgp bestpath as-path multipath-relax",
    ]
    peers: list[str] = []
    for link in host.links:
        if link.leaf_address is not None:
            peer = str(link.leaf_address.ip)
            lines.append(f" neighbor {peer} remote-as external")
        else:
            peer = link.nic
            lines.append(f" neighbor {peer} interface remote-as external")
        lines += _timers(peer, fabric)
        peers.append(peer)
    networks = ([f"{host.loopback}/32"] if host.loopback else []) + [str(s.network) for s in host.services]
    for family, version in (("ipv4", 4), ("ipv6", 6)):
        mine = [n for n in networks if (":" in n) == (version == 6)]
        if version == 4 or mine:
            lines.append(f" address-family {family} unicast")
            lines += [f"  network {network}" for network in mine]
            lines += [f"  neighbor {peer} activate" for peer in peers] if version == 6 else []
            lines += ["  maximum-paths 64", " exit-address-family"]
    return "\n".join([*lines, "exit", ""])


def routers(fabric: Fabric) -> tuple[tuple[External, ...], ...]:
    """External peers by the router they are: those on one port are the IPv4 and the IPv6 session of one.

    It is called as the first of them.
    """
    found: dict[tuple[str, str], list[External]] = {}
    for peer in fabric.externals:
        found.setdefault((peer.border, peer.port), []).append(peer)
    return tuple(map(tuple, found.values()))


def external_batch(peers: Sequence[External], fabric: Fabric) -> str:
    """The router's side of the border link. Of what it announces it answers for the first address alone: with the
    prefix length of the network, Linux would make all of it local to `lo`, and the router a host that is everybody."""
    lines = [f"link set {EXTERNAL_PORT} mtu {fabric.host_mtu} up"]
    lines += [f"addr add {peer.peer} dev {EXTERNAL_PORT}" for peer in peers]
    announced = dict.fromkeys(network for peer in peers for network in peer.accept if network.prefixlen > 0)
    lines += [f"addr add {_first(network)} dev lo" for network in announced]
    return "".join(f"{line}\n" for line in lines)


def _first(network: Network) -> str:
    """The first usable address; a single address is its own."""
    return str(network[1] if network.num_addresses > 1 else network[0])


def external_conf(peers: Sequence[External], fabric: Fabric, passwords: Mapping[str, str]) -> str:
    """frr.conf of an external router that announces what the site accepts from it. `passwords`: by peer."""
    first = peers[0]
    router_id = next((peer.peer.ip for peer in peers if peer.peer.version == 4), "192.0.2.1")
    lines = [
        "frr defaults datacenter",
        f"hostname {first.name}",
        "service integrated-vtysh-config",
        _NO_GROUPS,
        f"router bgp {first.asn}",
        f" bgp router-id {router_id}",
        " no bgp default ipv4-unicast",
        " no bgp ebgp-requires-policy",
        " no bgp network import-check",
    ]
    for peer in peers:
        session = f" neighbor {peer.local.ip}"
        lines += [
            f"{session} remote-as external",
            *([f"{session} local-as {peer.asn} no-prepend replace-as"] if peer.asn != first.asn else []),
            *([f"{session} password {passwords[peer.name]}"] if peer.name in passwords else []),
            f"{session} timers {fabric.timers.keepalive_s} {fabric.timers.hold_s}",
            f"{session} timers connect 1",
        ]
    for peer in peers:
        lines += [
            f" address-family ipv{peer.peer.version} unicast",
            f"  neighbor {peer.local.ip} activate",
            *(f"  network {network}" for network in peer.accept if network.version == peer.peer.version),
            " exit-address-family",
        ]
    return "\n".join([*lines, "exit", ""])


def router_files(name: str, conf: str, addresses: str, recipe: Recipe, programs: Programs) -> tuple[NodeFile, ...]:
    """Files of a node whose FRR has its final configuration from birth; it has no VRFs, so none are substituted."""
    return (
        *(replace(file, always=True) for file in factory.frr_files(name, conf, recipe, ALL)),
        NodeFile(f"{factory.LAB}/init", programs.router_init, 0o755, always=True),
        NodeFile(f"{factory.LAB}/daemons", programs.daemons, 0o755, always=True),
        NodeFile(BATCH, addresses, always=True),
    )


def systemd_files(host: Host, fabric: Fabric, management: str, recipe: Recipe, kit: Kit) -> tuple[NodeFile, ...]:
    """Files of a systemd host: its own units do what an init of the lab does elsewhere."""
    routed = host.attachment is Attachment.ROUTED
    addresses = routed_batch(host, fabric) if routed else batch(host, fabric, kit.features)
    own = f"link set mgmt0 up\naddr add {management} dev mgmt0\n"
    machine_id = hashlib.sha256(f"{fabric.name}/{host.name}".encode()).hexdigest()[:32]
    base = factory.frr_files(host.name, routed_conf(host, fabric) if routed else "", recipe, ALL)
    return (
        *(replace(file, always=True) for file in base if routed or not file.path.startswith("/etc/frr/")),
        *factory.ssh_files(host.name, kit),
        NodeFile("/etc/machine-id", f"{machine_id}\n", 0o444),
        NodeFile(BATCH, addresses + own, always=True),
    )


def _timers(peer: str, fabric: Fabric) -> list[str]:
    timers = fabric.timers
    lines = [
        f" neighbor {peer} timers {timers.keepalive_s} {timers.hold_s}",
        f" neighbor {peer} timers connect {timers.connect_s}",
        f" neighbor {peer} advertisement-interval {timers.advertisement_interval_s}",
    ]
    if timers.bfd_interval_ms is not None:
        lines.append(f" neighbor {peer} bfd profile fabric")
    return lines


def _bfd_profile(fabric: Fabric) -> list[str]:
    """A profile, because an interval below 50 ms is refused on the neighbor line (FRR 8.4)."""
    timers = fabric.timers
    if timers.bfd_interval_ms is None:
        return []
    return [
        "bfd",
        " profile fabric",
        f"  detect-multiplier {timers.bfd_multiplier}",
        f"  transmit-interval {timers.bfd_interval_ms}",
        f"  receive-interval {timers.bfd_interval_ms}",
        " exit",
        "exit",
    ]
