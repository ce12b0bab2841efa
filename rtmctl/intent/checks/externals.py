"""External peers: on a border leaf, in one subnet with us, with prefixes of their own IP version."""

from collections.abc import Iterator

from rtmctl.base import Finding, Severity
from rtmctl.base.net import Interface, Network
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.externals import External
from rtmctl.intent.schema.flows import LEAK
from rtmctl.intent.schema.switches import Role


def check(draft: Draft) -> Iterator[Finding]:
    """What a session needs to come up, and a prefix limit that lets in what is accepted."""
    taken: dict[tuple[str, str, str], str] = {}
    for name, external in draft.intent.externals.items():
        border = draft.intent.switches.get(external.border)
        if border is not None and border.role is not Role.BORDER:
            message = f"'{external.border}' is a {border.role}; external peers hang on border leafs"
            borders = ", ".join(draft.of_role(Role.BORDER))
            hint = f"border leafs: {borders}" if borders else f"give it `role: {Role.BORDER}`"
            yield Finding("external-not-on-border", message, draft.where("externals", name, "border"), hint)
        yield from _addresses(draft, name, external)
        yield from _prefixes(draft, name, external)
        yield from _announced(draft, name, external)
        key = (external.border, external.tenant, str(external.peer.ip))
        other = taken.setdefault(key, name)
        if other != name:
            message = f"{external.peer.ip} on {external.border} is already the peer of external '{other}'"
            there = draft.where("externals", other, "peer")
            also = (there,) if there else ()
            yield Finding("address-duplicate", message, draft.where("externals", name, "peer"), also=also)


def _addresses(draft: Draft, name: str, external: External) -> Iterator[Finding]:
    local, peer = external.local, external.peer
    where = draft.where("externals", name, "peer")
    ours = draft.where("externals", name, "local")
    also = (ours,) if ours else ()
    if local.version != peer.version or local.network != peer.network:
        message = f"our {local} and their {peer} are not in one subnet"
        hint = f"theirs would be an address in {local.network}"
        yield Finding("external-subnet", message, where, hint, also=also)
        return
    if local.ip == peer.ip:
        yield Finding("external-subnet", f"both ends have {local.ip}", where, "each end has its own", also=also)
    for key, interface in (("local", local), ("peer", peer)):
        if unusable(interface):
            message = f"{interface.ip} is the network or broadcast address of {interface.network}"
            yield Finding("external-subnet", message, draft.where("externals", name, key))


def unusable(interface: Interface) -> bool:
    """The network or broadcast address of an IPv4 subnet; a /31 has none (RFC 3021)."""
    network = interface.network
    if network.version == 6 or network.prefixlen >= 31:
        return False
    return interface.ip in (network.network_address, network.broadcast_address)


def _prefixes(draft: Draft, name: str, external: External) -> Iterator[Finding]:
    for key, networks in (("accept", external.accept), ("announce", external.announce)):
        for number, network in enumerate(networks):
            if network.version != external.peer.version:
                message = f"{network} is IPv{network.version}, the session to '{name}' is IPv{external.peer.version}"
                hint = "an external of its own carries the other IP version"
                yield Finding("external-prefix", message, draft.where("externals", name, key, number), hint)
    if external.prefix_limit < len(external.accept):
        message = (
            f"{len(external.accept)} prefixes are accepted, the limit closes the session after {external.prefix_limit}"
        )
        where = draft.where("externals", name, "prefix_limit")
        yield Finding("prefix-limit", message, where, f"prefix_limit at least {len(external.accept)}")


def _announced(draft: Draft, name: str, external: External) -> Iterator[Finding]:
    """Exact prefixes are announced, while a route for them is there: nothing aggregates."""
    if not external.announce or not draft.whole("segments") or not draft.whole("hosts"):
        return
    known = set(_routes_of(draft, external.tenant))
    for number, network in enumerate(external.announce):
        if network not in known:
            inside = sorted(
                str(n) for n in known if n.version == network.version and network.overlaps(n) and n.prefixlen
            )
            message = f"tenant '{external.tenant}' has no route {network}: nothing is announced to '{name}'"
            hint = f"announce what it has: {', '.join(inside[:4])}" if inside else "name a subnet or a service of it"
            where = draft.where("externals", name, "announce", number)
            yield Finding("external-announces-nothing", message, where, hint, Severity.WARNING)


def _routes_of(draft: Draft, tenant: str) -> Iterator[Network]:
    """What may stand in the tenant's VRF: subnets, services, what peers give, what is leaked into it."""
    intent = draft.intent
    for segment in intent.segments.values():
        yield from segment.subnets if segment.tenant == tenant else ()
    for host in intent.hosts.values():
        yield from (service.network for service in host.services if host.tenant == tenant)
    for external in intent.externals.values():
        yield from external.accept if external.tenant == tenant else ()
    for flow in intent.flows:
        ends = [intent.segments[end] for end in (flow.source, flow.to) if end in intent.segments]
        if flow.via == LEAK and tenant in {end.tenant for end in ends}:
            yield from (subnet for end in ends for subnet in end.subnets)
