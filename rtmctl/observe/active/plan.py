"""Which packets prove the fabric: gateways, pairs of hosts, ports of flows, path MTU. Pure; sampled with a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from rtmctl.base.net import Address
from rtmctl.fabric.types import Attachment, Fabric, Flow, Host
from rtmctl.fabric.types import Protocol as FlowProtocol
from rtmctl.model.types import DeviceModel
from rtmctl.observe.active.tests import ActivePlan, HostTest, Kind
from rtmctl.observe.ledger import listed
from rtmctl.observe.places import Packet, Place, between, places, primary, ruling

HOSTS, GATEWAYS, MATRIX, FLOWS, MTU = "hosts", "gateways", "matrix", "flows", "mtu"
SOURCE_PORT = 49152
"""stands for any ephemeral port (RFC 6335 §6) where a rule is asked"""
PAIRS_PER_FLOW = 4
MTU_PARTNERS = 2


@dataclass(slots=True)
class _Draft:
    fabric: Fabric
    models: Mapping[str, DeviceModel]
    owners: Mapping[tuple[str, Address], str]
    """(tenant, address) to host"""
    segments: Mapping[str, frozenset[str | None]]
    """host to the segments it has a leg in"""
    tests: list[HostTest] = field(default_factory=list)
    listeners: set[tuple[str, Kind, int]] = field(default_factory=set)
    skipped: dict[tuple[str, str], None] = field(default_factory=dict)
    not_run: dict[tuple[str, str], None] = field(default_factory=dict)

    def skip(self, check: str, reason: str) -> None:
        self.skipped[check, reason] = None

    def missing(self, check: str, reason: str) -> None:
        self.not_run[check, reason] = None

    def freeze(self) -> ActivePlan:
        return ActivePlan(tuple(self.tests), tuple(sorted(self.listeners)), tuple(self.skipped), tuple(self.not_run))


def plan_tests(
    fabric: Fabric, models: Mapping[str, DeviceModel], entered: frozenset[str], *, sample: int, seed: int
) -> ActivePlan:
    """`entered`: hosts on which commands can be run. `sample`: the most pairs the matrix tests."""
    segments = {host.name: frozenset(place.segment for place in places(fabric, host)) for host in fabric.hosts}
    draft = _Draft(fabric, models, _owners(fabric), segments)
    random = Random(seed)
    hosts = [h for h in fabric.hosts if h.managed and h.name in entered]
    closed = [h.name for h in fabric.hosts if h.managed and h.name not in entered]
    if closed:
        for check in (GATEWAYS, MATRIX, FLOWS, MTU):
            draft.missing(check, f"{len(closed)} host(s) of ours cannot be entered: {listed(closed)}")
    _gateways(draft, hosts)
    _matrix(draft, hosts, sample=sample, seed=seed, random=random)
    _flows(draft, hosts, random)
    _mtu(draft, hosts, random)
    return draft.freeze()


def _gateways(draft: _Draft, hosts: Sequence[Host]) -> None:
    """Bridged hosts ask their gateways; routed ones the loopback their leafs have in the VRF."""
    for host in hosts:
        for place in places(draft.fabric, host):
            if place.gateway is not None:
                why = f"gateway of {place.segment}"
                target = "gateway"
                draft.tests.append(
                    HostTest(GATEWAYS, host.name, target, Kind.PING, place.address, place.gateway, True, why)
                )
        own = primary(draft.fabric, host, 4)
        if host.attachment is Attachment.ROUTED and own is not None:
            for leaf in own.leafs:
                for address in _vrf_loopbacks(draft.models[leaf], host.tenant):
                    draft.tests.append(
                        HostTest(
                            GATEWAYS, host.name, leaf, Kind.PING, own.address, address, True, "its leaf in the VRF"
                        )
                    )


def _vrf_loopbacks(model: DeviceModel, vrf: str) -> tuple[Address, ...]:
    return tuple(a.ip for lo in model.loopbacks if lo.vrf == vrf for a in lo.addresses if a.version == 4)


def _ordered_pair(hosts: Sequence[Host], number: int) -> tuple[Host, Host]:
    """The pair with this number, without a list of all: a large site has millions."""
    first, second = divmod(number, len(hosts) - 1)
    return hosts[first], hosts[second + (second >= first)]


def _matrix(draft: _Draft, hosts: Sequence[Host], *, sample: int, seed: int, random: Random) -> None:
    if len(hosts) < 2:
        draft.skip(MATRIX, "fewer than two hosts of ours to test between")
        return
    total = len(hosts) * (len(hosts) - 1)
    chosen: Sequence[int] = range(total)
    if total > sample:
        chosen = sorted(random.sample(chosen, sample))
        draft.skip(MATRIX, f"sampled {sample} of {total} ordered pairs of hosts, seed {seed}")
    for a, b in (_ordered_pair(hosts, number) for number in chosen):
        for version in (4, 6):
            pair = between(draft.fabric, a, b, version)
            if pair is not None:
                _exchange(draft, MATRIX, pair, Kind.PING, 0)


def _owners(fabric: Fabric) -> Mapping[tuple[str, Address], str]:
    return {(p.tenant, p.address): p.host for h in fabric.hosts for p in places(fabric, h)}


def _exchange(draft: _Draft, check: str, pair: tuple[Place, Place], kind: Kind, port: int) -> HostTest | None:
    a, b = pair
    protocol = "icmp" if kind is Kind.PING else kind.value
    judged = ruling(
        draft.fabric, draft.models, a, b, Packet(a.address, b.address, protocol, SOURCE_PORT if port else 0, port)
    )
    if judged.passes is None:
        draft.skip(check, f"{a.segment or a.host} to {b.segment or b.host} {judged.reason}")
        return None
    if a.segment != b.segment and b.segment in draft.segments.get(a.host, ()):
        draft.skip(check, f"{a.host} stands in {b.segment} too: what it sends there passes no gateway")
        return None
    twin = draft.owners.get((a.tenant, b.address))
    if a.tenant != b.tenant and twin is not None:
        draft.skip(check, f"{b.address} of {b.host} stands in tenant {a.tenant} too ({twin}): cannot be told apart")
        return None
    # a twin of the source may well be heard where its namesake must not
    watched = not judged.arrives and draft.owners.get((b.tenant, a.address), a.host) == a.host
    test = HostTest(
        check,
        a.host,
        b.host,
        kind,
        a.address,
        b.address,
        judged.passes,
        judged.reason,
        port,
        stopped_by=judged.stopped_by,
        watched=watched,
    )
    draft.tests.append(test)
    return test


def _flows(draft: _Draft, hosts: Sequence[Host], random: Random) -> None:
    """For each flow with ports: a real connection to each of them, and one to a port that no flow allows."""
    by_segment: dict[str, list[tuple[Host, Place]]] = {}
    for host in hosts:
        for place in places(draft.fabric, host)[:1]:
            if place.segment is not None:
                by_segment.setdefault(place.segment, []).append((host, place))
    for flow in draft.fabric.flows:
        if flow.protocol not in (FlowProtocol.TCP, FlowProtocol.UDP):
            continue
        kind = Kind.TCP if flow.protocol is FlowProtocol.TCP else Kind.UDP
        pairs = [
            (a, b)
            for _, a in by_segment.get(flow.source, [])
            for _, b in by_segment.get(flow.to) or _other_legs(draft.fabric, hosts, flow.to)
            if a.host != b.host and a.version == b.version
        ]
        name = f"{flow.source} → {flow.to} {kind.value} {', '.join(map(str, flow.ports)) or 'all ports'}"
        if not pairs:
            draft.skip(FLOWS, f"{name}: no two hosts of ours")
            continue
        if len(pairs) > PAIRS_PER_FLOW:
            draft.skip(FLOWS, f"{name}: {PAIRS_PER_FLOW} of {len(pairs)} pairs")
            pairs = random.sample(pairs, PAIRS_PER_FLOW)
        for pair in pairs:
            for port in (*(flow.ports or (7,)), _closed_port(draft, flow, pair, kind)):
                if port is not None:
                    test = _exchange(draft, FLOWS, pair, kind, port)
                    if test is not None:
                        draft.listeners.add((test.target, kind, port))


def _other_legs(fabric: Fabric, hosts: Sequence[Host], segment: str) -> list[tuple[Host, Place]]:
    """Tagged addresses in a segment: good to be asked at, though not what their hosts speak from."""
    return [(host, place) for host in hosts for place in places(fabric, host) if place.segment == segment]


def _closed_port(draft: _Draft, flow: Flow, pair: tuple[Place, Place], kind: Kind) -> int | None:
    """A port beside the flow's that the models deny; None when all are allowed."""
    a, b = pair
    for port in ((p + 1) % 65536 for p in (*flow.ports, 10006)):
        packet = Packet(a.address, b.address, kind.value, SOURCE_PORT, port)
        if port > 0 and ruling(draft.fabric, draft.models, a, b, packet).passes is False:
            return port
    return None


def _mtu(draft: _Draft, hosts: Sequence[Host], random: Random) -> None:
    """Full-size packets that must not be fragmented, to hosts behind other leafs."""
    for a in hosts:
        far = []
        for b in hosts:
            pair = between(draft.fabric, a, b, 4) or between(draft.fabric, a, b, 6)
            if pair is None or a.name == b.name or set(pair[0].leafs) & set(pair[1].leafs):
                continue
            if ruling(draft.fabric, draft.models, *pair, Packet(pair[0].address, pair[1].address, "icmp")).passes:
                far.append(pair)
        for x, y in random.sample(far, min(MTU_PARTNERS, len(far))):
            why = "the fabric carries the hosts' MTU"
            draft.tests.append(
                HostTest(
                    MTU, x.host, y.host, Kind.PING, x.address, y.address, True, why, 0, draft.fabric.host_mtu, True
                )
            )
