"""A small path-vector simulation over models: what BGP with these sessions and policies converges to.

It knows what the models use: prefix lists, GRACEFUL_SHUTDOWN, AS path, prepending, local preference, multipath.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rtmctl.base.net import Network
from rtmctl.model.types import Action, BgpInstance, DeviceModel, Family, Neighbor, NeighborFamily, Policy, PrefixList


@dataclass(frozen=True)
class Route:
    prefix: Network
    path: tuple[int, ...] = ()
    communities: frozenset[str] = frozenset()
    local_preference: int = 100
    next_hop: str = ""
    """the device it was learnt from; empty: here"""


Table = dict[Network, tuple[Route, ...]]
"""best routes: more than one is ECMP"""


def converge(models: Mapping[str, DeviceModel], down: frozenset[str] = frozenset()) -> dict[str, Table]:
    """The default VRF's unicast tables without the devices in `down`."""
    alive = {name: model for name, model in models.items() if name not in down}
    tables: dict[str, Table] = {
        name: {network: (Route(network),) for network in _default(model).networks} for name, model in alive.items()
    }
    for _ in range(20):
        after = {name: _step(name, alive, tables) for name in alive}
        if after == tables:
            return tables
        tables = after
    raise AssertionError("BGP did not converge")


def _default(model: DeviceModel) -> BgpInstance:
    return next(instance for instance in model.bgp if instance.vrf == "default")


def _step(name: str, models: Mapping[str, DeviceModel], tables: Mapping[str, Table]) -> Table:
    model = models[name]
    instance = _default(model)
    candidates: dict[Network, list[Route]] = {network: [Route(network)] for network in instance.networks}
    for neighbor in instance.neighbors:
        family = _unicast(neighbor)
        sender = models.get(neighbor.remote_device or "")
        if family is None or sender is None:
            continue
        for route in _received(sender, model, tables[sender.hostname]):
            if any(route.path.count(own) > (family.allowas_in or 0) for own in {model.asn, instance.asn}):
                continue
            taken = apply(model, family.import_policy, route)
            if taken is not None:
                candidates.setdefault(route.prefix, []).append(replace(taken, next_hop=sender.hostname))
    return {prefix: _best(routes) for prefix, routes in candidates.items()}


def _best(routes: list[Route]) -> tuple[Route, ...]:
    local = [route for route in routes if not route.next_hop]
    if local:
        return (local[0],)
    highest = max(route.local_preference for route in routes)
    routes = [route for route in routes if route.local_preference == highest]
    shortest = min(len(route.path) for route in routes)
    return tuple(sorted((r for r in routes if len(r.path) == shortest), key=lambda r: r.next_hop))


def _received(sender: DeviceModel, receiver: DeviceModel, table: Table) -> list[Route]:
    neighbor = next(n for n in _default(sender).neighbors if n.remote_device == receiver.hostname and _unicast(n))
    family = _unicast(neighbor)
    assert family is not None
    found = []
    for routes in table.values():
        given = apply(sender, family.export_policy, replace(routes[0], local_preference=100))
        if given is not None:
            found.append(replace(given, path=(sender.asn, *given.path), local_preference=100))
    return found


def _unicast(neighbor: Neighbor) -> NeighborFamily | None:
    return next((family for family in neighbor.families if family.family is Family.IPV4), None)


def apply(model: DeviceModel, name: str | None, route: Route) -> Route | None:
    """The route as the policy lets it through; None when it is denied, or when there is no policy (RFC 8212)."""
    if name is None:
        return None
    policy: Policy = next(p for p in model.policies if p.name == name)
    lists = {found.name: found for found in model.prefix_lists}
    for term in policy.terms:
        if term.match_prefix_list is not None and not permits(lists[term.match_prefix_list], route.prefix):
            continue
        if term.match_community is not None and term.match_community not in route.communities:
            continue
        if term.match_learnt_from is not None and route.path[:1] != (term.match_learnt_from,):
            continue
        if term.action is Action.DENY:
            return None
        preference = term.set_local_preference
        return replace(
            route,
            path=(model.asn,) * term.prepend + route.path,
            communities=route.communities | set(term.set_communities),
            local_preference=route.local_preference if preference is None else preference,
        )
    return None


def permits(prefix_list: PrefixList, prefix: Network) -> bool:
    for rule in prefix_list.rules:
        if rule.network.version != prefix.version or not prefix.subnet_of(rule.network):
            continue
        exact = rule.ge is None and rule.le is None
        low = rule.network.prefixlen if rule.ge is None else rule.ge
        high = rule.network.prefixlen if exact else (prefix.max_prefixlen if rule.le is None else rule.le)
        if low <= prefix.prefixlen <= high:
            return rule.action is Action.PERMIT
    return False
