"""Sessions inside VRFs: a routed host may announce itself and nothing else, a peer what it was asked for, within its
limit; either learns what the site gives it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtmctl.base import Finding
from rtmctl.base.net import Address, Network
from rtmctl.check.compare import differs, matched, unmatched
from rtmctl.check.drains import drain_is_honoured, drain_is_sent
from rtmctl.check.prefixes import DEFAULT_ROUTES, half, wider
from rtmctl.fabric.types import Attachment, Device, External, Fabric, Host
from rtmctl.model.policies import host_route, is_private
from rtmctl.model.routes import Route, RoutePolicies
from rtmctl.model.types import DeviceModel, Family, Neighbor

_FAMILY = {4: Family.IPV4, 6: Family.IPV6}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A session as the site has it; `gives` and `takes` may pass, the others must not."""

    remote_asn: int
    remote_device: str | None
    takes: frozenset[Network]
    takes_not: frozenset[Network]
    gives: frozenset[Network]
    gives_not: frozenset[Network]
    versions: frozenset[int]
    bfd: bool
    interface: str | None = None
    address: Address | None = None
    limit: int | None = None
    password: str | None = None
    private: bool = True


def edge_sessions_are_the_sites(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    policies = RoutePolicies(models)
    subnets = {
        t.name: frozenset(s.network for seg in fabric.segments if seg.tenant == t.name for s in seg.subnets)
        for t in fabric.tenants
    }
    for device in fabric.devices:
        model = models.get(device.name)
        if model is None:
            continue
        for vrf, _ in device.vrf_loopbacks:
            wanted = dict(_wanted(fabric, device, vrf, subnets[vrf]))
            seen = {n.name: n for bgp in model.bgp if bgp.vrf == vrf for n in bgp.neighbors}
            yield from unmatched(f"{device.name} VRF {vrf}", "session", wanted, seen)
            for name in matched(wanted, seen):
                yield from _settings(f"{device.name} {name}", wanted[name], seen[name])
                yield from _routes(device.name, wanted[name], seen[name], policies, drained=model.drained)


def _wanted(fabric: Fabric, device: Device, vrf: str, subnets: frozenset[Network]) -> Iterator[tuple[str, _Wanted]]:
    routed = [host for host in fabric.hosts if host.attachment is Attachment.ROUTED and host.tenant == vrf]
    others = frozenset(prefix for host in routed for prefix in _own(host))
    for host in fabric.hosts_of(device.name):
        if host in routed:
            yield from _host(fabric, device, host, subnets, others)
    for external in fabric.externals_of(device.name):
        if external.tenant == vrf:
            yield str(external.peer.ip), _external(external, subnets)


def _own(host: Host) -> frozenset[Network]:
    """What a routed host may announce: its loopback and its services."""
    loopback = {host_route(host.loopback)} if host.loopback is not None else set()
    return frozenset(service.network for service in host.services) | loopback


def _host(
    fabric: Fabric, device: Device, host: Host, subnets: frozenset[Network], services: frozenset[Network]
) -> Iterator[tuple[str, _Wanted]]:
    own = _own(host)
    for link in host.links:
        if link.leaf == device.name:
            far = link.host_address
            yield (
                (str(far.ip) if far is not None else link.port),
                _Wanted(
                    remote_asn=host.asn or 0,
                    remote_device=host.name,
                    takes=own,
                    takes_not=(subnets | set(DEFAULT_ROUTES) | {wider(prefix) for prefix in own}),
                    gives=subnets | services | set(DEFAULT_ROUTES),
                    gives_not=frozenset(part for subnet in subnets for part in _parts(subnet)),
                    versions=frozenset({4, *(prefix.version for prefix in own)}),
                    bfd=fabric.timers.bfd_interval_ms is not None,
                    interface=link.port if far is None else None,
                    address=far.ip if far is not None else None,
                ),
            )


def _external(external: External, subnets: frozenset[Network]) -> _Wanted:
    accept = frozenset(external.accept)
    announce = frozenset(external.announce) or subnets
    closed = {part for prefix in (*accept, *announce) for part in (wider(prefix), half(prefix))}
    defaults = set(DEFAULT_ROUTES)
    return _Wanted(
        remote_asn=external.asn,
        remote_device=None,
        takes=accept,
        takes_not=frozenset((subnets | defaults | closed) - accept),
        gives=announce,
        gives_not=frozenset((defaults | closed) - announce),
        versions=frozenset({external.peer.version}),
        bfd=False,
        address=external.peer.ip,
        limit=external.prefix_limit,
        password=external.password,
        private=is_private(external.asn),
    )


def _parts(subnet: Network) -> Iterator[Network]:
    """A single address of it, and half of it."""
    if subnet.prefixlen < subnet.max_prefixlen:
        yield host_route(subnet.network_address + 1)
        yield half(subnet)


def _settings(where: str, wanted: _Wanted, neighbor: Neighbor) -> Iterator[Finding]:
    yield from differs(where, "remote AS", wanted.remote_asn, neighbor.remote_asn)
    yield from differs(where, "far end", wanted.remote_device, neighbor.remote_device)
    yield from differs(where, "interface", wanted.interface, neighbor.interface)
    yield from differs(where, "address", wanted.address, neighbor.address)
    yield from differs(where, "password", wanted.password, neighbor.password)
    yield from differs(where, "BFD", wanted.bfd, neighbor.bfd_profile is not None)
    yield from differs(where, "source address", None, neighbor.update_source)
    yield from differs(where, "multihop", None, neighbor.multihop)
    yield from differs(
        where, "families", {_FAMILY[version] for version in wanted.versions}, {f.family for f in neighbor.families}
    )
    for family in neighbor.families:
        yield from differs(where, "prefix limit", wanted.limit, family.maximum_prefixes)
        yield from differs(where, "removal of private ASNs", not wanted.private, family.remove_private_asns)
        for name in ("allowas_in", "next_hop_unchanged", "route_reflector_client"):
            yield from differs(where, name, False, bool(getattr(family, name)))


def _routes(
    device: str, wanted: _Wanted, neighbor: Neighbor, policies: RoutePolicies, *, drained: bool
) -> Iterator[Finding]:
    where = f"{device} {neighbor.name}"
    for family in neighbor.families:
        version = 6 if family.family is Family.IPV6 else 4

        def take(route: Route, policy: str | None = family.import_policy) -> Route | None:
            return policies.apply(device, policy, route)

        def give(route: Route, policy: str | None = family.export_policy) -> Route | None:
            return policies.apply(device, policy, route)

        path = (wanted.remote_asn,)
        for prefix in _of(wanted.takes, version):
            if take(Route(prefix, path)) is None:
                yield Finding("route-lost", f"{where} does not take {prefix}")
            yield from drain_is_honoured(where, take, prefix)
        for prefix in _of(wanted.takes_not, version):
            if take(Route(prefix, path)) is not None:
                yield Finding("route-leak", f"{where} takes {prefix}")
        for prefix in _of(wanted.gives, version):
            if give(Route(prefix)) is None:
                yield Finding("route-lost", f"{where} does not give {prefix}")
            yield from drain_is_sent(where, give(Route(prefix)), drained=drained)
        for prefix in _of(wanted.gives_not, version):
            if give(Route(prefix)) is not None:
                yield Finding("route-leak", f"{where} gives {prefix}")


def _of(prefixes: Iterable[Network], version: int) -> list[Network]:
    return [prefix for prefix in prefixes if prefix.version == version]
