"""VLAN numbers: one segment each wherever both are, none that the switches use themselves."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.pools import bounds
from rtmctl.intent.schema.segments import Segment


def check(draft: Draft) -> Iterator[Finding]:
    """Two segments share a VLAN only where their listed racks have none in common (VLANs are per leaf)."""
    by_vlan: dict[int, list[str]] = {}
    first, last = bounds(draft.intent.pools.l3vlan)
    for name, segment in draft.intent.segments.items():
        where = draft.where("segments", name, "vlan")
        if first <= segment.vlan <= last:
            message = f"VLAN {segment.vlan} of segment '{name}' lies in pool 'l3vlan' {first}-{last}"
            hint = "the pool holds the transit VLANs of the tenants; choose another VLAN, or move the pool"
            yield Finding("vlan-reserved", message, where, hint)
        if segment.vlan == 1:
            message = f"VLAN 1 of segment '{name}' is what many switches carry untagged by default"
            yield Finding("vlan-reserved", message, where, "choose a VLAN from 2 on")
        others = by_vlan.setdefault(segment.vlan, [])
        for other in others:
            if _may_meet(segment, draft.intent.segments[other]):
                there = draft.where("segments", other, "vlan")
                message = f"VLAN {segment.vlan} of segment '{name}' is also that of segment '{other}'"
                hint = "choose another; one VLAN may mean two segments only in different racks, listed under `racks`"
                yield Finding("vlan-clash", message, where, hint, also=(there,) if there else ())
                break
        others.append(name)


def _may_meet(one: Segment, other: Segment) -> bool:
    return not one.racks or not other.racks or bool(set(one.racks) & set(other.racks))
