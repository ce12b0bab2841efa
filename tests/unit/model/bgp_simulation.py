"""A small path-vector simulation over models: what BGP with these sessions and policies converges to.

What a policy does is `rtmctl.model.routes`'s to say; here is what BGP does with it: AS loops, best paths, multipath.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rtmctl.base.net import Network
from rtmctl.model.routes import Route, evaluate
from rtmctl.model.types import BgpInstance, DeviceModel, Family, Neighbor, NeighborFamily


@dataclass(frozen=True)
class Learnt:
    route: Route
    next_hop: str = ""
    """the device it was learnt from; empty: here"""


Table = dict[Network, tuple[Learnt, ...]]
"""best routes: more than one is ECMP"""


def converge(models: Mapping[str, DeviceModel], down: frozenset[str] = frozenset()) -> dict[str, Table]:
    """The default VRF's unicast tables without the devices in `down`."""
    alive = {name: model for name, model in models.items() if name not in down}
    tables: dict[str, Table] = {
        name: {network: (Learnt(Route(network)),) for network in _default(model).networks}
        for name, model in alive.items()
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
    candidates: dict[Network, list[Learnt]] = {network: [Learnt(Route(network))] for network in instance.networks}
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
                candidates.setdefault(route.prefix, []).append(Learnt(taken, sender.hostname))
    return {prefix: _best(routes) for prefix, routes in candidates.items()}


def _best(found: list[Learnt]) -> tuple[Learnt, ...]:
    local = [learnt for learnt in found if not learnt.next_hop]
    if local:
        return (local[0],)
    highest = max(learnt.route.local_preference for learnt in found)
    found = [learnt for learnt in found if learnt.route.local_preference == highest]
    shortest = min(len(learnt.route.path) for learnt in found)
    return tuple(sorted((f for f in found if len(f.route.path) == shortest), key=lambda f: f.next_hop))


def _received(sender: DeviceModel, receiver: DeviceModel, table: Table) -> list[Route]:
    neighbor = next(n for n in _default(sender).neighbors if n.remote_device == receiver.hostname and _unicast(n))
    family = _unicast(neighbor)
    assert family is not None
    found = []
    for routes in table.values():
        given = apply(sender, family.export_policy, replace(routes[0].route, local_preference=100))
        if given is not None:
            found.append(replace(given, path=(sender.asn, *given.path), local_preference=100))
    return found


def _unicast(neighbor: Neighbor) -> NeighborFamily | None:
    return next((family for family in neighbor.families if family.family is Family.IPV4), None)


def apply(model: DeviceModel, name: str | None, route: Route) -> Route | None:
    """The route as the policy lets it through; None when it is denied, or when there is no policy (RFC 8212)."""
    policy = next((policy for policy in model.policies if policy.name == name), None)
    lists = {found.name: found for found in model.prefix_lists}
    return None if policy is None else evaluate(policy, lists, route, model.asn)
