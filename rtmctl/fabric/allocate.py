"""Allocation: every identity keeps what it has, a new one gets what is free, and what the site no longer has may go."""

from dataclasses import dataclass

from rtmctl.base import Finding, SiteInvalid
from rtmctl.base.findings import errors
from rtmctl.fabric.demands import number_demands, port_demands
from rtmctl.fabric.hardware import hardware
from rtmctl.fabric.host_leafs import place_hosts
from rtmctl.fabric.lock import FILE_NAME, Kind, Lock, collisions
from rtmctl.fabric.placement import Placement
from rtmctl.fabric.refusals import some
from rtmctl.fabric.topology import build_topology
from rtmctl.intent.site import Site


@dataclass(frozen=True, slots=True)
class Completed:
    """A lock that holds all the site needs, as far as the pools go, and what is wrong."""

    lock: Lock
    live: frozenset[tuple[Kind, str]]
    """what the site needs; the rest of the lock belongs to removed identities"""
    findings: tuple[Finding, ...]


def allocate(site: Site, lock: Lock) -> Lock:
    """The lock with every missing allocation made; nothing that stands in it changes but by an explicit value.

    Raises:
        SiteInvalid: a pool is exhausted, an explicit value is taken, an allocation fell out of its pool.
    """
    completed = complete(site, lock)
    if errors(completed.findings):
        raise SiteInvalid(completed.findings)
    return completed.lock


def stale(site: Site, lock: Lock) -> tuple[Finding, ...]:
    """One finding when the site needs what the lock does not hold, besides those of the allocation itself."""
    completed = complete(site, lock)
    return completed.findings or missing(site, lock, completed)


def prune(site: Site, lock: Lock) -> Lock:
    """The lock without the allocations of identities that the site no longer has."""
    live = complete(site, lock).live
    kept: dict[Kind, dict[str, str]] = {}
    for kind, identity, value in lock.items():
        if (kind, identity) in live:
            kept.setdefault(kind, {})[identity] = value
    return Lock(kept)


def missing(site: Site, lock: Lock, completed: Completed) -> tuple[Finding, ...]:
    """The finding that names what `completed` had to add to or change in the lock."""
    lacking = [
        f"{kind} {identity}"
        for kind, identity in completed.live
        if lock.get(kind, identity) != completed.lock.get(kind, identity)
    ]
    if not lacking:
        return ()
    return (
        Finding(
            "lock-stale",
            f"{FILE_NAME} does not fit the site: {len(lacking)} allocation(s) are missing or changed, {some(lacking)}",
            site.where("site"),
            hint="run `rtmctl net lock` and review the lines it adds",
        ),
    )


def complete(site: Site, lock: Lock) -> Completed:
    """Make what can be made and collect what cannot."""
    topology = build_topology(site.intent)
    switches = {name: hardware(site.intent, name) for name in site.intent.switches}
    placement = Placement(site, lock)
    if not site.intent.fabric.allow_shared_as:
        placement.findings += collisions(lock, frozenset({Kind.ASN}))
    placement.place(number_demands(site.intent, topology))
    leaf_of = place_hosts(placement, topology, {name: len(hw.host_ports) for name, hw in switches.items()})
    placement.place(port_demands(site.intent, topology, switches, leaf_of))
    return Completed(
        Lock({kind: entries for kind, entries in placement.entries.items() if entries}),
        frozenset(placement.live),
        tuple(sorted(placement.findings, key=Finding.sort_key)),
    )
