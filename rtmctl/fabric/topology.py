"""Who is connected to whom, before anything has a number: derived from names, roles, pods and racks alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.intent.schema.hosts import Attachment, Host
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.schema.switches import Role


@dataclass(frozen=True, slots=True)
class Topology:
    spines: Mapping[str, tuple[str, ...]]
    """by pod"""
    super_spines: tuple[str, ...]
    leafs: tuple[str, ...]
    """border leafs too"""
    racks: Mapping[str, tuple[str, ...]]
    """the leafs of each rack"""
    links: tuple[tuple[str, str], ...]
    """(upper, lower)"""
    segment_leafs: Mapping[str, tuple[str, ...]]
    tenant_leafs: Mapping[str, tuple[str, ...]]
    """leafs that have the tenant's VRF: for a segment, a routed host or an external peer"""


def build_topology(intent: SiteModel) -> Topology:
    spines: dict[str, list[str]] = {}
    racks: dict[str, list[str]] = {}
    super_spines: list[str] = []
    leafs: list[str] = []
    for name in sorted(intent.switches):
        switch = intent.switches[name]
        if switch.role is Role.SPINE:
            spines.setdefault(switch.pod, []).append(name)
        elif switch.role is Role.SUPER_SPINE:
            super_spines.append(name)
        else:
            leafs.append(name)
            if switch.rack is not None:
                racks.setdefault(switch.rack, []).append(name)
    links = [(spine, leaf) for leaf in leafs for spine in spines.get(intent.switches[leaf].pod, ())]
    links += [(upper, spine) for upper in super_spines for pod in sorted(spines) for spine in spines[pod]]
    segment_leafs = _segment_leafs(intent, racks)
    return Topology(
        spines={pod: tuple(names) for pod, names in spines.items()},
        super_spines=tuple(super_spines),
        leafs=tuple(leafs),
        racks={rack: tuple(names) for rack, names in racks.items()},
        links=tuple(sorted(links)),
        segment_leafs=segment_leafs,
        tenant_leafs=_tenant_leafs(intent, racks, segment_leafs),
    )


def host_segments(host: Host) -> tuple[str, ...]:
    """Every segment the host stands in, the untagged one first."""
    if host.attachment is Attachment.ROUTED:
        return ()
    tagged = host.segments if host.attachment is Attachment.TRUNK else ()
    return tuple(dict.fromkeys((*((host.segment,) if host.segment else ()), *tagged)))


def _segment_leafs(intent: SiteModel, racks: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """A segment is carried in its racks, or where its hosts stand, by every leaf of the rack."""
    where: dict[str, set[str]] = {name: set(segment.racks) for name, segment in intent.segments.items()}
    for host in intent.hosts.values():
        for segment in host_segments(host):
            if segment in where and not intent.segments[segment].racks:
                where[segment].add(host.rack)
    return {
        name: tuple(sorted(leaf for rack in found for leaf in racks.get(rack, ()))) for name, found in where.items()
    }


def _tenant_leafs(
    intent: SiteModel, racks: Mapping[str, list[str]], segment_leafs: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    where: dict[str, set[str]] = {name: set() for name in intent.tenants}
    for name, segment in intent.segments.items():
        where[segment.tenant].update(segment_leafs[name])
    for host in intent.hosts.values():
        if host.attachment is Attachment.ROUTED and host.tenant is not None:
            where[host.tenant].update(racks.get(host.rack, ()))
    for external in intent.externals.values():
        where[external.tenant].add(external.border)
    return {name: tuple(sorted(found)) for name, found in where.items()}
