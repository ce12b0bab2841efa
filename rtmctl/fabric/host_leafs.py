"""Which leaf of its rack a single-homed host hangs on: one that has a port for it."""

from collections.abc import Mapping

from rtmctl.base import Finding
from rtmctl.fabric.lock import Kind
from rtmctl.fabric.placement import Placement
from rtmctl.fabric.pools import preferred_slot
from rtmctl.fabric.topology import Topology
from rtmctl.intent.schema.hosts import Attachment


def place_hosts(placement: Placement, topology: Topology, host_ports: Mapping[str, int]) -> dict[str, str]:
    """Host → leaf, kept in the lock. A leaf has `host_ports` of them; a host without a leaf is a finding."""
    intent = placement.site.intent
    used = _used_host_ports(placement, topology)
    entries = placement.entries[Kind.LEAF]
    leaf_of: dict[str, str] = {}
    waiting: list[str] = []
    for name, host in sorted(intent.hosts.items()):
        leafs = topology.racks.get(host.rack, ())
        if host.attachment in (Attachment.ROUTED, Attachment.ESI_LAG):
            for leaf in leafs:
                used[leaf].add(f"host:{name}")
            continue
        identity = f"host:{name}"
        placement.live.add((Kind.LEAF, identity))
        leaf_name = host.leaf or entries.get(identity)
        if leaf_name in leafs:
            entries[identity] = leaf_of[name] = leaf_name
            used[leaf_name].add(identity)
        else:
            waiting.append(name)
    for name in waiting:
        leafs = topology.racks.get(intent.hosts[name].rack, ())
        identity = f"host:{name}"
        start = preferred_slot(Kind.LEAF, identity, len(leafs)) if leafs else 0
        for leaf in (*leafs[start:], *leafs[:start]):
            if len(used[leaf]) < host_ports[leaf]:
                entries[identity] = leaf_of[name] = leaf
                used[leaf].add(identity)
                break
    for name in sorted(set(waiting) - set(leaf_of)):
        placement.findings.append(_no_port(placement, name, topology, host_ports))
    return leaf_of


def _used_host_ports(placement: Placement, topology: Topology) -> dict[str, set[str]]:
    """Per leaf, who holds a host port now: removed identities keep theirs until they are pruned."""
    used: dict[str, set[str]] = {leaf: set() for leaf in topology.leafs}
    for identity in placement.entries[Kind.PORT]:
        leaf, _, end = identity.partition(" ")
        if leaf in used and ":" in end:
            used[leaf].add(end)
    for name, external in placement.site.intent.externals.items():
        used[external.border].add(f"external:{name}")
    return used


def _no_port(placement: Placement, name: str, topology: Topology, host_ports: Mapping[str, int]) -> Finding:
    rack = placement.site.intent.hosts[name].rack
    leafs = topology.racks.get(rack, ())
    counts = ", ".join(f"{leaf} has {host_ports[leaf]}" for leaf in leafs) or "it has no leaf"
    return Finding(
        "no-free-port",
        f"host {name}: no leaf of rack {rack} has a free host port ({counts})",
        placement.site.where("hosts", name, "rack"),
        hint="put the host in another rack, raise host_ports, or prune ports of removed hosts from the lock",
    )
