"""What a policy does with a route: the meaning of `PolicyTerm` and `PrefixRule`, for proofs and for verify alike.

`RoutePolicies` remembers its answers by what a policy and its lists say, not by whose they are: the policies of a
hundred leafs are one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rtmctl.base.net import Network
from rtmctl.model.types import Action, DeviceModel, Policy, PolicyTerm, PrefixList


@dataclass(frozen=True, slots=True)
class Route:
    """A path to a prefix, as BGP carries it."""

    prefix: Network
    path: tuple[int, ...] = ()
    """AS numbers, the nearest first"""
    communities: frozenset[str] = frozenset()
    local_preference: int = 100
    interface: str | None = None
    """of a connected route that is redistributed"""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Prefixes that a policy lets through, and those it stops."""

    passed: frozenset[Network]
    stopped: frozenset[Network]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A policy with the lists it names, and the answers given so far."""

    policy: Policy
    lists: Mapping[str, PrefixList]
    answers: dict[tuple[Route, int], Route | None] = field(default_factory=dict)
    sorted_out: dict[tuple[frozenset[Network], tuple[int, ...]], Sorted] = field(default_factory=dict)


@dataclass(slots=True)
class RoutePolicies:
    """The policies of all models; build it once for a run of proofs."""

    models: Mapping[str, DeviceModel]
    _known: dict[tuple[Policy, tuple[PrefixList, ...]], _Compiled] = field(default_factory=dict)
    _of_device: dict[str, dict[str, _Compiled]] = field(default_factory=dict)

    def apply(self, device: str, policy: str | None, route: Route) -> Route | None:
        """The route as the policy lets it through; None when it is denied or there is no such policy (RFC 8212)."""
        found = self._compiled(device).get(policy or "")
        if found is None:
            return None
        key = (route, self.models[device].asn)
        if key not in found.answers:
            found.answers[key] = evaluate(found.policy, found.lists, route, self.models[device].asn)
        return found.answers[key]

    def sort_out(self, device: str, policy: str | None, prefixes: frozenset[Network], path: tuple[int, ...]) -> Sorted:
        """What becomes of the prefixes when they come by this AS path."""
        found = self._compiled(device).get(policy or "")
        if found is None:
            return Sorted(frozenset(), prefixes)
        known = found.sorted_out.get((prefixes, path))
        if known is None:
            routes = (Route(prefix, path) for prefix in _candidates(found.policy, found.lists, prefixes))
            passed = frozenset(r.prefix for r in routes if evaluate(found.policy, found.lists, r, 0) is not None)
            known = found.sorted_out[prefixes, path] = Sorted(passed, prefixes - passed)
        return known

    def _compiled(self, device: str) -> dict[str, _Compiled]:
        known = self._of_device.get(device)
        if known is None:
            model = self.models[device]
            lists = {found.name: found for found in model.prefix_lists}
            known = self._of_device[device] = {p.name: self._intern(p, lists) for p in model.policies}
        return known

    def _intern(self, policy: Policy, lists: Mapping[str, PrefixList]) -> _Compiled:
        named = {name for term in policy.terms if (name := term.match_prefix_list) is not None and name in lists}
        used = {name: lists[name] for name in sorted(named)}
        return self._known.setdefault((policy, tuple(used.values())), _Compiled(policy, used))


def evaluate(policy: Policy, lists: Mapping[str, PrefixList], route: Route, own_asn: int) -> Route | None:
    """The first term that matches decides; what none matches is denied."""
    for term in policy.terms:
        if not _matches(term, lists, route):
            continue
        if term.action is Action.DENY:
            return None
        preference = term.set_local_preference
        return replace(
            route,
            path=(own_asn,) * term.prepend + route.path,
            communities=route.communities | set(term.set_communities),
            local_preference=route.local_preference if preference is None else preference,
        )
    return None


def _matches(term: PolicyTerm, lists: Mapping[str, PrefixList], route: Route) -> bool:
    if term.match_prefix_list is not None:
        found = lists.get(term.match_prefix_list)
        if found is None or not permits(found, route.prefix):
            return False
    if term.match_community is not None and term.match_community not in route.communities:
        return False
    if term.match_interface not in (None, route.interface):
        return False
    return term.match_learnt_from is None or route.path[:1] == (term.match_learnt_from,)


def _candidates(policy: Policy, lists: Mapping[str, PrefixList], prefixes: frozenset[Network]) -> frozenset[Network]:
    """Those that may pass at all: few, where lists name single prefixes, as each leaf's own does."""
    named: set[Network] = set()
    for term in policy.terms:
        if term.action is Action.PERMIT:
            known = lists.get(term.match_prefix_list or "")
            if known is None or any(rule.ge is not None or rule.le is not None for rule in known.rules):
                return prefixes
            named.update(rule.network for rule in known.rules)
    return prefixes & named


def permits(prefix_list: PrefixList, prefix: Network) -> bool:
    """The first rule that matches decides; without `ge` and `le` a rule matches its prefix alone."""
    for rule in prefix_list.rules:
        own = rule.network
        if own.version != prefix.version or prefix.prefixlen < own.prefixlen:
            continue
        if int(prefix.network_address) >> (own.max_prefixlen - own.prefixlen) != (
            int(own.network_address) >> (own.max_prefixlen - own.prefixlen)
        ):
            continue
        exact = rule.ge is None and rule.le is None
        low = own.prefixlen if rule.ge is None else rule.ge
        high = own.prefixlen if exact else (prefix.max_prefixlen if rule.le is None else rule.le)
        if low <= prefix.prefixlen <= high:
            return rule.action is Action.PERMIT
    return False
