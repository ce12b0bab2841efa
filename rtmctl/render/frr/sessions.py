"""BGP sessions as FRR takes them: what many sessions share stands once, in a peer group.

A group is the largest set of sessions of one kind with the same settings; whoever differs stands alone, so that
changing one session never renames the group of the others. External peers always stand alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rtmctl.base.net import Network
from rtmctl.base.order import natural_key
from rtmctl.model.types import DEFAULT_VRF, BgpInstance, Family, Neighbor, NeighborFamily
from rtmctl.render.frr.spelling import MULTIPATH_DEFAULT


@dataclass(frozen=True, slots=True)
class Peer:
    """A session or, with `is_group`, what a group's sessions have in common."""

    name: str
    settings: Neighbor
    is_group: bool = False
    group: str | None = None

    @property
    def speaks(self) -> bool:
        """It has settings of its own, which no group gives it."""
        return self.group is None


@dataclass(frozen=True, slots=True)
class FamilyLines:
    """One address family of an instance."""

    family: Family
    peers: tuple[tuple[str, NeighborFamily], ...]


@dataclass(frozen=True, slots=True)
class Instance:
    bgp: BgpInstance
    peers: tuple[Peer, ...]
    families: tuple[FamilyLines, ...]

    @property
    def maximum_paths(self) -> int | None:
        return None if self.bgp.maximum_paths == MULTIPATH_DEFAULT else self.bgp.maximum_paths

    def networks(self, family: Family) -> tuple[Network, ...]:
        version = 4 if family is Family.IPV4 else 6
        return tuple(network for network in self.bgp.networks if network.version == version)


def arrange(bgp: BgpInstance, has_evpn: bool) -> Instance:
    """Groups first, then interfaces, then addresses: FRR's order. `has_evpn`: VRF with an L3 VNI."""
    peers = [*_groups(bgp)]
    members = {neighbor: group.name for group in peers for neighbor in _members(bgp, group)}
    ordered = sorted(bgp.neighbors, key=lambda n: (n.interface is None, natural_key(n.name)))
    peers += [Peer(n.name, n, group=members.get(n.name)) for n in ordered]
    return Instance(bgp, tuple(peers), tuple(_families(bgp, peers, has_evpn)))


def kind_of(bgp: BgpInstance, neighbor: Neighbor) -> str | None:
    """The name of the group a session may be in."""
    if neighbor.remote_device is None:
        return None
    if bgp.vrf != DEFAULT_VRF:
        return "hosts"
    return "fabric" if neighbor.update_source is None and neighbor.multihop is None else "overlay"


def _shared(bgp: BgpInstance, neighbor: Neighbor) -> Neighbor:
    """The settings a group can hold: the identity of the one session taken out.

    Its password is its own too: a new one is given to one plane's sessions after the other, and a session that
    changes its group starts anew.
    """
    internal = neighbor.remote_asn == (neighbor.local_asn or bgp.asn)
    return replace(
        neighbor,
        name=kind_of(bgp, neighbor) or "",
        remote_asn=int(internal),  # FRR: the members of a group are all internal or all external
        remote_device=None,
        description="",
        interface=None,
        address=None,
        password=None,
    )


def _groups(bgp: BgpInstance) -> Iterable[Peer]:
    kinds: dict[str, dict[Neighbor, int]] = {}
    for neighbor in bgp.neighbors:
        kind = kind_of(bgp, neighbor)
        if kind is not None:
            sizes = kinds.setdefault(kind, {})
            settings = _shared(bgp, neighbor)
            sizes[settings] = sizes.get(settings, 0) + 1
    for kind, sizes in sorted(kinds.items()):
        largest = max(sizes, key=lambda settings: sizes[settings])  # of equals the first, by the order of neighbors
        yield Peer(kind, largest, is_group=True)


def _members(bgp: BgpInstance, group: Peer) -> Iterable[str]:
    return (n.name for n in bgp.neighbors if kind_of(bgp, n) is not None and _shared(bgp, n) == group.settings)


def _families(bgp: BgpInstance, peers: list[Peer], has_evpn: bool) -> Iterable[FamilyLines]:
    for family in Family:
        speaking = tuple(
            (peer.name, settings)
            for peer in peers
            if peer.speaks
            for settings in peer.settings.families
            if settings.family is family
        )
        wanted = {
            Family.IPV4: bool(bgp.redistribute_connected) or any(n.version == 4 for n in bgp.networks),
            Family.IPV6: any(n.version == 6 for n in bgp.networks),
            Family.EVPN: has_evpn or bgp.advertise_all_vni,
        }
        if speaking or wanted[family] or family in bgp.advertise_to_evpn:
            yield FamilyLines(family, speaking)
