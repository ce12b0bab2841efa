"""Fabric to Blueprint: which nodes and wires a lab of this fabric has. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Interface, IPv4Network
from types import MappingProxyType

from rtmctl.base import PermanentError
from rtmctl.fabric.types import Attachment, Device, External, Fabric, Host
from rtmctl.lab import factory, hosts
from rtmctl.lab.blueprint import Blueprint, End, NodeFile, NodeKind, NodeSpec, Wire
from rtmctl.lab.choices import Choices
from rtmctl.lab.factory import Kit
from rtmctl.lab.features import Features
from rtmctl.lab.recipes import SERVER, recipe
from rtmctl.lab.secrets import lab_secret

PLATFORMS = ("frr",)
"""What this driver can run; a device of another platform is refused by name."""


NONE_KEPT: Mapping[str, str] = MappingProxyType({})


def blueprint(name: str, fabric: Fabric, choices: Choices, kit: Kit, kept: Mapping[str, str] = NONE_KEPT) -> Blueprint:
    """The lab of `fabric`. `kept`: management addresses, with prefix length, that nodes of a running lab have.

    Raises:
        PermanentError: a device's platform cannot run here, or the management network is full.
    """
    strange = [f"{d.name} ({d.platform})" for d in fabric.devices if d.platform not in PLATFORMS]
    if strange:
        raise PermanentError(
            f"the lab cannot run {', '.join(strange)}",
            hint=f"platforms with a router that runs here: {', '.join(PLATFORMS)}",
        )
    own, management = _management(fabric, choices, kept)
    nodes = [_switch(device, choices, kit) for device in fabric.devices]
    wires = [Wire(End(x.a.device, x.a.port), End(x.b.device, x.b.port)) for x in fabric.links]
    if choices.hosts:
        nodes += [_host(host, fabric, choices, kit, management.get(host.name)) for host in fabric.hosts]
        outside = hosts.routers(fabric)
        nodes += [_external(name, peers, fabric, choices, kit) for peers in outside]
        wires += [wire for host in fabric.hosts for wire in _host_wires(host, fabric, kit.features)]
        wires += [Wire(End(x.border, x.port), End(x.name, hosts.EXTERNAL_PORT), fabric.host_mtu) for x, *_ in outside]
    return Blueprint(name, own, tuple(nodes), tuple(wires))


def machines(fabric: Fabric, choices: Choices) -> tuple[str, ...]:
    """Names of the hosts that are systemd hosts."""
    return tuple(host.name for host in fabric.hosts if choices.hosts and choices.machine(host))


def images(fabric: Fabric, choices: Choices) -> tuple[str, ...]:
    """Names of the recipes the lab needs."""
    heavy = machines(fabric, choices)
    names = [device.name for device in fabric.devices]
    if choices.hosts:
        names += [h.name for h in fabric.hosts if h.name not in heavy]
        names += [first.name for first, *_ in hosts.routers(fabric)]
    return tuple(sorted({choices.image_of(name) for name in names} | ({SERVER.name} if heavy else set())))


def free(taken: Iterable[IPv4Interface]) -> Iterator[str]:
    """Addresses of the management network, with prefix length, that no device has: the highest first.

    Raises:
        PermanentError: there are no more.
    """
    devices = list(taken)
    network = devices[0].network if devices else IPv4Network("192.0.2.0/24")
    addresses = {interface.ip for interface in devices}
    last = int(network.broadcast_address) - 1
    for number in range(last, int(network.network_address), -1):
        address = type(network.network_address)(number)
        if address not in addresses:
            yield f"{address}/{network.prefixlen}"
    raise PermanentError(f"the management network {network} has no address left for the lab", hint="widen its pool")


def _management(fabric: Fabric, choices: Choices, kept: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """The lab's own management address, the highest free one, and those of systemd hosts below it."""
    addresses = free(device.management for device in fabric.devices)
    own = next(addresses)
    wanted = machines(fabric, choices)
    mine = {name: kept[name] for name in wanted if name in kept and kept[name] != own}
    used = {str(device.management) for device in fabric.devices}
    mine = {name: address for name, address in mine.items() if address not in used}
    spare = (address for address in addresses if address not in mine.values())
    return own, mine | {name: next(spare) for name in wanted if name not in mine}


def _switch(device: Device, choices: Choices, kit: Kit) -> NodeSpec:
    image = choices.image_of(device.name)
    management = str(device.management)
    files = factory.switch_files(device.name, management, recipe(image), kit)
    return NodeSpec(device.name, NodeKind.SWITCH, image, management, files)


def _host(host: Host, fabric: Fabric, choices: Choices, kit: Kit, management: str | None) -> NodeSpec:
    if management is not None:
        files = hosts.systemd_files(host, fabric, management, SERVER, kit)
        return NodeSpec(host.name, NodeKind.SYSTEMD, SERVER.name, management, files)
    image = choices.image_of(host.name)
    if host.attachment is Attachment.ROUTED:
        files = hosts.router_files(
            host.name, hosts.routed_conf(host, fabric), hosts.routed_batch(host, fabric), recipe(image), kit.programs
        )
        return NodeSpec(host.name, NodeKind.ROUTER, image, None, files)
    batch = hosts.batch(host, fabric, kit.features)
    files = (
        NodeFile(f"{factory.LAB}/init", kit.programs.host_init, 0o755, always=True),
        NodeFile(hosts.BATCH, batch, always=True),
        NodeFile("/etc/hostname", f"{host.name}\n"),
    )
    return NodeSpec(host.name, NodeKind.HOST, image, None, files)


def _external(lab: str, peers: tuple[External, ...], fabric: Fabric, choices: Choices, kit: Kit) -> NodeSpec:
    first = peers[0].name
    image = choices.image_of(first)
    passwords = {peer.name: lab_secret(lab, peer.password) for peer in peers if peer.password is not None}
    conf = hosts.external_conf(peers, fabric, passwords)
    files = hosts.router_files(first, conf, hosts.external_batch(peers, fabric), recipe(image), kit.programs)
    return NodeSpec(first, NodeKind.ROUTER, image, None, files)


def _host_wires(host: Host, fabric: Fabric, features: Features) -> Iterator[Wire]:
    """A trunk on a kernel without 802.1Q is one wire a tagged VLAN, beside the untagged one."""
    vlans = {segment.name: segment.vlan for segment in fabric.segments}
    for link in host.links:
        yield Wire(End(link.leaf, link.port), End(host.name, link.nic), fabric.host_mtu)
        if not features.vlan:
            for segment in host.tagged:
                suffix = f".{vlans[segment]}"
                yield Wire(End(link.leaf, link.port + suffix), End(host.name, link.nic + suffix), fabric.host_mtu)
