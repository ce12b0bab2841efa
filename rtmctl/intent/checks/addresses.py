"""Subnets, gateways and host addresses."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

from rtmctl.base import Finding, Severity
from rtmctl.base.net import Address, Network
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.hosts import Attachment, Host
from rtmctl.intent.schema.segments import Segment
from rtmctl.intent.site import KeyPath

SLAAC_LENGTH = 64
"""RFC 4862 §5.5.3: hosts take addresses from router advertisements only out of a /64"""

NEVER_ROUTED = "link-local, multicast, loopback and reserved ranges are not routed"
_NEVER_ROUTED = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/10", "ff00::/8"))
)


def check(draft: Draft) -> Iterator[Finding]:
    """Gateways inside their subnets, hosts inside their segments, no address twice in a VRF."""
    taken: dict[tuple[str, Address], tuple[str, KeyPath]] = {}
    for name, segment in draft.intent.segments.items():
        for number, subnet in enumerate(segment.subnets):
            yield from _subnet(draft, name, segment, number, subnet)
        yield from _gateways(draft, name, segment)
        for number, (_, gateway) in enumerate(gateways(segment)):
            path: KeyPath = ("segments", name, "gateways", number)
            taken[segment.tenant, gateway] = (f"the gateway of segment '{name}'", path)
    for name, host in draft.intent.hosts.items():
        if host.attachment is not Attachment.ROUTED:
            yield from _host(draft, name, host, taken)


def gateways(segment: Segment) -> Iterator[tuple[Network, Address]]:
    """(subnet, gateway): as written, else the first usable address."""
    for number, subnet in enumerate(segment.subnets):
        if number < len(segment.gateways):
            yield subnet, segment.gateways[number]
        elif not _too_small(subnet):
            yield subnet, subnet.network_address + 1


def never_routed(network: Network) -> bool:
    """Whether no router forwards to it: of special purpose (RFC 6890 §2.2), or multicast."""
    return any(network.network_address in never and network.broadcast_address in never for never in _NEVER_ROUTED)


def _too_small(subnet: Network) -> bool:
    return subnet.max_prefixlen - subnet.prefixlen < 2


def _subnet(draft: Draft, name: str, segment: Segment, number: int, subnet: Network) -> Iterator[Finding]:
    where = draft.where("segments", name, "subnets", number)
    if _too_small(subnet):
        message = f"{subnet} of segment '{name}' has no room for a gateway and a host"
        yield Finding("subnet-unusable", message, where, f"a /{subnet.max_prefixlen - 2} is the smallest")
    elif never_routed(subnet):
        message = f"{subnet} of segment '{name}' is no range for hosts"
        yield Finding("subnet-unusable", message, where, NEVER_ROUTED)
    elif subnet.version == 6 and segment.router_advertisements and subnet.prefixlen != SLAAC_LENGTH:
        message = f"hosts configure themselves only in a /64, and {subnet} of segment '{name}' is none"
        hint = "use a /64, or `router_advertisements: false`"
        yield Finding("subnet-not-64", message, where, hint, Severity.WARNING)


def _gateways(draft: Draft, name: str, segment: Segment) -> Iterator[Finding]:
    if segment.gateways and len(segment.gateways) != len(segment.subnets):
        message = f"segment '{name}' lists subnets: {len(segment.subnets)}, gateways: {len(segment.gateways)}"
        where = draft.key("segments", name, "gateways")
        yield Finding("gateway-count", message, where, "one gateway a subnet, in the same order, or none at all")
        return
    for number, gateway in enumerate(segment.gateways):
        subnet = segment.subnets[number]
        where = draft.where("segments", name, "gateways", number)
        there = draft.where("segments", name, "subnets", number)
        also = (there,) if there else ()
        if gateway not in subnet:
            hint = "" if _too_small(subnet) else f"for example {subnet.network_address + 1}"
            message = f"gateway {gateway} is not in {subnet} of segment '{name}'"
            yield Finding("gateway-outside", message, where, hint, also=also)
        elif not _usable(gateway, subnet):
            message = f"gateway {gateway} is the network or broadcast address of {subnet}"
            yield Finding("gateway-outside", message, where, also=also)


def _usable(address: Address, subnet: Network) -> bool:
    if address == subnet.network_address:
        return False
    return not isinstance(subnet, IPv4Network) or address != subnet.broadcast_address


Taken = dict[tuple[str, Address], tuple[str, KeyPath]]


def _host(draft: Draft, name: str, host: Host, taken: Taken) -> Iterator[Finding]:
    names = [segment for segment in (host.segment, *host.segments) if segment is not None]
    segments = {s: draft.intent.segments[s] for s in names if s in draft.intent.segments}
    per_subnet: dict[tuple[str, int], int] = {}
    for number, address in enumerate(host.addresses):
        path: KeyPath = ("hosts", name, "addresses", number)
        where = draft.where(*path)
        found = _segment_of(address, segments)
        if found is None:
            if segments and len(segments) == len(set(names)):
                subnets = ", ".join(str(subnet) for s in segments.values() for subnet in s.subnets)
                message = f"{address} of host '{name}' is not in {' or '.join(repr(s) for s in segments)}"
                yield Finding("address-outside", message, where, f"subnets there: {subnets}")
            continue
        segment, subnet = found
        if not _usable(address, subnet):
            message = f"{address} of host '{name}' is the network or broadcast address of {subnet}"
            yield Finding("address-outside", message, where)
        owner = taken.setdefault((segments[segment].tenant, address), (f"host '{name}'", path))
        if owner[1] != path:
            code = "address-is-gateway" if owner[0].startswith("the gateway") else "address-duplicate"
            there = draft.where(*owner[1])
            message = f"{address} of host '{name}' is that of {owner[0]}"
            hint = "a range of hosts cannot share one address; leave it to allocation" if there == where else ""
            yield Finding(code, message, where, hint, also=(there,) if there and there != where else ())
        first = per_subnet.setdefault((segment, address.version), number)
        if first != number:
            message = f"host '{name}' has a second IPv{address.version} address in segment '{segment}'"
            yield Finding("address-duplicate", message, where, "one of each IP version")


def _segment_of(address: IPv4Address | IPv6Address, segments: dict[str, Segment]) -> tuple[str, Network] | None:
    for name, segment in segments.items():
        for subnet in segment.subnets:
            if address in subnet:
                return name, subnet
    return None
