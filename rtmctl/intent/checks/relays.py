"""DHCP relays: whether the servers can be asked at all."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.base.net import Address
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.segments import Segment


def check(draft: Draft) -> Iterator[Finding]:
    """A relay asks from the leaf's loopback in the VRF, so a server must be in that VRF or behind its border.

    A route leak does not help: it leaks subnets, not that loopback.
    """
    for name, segment in draft.intent.segments.items():
        versions = {network.version for network in segment.subnets}
        for number, server in enumerate(segment.dhcp_relay):
            where = draft.where("segments", name, "dhcp_relay", number)
            if server.version not in versions:
                text = f"segment '{name}' relays to {server}, but has no IPv{server.version} subnet"
                yield Finding("dhcp-relay-version", text, where, "take the server out, or add a subnet of that version")
            elif not _in_reach(draft, segment, server):
                text = f"the DHCP server {server} of segment '{name}' cannot be reached in VRF '{segment.tenant}'"
                hint = "put it into a segment of that VRF, make it a service of a routed host, or accept it from a peer"
                yield Finding("dhcp-relay-unreachable", text, where, hint)


def _in_reach(draft: Draft, segment: Segment, server: Address) -> bool:
    """Names that were refused may have held what is missing: then nothing is said."""
    intent, tenant = draft.intent, segment.tenant
    if not (draft.whole("segments") and draft.whole("hosts") and draft.whole("externals")):
        return True
    networks = [network for other in intent.segments.values() if other.tenant == tenant for network in other.subnets]
    networks += [s.network for host in intent.hosts.values() if host.tenant == tenant for s in host.services]
    networks += [prefix for peer in intent.externals.values() if peer.tenant == tenant for prefix in peer.accept]
    return any(server in network for network in networks)
