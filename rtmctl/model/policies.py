"""Routing policies and the prefix lists they use.

Three rules hold everywhere. A policy says what may pass and denies the rest (RFC 8212). Whoever imports honours
GRACEFUL_SHUTDOWN (RFC 8326 §4.2) by local preference 0: with eBGP leafs too this comes before the AS path and takes
the route out of ECMP, which needs equal local preference. Whoever is drained sends it, and prepends for those who do
not honour it.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from rtmctl.base.net import Address, Network
from rtmctl.intent.checks.asns import PRIVATE
from rtmctl.model.types import Action, Policy, PolicyTerm, PrefixList, PrefixRule

GRACEFUL_SHUTDOWN = "graceful-shutdown"
PREPEND = 3
"""times the own AS, by whoever is drained: more than any detour in the fabric is long"""


def prefix_lists(name: str, rules: Iterable[PrefixRule]) -> tuple[PrefixList, ...]:
    """One list an IP version; the IPv6 one is called NAME-V6. A version without rules has no list."""
    rules = tuple(rules)
    found = []
    for version, suffix in ((4, ""), (6, "-V6")):
        own = tuple(rule for rule in rules if rule.network.version == version)
        if own:
            found.append(PrefixList(name + suffix, own))
    return tuple(found)


def exact(networks: Iterable[Network]) -> list[PrefixRule]:
    """Just these prefixes, sorted."""
    ordered = sorted(set(networks), key=lambda n: (n.version, int(n.network_address), n.prefixlen))
    return [PrefixRule(Action.PERMIT, network) for network in ordered]


def host_routes(pools: Iterable[Network]) -> list[PrefixRule]:
    """Every single address of the pools."""
    return [PrefixRule(Action.PERMIT, p, ge=p.max_prefixlen, le=p.max_prefixlen) for p in pools]


def is_private(asn: int) -> bool:
    """RFC 6996 §5."""
    return any(low <= asn <= high for low, high in PRIVATE)


def host_route(address: Address) -> Network:
    return ip_network(f"{address}/{address.max_prefixlen}")


def import_policy(name: str, lists: Sequence[PrefixList] | None = None) -> Policy:
    """Take what is in the lists (None: everything), at local preference 0 when its sender is going away."""
    terms: list[PolicyTerm] = []
    for match in _matches(lists):
        terms.append(
            PolicyTerm(
                _next(terms),
                Action.PERMIT,
                match_prefix_list=match,
                match_community=GRACEFUL_SHUTDOWN,
                set_local_preference=0,
            )
        )
        terms.append(PolicyTerm(_next(terms), Action.PERMIT, match_prefix_list=match))
    return Policy(name, tuple(terms))


def export_policy(
    name: str,
    lists: Sequence[PrefixList] | None = None,
    *,
    drained: bool,
    not_learnt_from: Iterable[int] = (),
    prepend: bool = True,
) -> Policy:
    """Give what is in the lists (None: everything) but what was learnt from the ASes named."""
    terms: list[PolicyTerm] = []
    for asn in sorted(set(not_learnt_from)):
        terms.append(PolicyTerm(_next(terms), Action.DENY, match_learnt_from=asn))
    for match in _matches(lists):
        terms.append(
            PolicyTerm(
                _next(terms),
                Action.PERMIT,
                match_prefix_list=match,
                set_communities=(GRACEFUL_SHUTDOWN,) if drained else (),
                prepend=PREPEND if drained and prepend else 0,
            )
        )
    return Policy(name, tuple(terms))


def select(name: str, lists: Sequence[PrefixList]) -> Policy:
    """Choose by prefix alone: what to redistribute or leak."""
    terms: list[PolicyTerm] = []
    for match in _matches(lists):
        terms.append(PolicyTerm(_next(terms), Action.PERMIT, match_prefix_list=match))
    return Policy(name, tuple(terms))


def _matches(lists: Sequence[PrefixList] | None) -> list[str | None]:
    return [None] if lists is None else [found.name for found in lists]


def _next(terms: Sequence[PolicyTerm]) -> int:
    return 10 * (len(terms) + 1)
