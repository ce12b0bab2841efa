"""Pools and subnets that must not share an address."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rtmctl.base import Finding, Position
from rtmctl.base.net import Network
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.pools import Pools


@dataclass(frozen=True, slots=True)
class Claim:
    network: Network
    owner: str
    where: Position | None
    rank: int
    """of two that overlap, the finding stands at the higher rank, then at the later line"""


def check(draft: Draft) -> Iterator[Finding]:
    """Pools against each other, and within each VRF: subnets, transfer nets and services, also against the pools.

    Two VRFs may use the same subnets. The pools stand in every VRF: routed hosts and relays take addresses from them.
    """
    pools = list(_pools(draft))
    yield from _overlaps(pools)
    within: dict[str, list[Claim]] = {}
    for tenant, claim in _claims(draft):
        within.setdefault(tenant, []).append(claim)
    for claims in within.values():
        yield from _overlaps([*pools, *claims], skip_rank=0)


def _pools(draft: Draft) -> Iterator[Claim]:
    for name in Pools.model_fields:
        network = getattr(draft.intent.pools, name)
        if network is not None and not isinstance(network, str):
            written = ("pools", name) in draft.positions
            where = draft.where("pools", name) if written else None
            yield Claim(network, f"pool '{name}'{'' if written else ' (by default)'}", where, 0)


def _claims(draft: Draft) -> Iterator[tuple[str, Claim]]:
    for name, segment in draft.intent.segments.items():
        for number, subnet in enumerate(segment.subnets):
            where = draft.where("segments", name, "subnets", number)
            yield segment.tenant, Claim(subnet, f"segment '{name}'", where, 1)
    transfer: set[tuple[str, Network]] = set()
    for name, external in draft.intent.externals.items():
        link = external.local.network
        if (external.tenant, link) in transfer:
            continue
        transfer.add((external.tenant, link))
        where = draft.where("externals", name, "local")
        yield external.tenant, Claim(link, f"the link to external '{name}'", where, 2)
    services: set[tuple[str, Network]] = set()
    for name, host in draft.intent.hosts.items():
        for number, service in enumerate(host.services):
            # a service address on several hosts is anycast, and meant
            if host.tenant is not None and (host.tenant, service.network) not in services:
                services.add((host.tenant, service.network))
                where = draft.where("hosts", name, "services", number)
                yield host.tenant, Claim(service.network, f"a service of host '{name}'", where, 3)


def _overlaps(claims: Iterable[Claim], skip_rank: int | None = None) -> Iterator[Finding]:
    """One pass in address order; what still is open when another begins, holds it."""
    order = sorted(claims, key=lambda c: (c.network.version, int(c.network.network_address), c.network.prefixlen))
    around: list[Claim] = []
    for claim in order:
        while around and not _holds(around[-1].network, claim.network):
            around.pop()
        if around and not (around[-1].rank == claim.rank == skip_rank):
            yield _finding(around[-1], claim)
        around.append(claim)


def _holds(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.network_address in outer


def _finding(one: Claim, other: Claim) -> Finding:
    first, second = sorted((one, other), key=lambda c: (c.rank, c.where is not None, c.where or Position("", 0, 0)))
    message = f"{second.network} of {second.owner} overlaps {first.network} of {first.owner}"
    hint = (
        "write the pool down under `pools:` with another range"
        if "by default" in first.owner
        else "move one of the two"
    )
    return Finding("overlap", message, second.where, hint, also=(first.where,) if first.where else ())
