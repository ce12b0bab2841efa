"""`router bgp` read back: peer groups are dissolved into their sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network

from rtmctl.base.net import Network
from rtmctl.base.order import natural_key
from rtmctl.model.policies import exact
from rtmctl.model.types import DEFAULT_VRF, BgpInstance, Family, MacVrf, Neighbor, NeighborFamily, VrfLeak
from rtmctl.render.frr.notes import Note
from rtmctl.render.frr.spelling import (
    ALLOWAS_IN_DEFAULT,
    FAMILY_OF,
    HOLD_S,
    KEEPALIVE_S,
    MULTIPATH_DEFAULT,
    derived_target,
)
from rtmctl.render.frr.tree import Node


@dataclass(slots=True)
class _Peer:
    """What the lines of one peer or peer group say."""

    number: int
    interface: bool = False
    group: str | None = None
    remote_asn: int | None = None
    local_asn: int | None = None
    description: str = ""
    bfd_profile: str | None = None
    password: str | None = None
    multihop: int | None = None
    update_source: str | None = None
    families: dict[Family, NeighborFamily] = field(default_factory=dict)


@dataclass(slots=True)
class ReadInstance:
    """`router bgp` while it is read, and what of it belongs elsewhere in the model."""

    vrf: str
    asn: int
    router_id: str = ""
    peers: dict[str, _Peer] = field(default_factory=dict)
    timers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    networks: list[Network] = field(default_factory=list)
    redistribute: str | None = None
    maximum_paths: int | None = None
    advertise_all_vni: bool = False
    advertise: list[Family] = field(default_factory=list)
    graceful_restart: bool = False
    multipath_relax: bool = False
    mac_vrfs: list[MacVrf] = field(default_factory=list)
    rd: str | None = None
    route_target: str | None = None
    leaks: list[str] = field(default_factory=list)
    leak_policy: str | None = None


def garbage(node: Node) -> ValueError:
    return ValueError(f"frr:{node.number}: not understood: {node.text!r}")


def number(text: str, node: Node) -> int:
    if not text.isdecimal():
        raise garbage(node)
    return int(text)


def read_instance(node: Node) -> ReadInstance:
    """Raises ValueError naming the line."""
    match node.words:
        case ["router", "bgp", asn]:
            found = ReadInstance(DEFAULT_VRF, number(asn, node))
        case ["router", "bgp", asn, "vrf", vrf]:
            found = ReadInstance(vrf, number(asn, node))
        case _:
            raise garbage(node)
    for child in node.children:
        _global(found, child)
    return found


def _global(found: ReadInstance, node: Node) -> None:
    match node.words:
        case ["bgp", "router-id", address]:
            found.router_id = address
        case ["bgp", "ebgp-requires-policy"] | ["no", "bgp", "default", "ipv4-unicast"]:
            pass
        case ["bgp", "graceful-restart"]:
            found.graceful_restart = True
        case ["bgp", "bestpath", "as-path", "multipath-relax"]:
            found.multipath_relax = True
        case ["neighbor", peer, *words]:
            _session(found, found.peers.setdefault(peer, _Peer(node.number)), words, node)
        case ["address-family", *words] if " ".join(words) in FAMILY_OF:
            for child in node.children:
                _family(found, FAMILY_OF[" ".join(words)], child)
        case _:
            raise garbage(node)


def _session(found: ReadInstance, peer: _Peer, words: list[str], node: Node) -> None:
    match words:
        case ["peer-group"] | ["bfd"]:
            pass
        case ["interface", "peer-group", group]:
            peer.interface, peer.group = True, group
        case ["interface", "remote-as", asn]:
            peer.interface, peer.remote_asn = True, number(asn, node)
        case ["remote-as", asn]:
            peer.remote_asn = number(asn, node)
        case ["peer-group", group]:
            peer.group = group
        case ["description", *_]:
            peer.description = node.text.split(" description ", 1)[1]
        case _:
            _settings(found, peer, words, node)


def _settings(found: ReadInstance, peer: _Peer, words: list[str], node: Node) -> None:
    match words:
        case ["local-as", asn, "no-prepend", "replace-as"]:
            peer.local_asn = number(asn, node)
        case ["bfd", "profile", profile]:
            peer.bfd_profile = profile
        case ["password", secret]:
            peer.password = secret.removeprefix("{{secret:").removesuffix("}}")
        case ["ebgp-multihop", hops]:
            peer.multihop = number(hops, node)
        case ["update-source", address]:
            peer.update_source = address
        case ["advertisement-interval", seconds]:
            _timer(found, "advertisement", (number(seconds, node),), node)
        case ["timers", "connect", seconds]:
            _timer(found, "connect", (number(seconds, node),), node)
        case ["timers", keepalive, hold]:
            _timer(found, "hold", (number(keepalive, node), number(hold, node)), node)
        case _:
            raise garbage(node)


def _timer(found: ReadInstance, name: str, values: tuple[int, ...], node: Node) -> None:
    if found.timers.setdefault(name, values) != values:
        raise ValueError(f"frr:{node.number}: sessions of one instance have different timers: {node.text!r}")


def _family(found: ReadInstance, family: Family, node: Node) -> None:
    match node.words:
        case ["network", prefix]:
            found.networks.append(_network(prefix, node))
        case ["redistribute", "connected", "route-map", policy]:
            found.redistribute = policy
        case ["neighbor", peer, *words] if peer in found.peers:
            families = found.peers[peer].families
            families[family] = _session_family(families.get(family, NeighborFamily(family)), words, node)
        case ["maximum-paths", paths] | ["maximum-paths", "ibgp", paths]:
            found.maximum_paths = number(paths, node)
        case ["import", "vrf", "route-map", policy]:
            found.leak_policy = policy
        case ["import", "vrf", vrf]:
            if vrf not in found.leaks:
                found.leaks.append(vrf)
        case _:
            _evpn(found, node)


def _evpn(found: ReadInstance, node: Node) -> None:
    match node.words:
        case ["advertise-all-vni"]:
            found.advertise_all_vni = True
        case ["advertise", *words] if " ".join(words) in FAMILY_OF:
            found.advertise.append(FAMILY_OF[" ".join(words)])
        case ["vni", vni]:
            found.mac_vrfs.append(_mac_vrf(found.asn, number(vni, node), node))
        case ["rd", rd]:
            found.rd = rd
        case ["route-target", "import" | "export", target]:
            found.route_target = target
        case _:
            raise garbage(node)


def _session_family(settings: NeighborFamily, words: list[str], node: Node) -> NeighborFamily:
    match words:
        case ["activate"]:
            pass
        case ["route-reflector-client"]:
            settings = replace(settings, route_reflector_client=True)
        case ["attribute-unchanged", "next-hop"]:
            settings = replace(settings, next_hop_unchanged=True)
        case ["remove-private-AS", "all"]:
            settings = replace(settings, remove_private_asns=True)
        case ["allowas-in", *times]:
            settings = replace(settings, allowas_in=number(times[0], node) if times else ALLOWAS_IN_DEFAULT)
        case ["soft-reconfiguration", "inbound"]:
            pass
        case ["maximum-prefix", limit, "force"]:
            settings = replace(settings, maximum_prefixes=number(limit, node))
        case ["route-map", policy, "in"]:
            settings = replace(settings, import_policy=policy)
        case ["route-map", policy, "out"]:
            settings = replace(settings, export_policy=policy)
        case _:
            raise garbage(node)
    return settings


def _mac_vrf(asn: int, vni: int, node: Node) -> MacVrf:
    rd, target = None, derived_target(asn, vni)
    for child in node.children:
        match child.words:
            case ["rd", value]:
                rd = value
            case ["route-target", "import" | "export", value]:
                target = value
            case _:
                raise garbage(child)
    if rd is None:
        raise ValueError(f"frr:{node.number}: VNI {vni} without route distinguisher")
    return MacVrf(vni, rd, target)


def _network(text: str, node: Node) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise garbage(node) from None


def build_instance(found: ReadInstance, notes: tuple[Note, ...]) -> BgpInstance:
    """`notes`: those of the device. Raises ValueError when a session names no AS."""
    own = next((n.by_key for n in notes if n.kind == "bgp" and n.by_key.get("vrf") == found.vrf), {})
    silent = [int(text) for text in own.get("timers", "").split(",") if text]
    if len(silent) == 4:
        keepalive, hold, connect, interval = silent
    else:
        keepalive, hold = found.timers.get("hold", (KEEPALIVE_S, HOLD_S))
        (connect,) = found.timers.get("connect", (10,))
        (interval,) = found.timers.get("advertisement", (0,))
    by_name = {n.by_key["name"]: n.by_key for n in notes if n.kind == "neighbor" and n.by_key.get("vrf") == found.vrf}
    groups = {peer.group for peer in found.peers.values()}
    neighbors = [
        _neighbor(name, peer, found, by_name.get(name, {}))
        for name, peer in found.peers.items()
        if name not in groups and (peer.remote_asn is not None or peer.interface)
    ]
    return BgpInstance(
        vrf=found.vrf,
        asn=found.asn,
        router_id=ip_address(found.router_id),
        keepalive_s=keepalive,
        hold_s=hold,
        connect_s=connect,
        advertisement_interval_s=interval,
        maximum_paths=found.maximum_paths or int(own.get("maximum-paths", MULTIPATH_DEFAULT)),
        neighbors=tuple(sorted(neighbors, key=lambda n: natural_key(n.name))),
        networks=tuple(rule.network for rule in exact(found.networks)),
        redistribute_connected=found.redistribute,
        advertise_all_vni=found.advertise_all_vni,
        advertise_to_evpn=tuple(found.advertise),
        retain_route_targets="retain-route-targets" in own,
        graceful_restart=found.graceful_restart,
        multipath_relax=found.multipath_relax,
    )


def _neighbor(name: str, peer: _Peer, found: ReadInstance, note: Mapping[str, str]) -> Neighbor:
    shared = found.peers.get(peer.group) if peer.group is not None else peer
    if shared is None or peer.remote_asn is None:
        raise ValueError(f"frr:{peer.number}: neighbor {name} without an AS or with an unknown peer group")
    unchanged = "next-hop-unchanged" in note
    families = []
    for family in Family:
        if family in shared.families:
            settings = shared.families[family]
            families.append(
                replace(settings, next_hop_unchanged=True) if unchanged and family is Family.EVPN else settings
            )
    return Neighbor(
        name=name,
        remote_asn=peer.remote_asn,
        remote_device=note.get("device"),
        description=peer.description,
        families=tuple(families),
        interface=name if peer.interface else None,
        address=None if peer.interface else ip_address(name),
        update_source=ip_address(shared.update_source) if shared.update_source is not None else None,
        multihop=shared.multihop,
        bfd_profile=shared.bfd_profile,
        password=peer.password or shared.password,
        local_asn=shared.local_asn,
    )


def leaks_of(found: ReadInstance, called: Mapping[str, Mapping[str, str]]) -> tuple[VrfLeak, ...]:
    """`called`: gathering route map → source VRF → the policy it calls."""
    return tuple(
        VrfLeak(vrf, called.get(found.leak_policy or "", {}).get(vrf, found.leak_policy or "")) for vrf in found.leaks
    )
