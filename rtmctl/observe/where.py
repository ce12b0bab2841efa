"""Where a MAC, an IP address, a host or a switch is: by every device's own view; what contradicts. Pure."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rtmctl.base import Exit, PermanentError
from rtmctl.base.net import Address
from rtmctl.device.state import DeviceState
from rtmctl.fabric.types import Attachment, Fabric
from rtmctl.model.types import DeviceModel
from rtmctl.observe.owned import Owned, owned
from rtmctl.observe.places import places
from rtmctl.observe.predict import host_prefixes
from rtmctl.observe.seen import own_entries, routes_by_prefix

_MAC = re.compile(r"[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}|[0-9a-f]{4}([.:-])[0-9a-f]{4}\2[0-9a-f]{4}|[0-9a-f]{12}")
"""as Linux, Windows, Cisco and H3C write it, and bare"""


class Standing(StrEnum):
    HERE = "here"
    """learnt on the device's own port"""
    DUPLICATE = "duplicate"
    """learnt on own ports at more than one place"""
    STALE = "stale"
    """a leaf still points at a VTEP whose own leaf does not have it"""
    NEIGHBOR = "neighbor"
    """resolved (ARP, ND), with no MAC learnt on a port: it left, or never spoke"""
    ROUTED = "routed"
    """announced by BGP out of the port"""


@dataclass(frozen=True, slots=True)
class Sighting:
    device: str
    port: str
    vtep: Address | None
    segment: str
    tenant: str
    mac: str
    addresses: tuple[Address, ...]
    host: str
    """as the site names the port's host; '' when it names none"""
    standing: Standing
    note: str = ""


@dataclass(frozen=True, slots=True)
class WhereReport:
    query: str
    sightings: tuple[Sighting, ...]
    planned: tuple[str, ...]
    """where the site wants it: 'leaf1 swp7'"""
    owned: tuple[Owned, ...] = ()
    """what of the fabric itself it is"""
    segment: str = ""
    """the segment (or pool) whose subnet holds an address that is nowhere seen"""


def where(
    fabric: Fabric, models: Mapping[str, DeviceModel], states: Mapping[str, DeviceState], query: str
) -> WhereReport:
    """All places at which a MAC, an IP address or a host of the site is seen.

    Raises:
        PermanentError: the query is none of the three.
    """
    macs, addresses, planned = _meaning(fabric, models, states, query)
    by_device = {name: (models[name], state) for name, state in sorted(states.items())}
    here = [s for model, state in by_device.values() for s in _here(fabric, model, state, macs)]
    if len({(s.device, s.port) for s in here}) > 1:
        here = [replace(s, standing=Standing.DUPLICATE, note="also at another port") for s in here]
    stale = [s for model, state in by_device.values() for s in _stale(models, model, state, macs, here)]
    routed = [s for model, state in by_device.values() for s in _routed(fabric, model, state, addresses)]
    neighbors = [
        s
        for model, state in by_device.values()
        for s in _neighbors(model, state, addresses)
        if s.mac not in {h.mac for h in here}
    ]
    device = query.strip().lower()
    own = owned(models, states, name=device, addresses=addresses, macs=macs & _asked_macs(query))
    if any("gateway" not in o.what for o in own):
        return WhereReport(query, (), (), own)  # neighbours know a switch's address by its router MAC, at no port
    segment = next((_subnet_of(fabric, address) for address in addresses), "")
    return WhereReport(query, (*here, *stale, *routed, *neighbors), planned, own, segment)


def _asked_macs(query: str) -> frozenset[str]:
    text = query.strip().lower()
    return frozenset({normal_mac(text)}) if _MAC.fullmatch(text) else frozenset()


def _subnet_of(fabric: Fabric, address: Address) -> str:
    return next(
        (f"segment {s.name} of tenant {s.tenant}" for s in fabric.segments for n in s.subnets if address in n.network),
        "",
    )


def _meaning(
    fabric: Fabric, models: Mapping[str, DeviceModel], states: Mapping[str, DeviceState], query: str
) -> tuple[frozenset[str], frozenset[Address], tuple[str, ...]]:
    """(MACs, addresses, planned places) that a query stands for."""
    text = query.strip().lower()
    host = next((h for h in fabric.hosts if h.name == text), None)
    addresses: frozenset[Address] = frozenset()
    if text in models:
        return frozenset(), frozenset(), ()
    if host is not None:
        addresses = frozenset(p.address for p in places(fabric, host))
    elif _MAC.fullmatch(text):
        mac = normal_mac(text)
        own = frozenset(e.address for s in states.values() for e in s.arp if e.mac.lower() == mac)
        return frozenset({mac}), own, ()
    else:
        try:
            addresses = frozenset({ipaddress.ip_interface(text).ip})
        except ValueError:
            known = ", ".join(h.name for h in fabric.hosts[:12])
            raise PermanentError(
                f"{query!r} is neither a MAC, an IP address, a host nor a switch of the site",
                hint=f"switches: {', '.join(sorted(models)[:12])}; hosts: {known or 'none'}",
                exit=Exit.USAGE,
            ) from None
        host = next((h for h in fabric.hosts if addresses & {p.address for p in places(fabric, h)}), None)
    macs = {e.mac.lower() for s in states.values() for e in s.arp if e.address in addresses}
    macs |= {(r.mac or "").lower() for s in states.values() for r in s.evpn if r.ip in addresses and r.mac}
    planned = tuple(f"{cable.leaf} {cable.port}" for cable in host.links) if host is not None else ()
    return frozenset(macs), addresses, planned


def normal_mac(text: str) -> str:
    """Lower case with colons, from any of the usual spellings."""
    groups = re.split(r"[:.-]", text.lower())
    digits = "".join(group.zfill(2) for group in groups)
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _host_at(model: DeviceModel, port: str) -> str:
    return next((p.peer_device or "" for p in model.ports if port in (p.name, p.lag)), "")


def _segment_of(model: DeviceModel, vni: int) -> tuple[str, str]:
    """(segment, tenant) of an L2 VNI."""
    vlan = next((v for v in model.vlans if v.vni == vni), None)
    if vlan is None:
        return "", ""
    return vlan.name, next((s.vrf for s in model.svis if s.vid == vlan.vid), "")


def _here(fabric: Fabric, model: DeviceModel, state: DeviceState, macs: frozenset[str]) -> list[Sighting]:
    found = []
    for vni, entry in own_entries(model, state):
        mac = entry.mac.lower()
        if mac not in macs:
            continue
        segment, tenant = _segment_of(model, vni)
        addresses = tuple(
            sorted(
                {
                    a.address
                    for a in state.arp
                    if a.mac.lower() == mac and a.vrf == tenant and not a.address.is_link_local
                },
                key=str,
            )
        )
        host = _host_at(model, entry.port or "")
        found.append(
            Sighting(model.hostname, entry.port or "", model.vtep, segment, tenant, mac, addresses, host, Standing.HERE)
        )
    return found


def _stale(
    models: Mapping[str, DeviceModel],
    model: DeviceModel,
    state: DeviceState,
    macs: frozenset[str],
    here: list[Sighting],
) -> list[Sighting]:
    """Entries that point at a VTEP which does not have the MAC itself."""
    right = {(s.mac, s.vtep) for s in here}
    device_of = {m.vtep: name for name, m in models.items() if m.vtep is not None}
    found = []
    for entry in state.macs:
        mac = entry.mac.lower()
        if entry.remote_vtep is None or mac not in macs or (mac, entry.remote_vtep) in right:
            continue
        segment, tenant = _segment_of(model, entry.vni) if entry.vni is not None else ("", "")
        target = device_of.get(entry.remote_vtep, "an unknown device")
        note = f"points at {entry.remote_vtep} ({target}), which does not have it"
        found.append(
            Sighting(model.hostname, "", entry.remote_vtep, segment, tenant, mac, (), "", Standing.STALE, note)
        )
    return found


def _routed(fabric: Fabric, model: DeviceModel, state: DeviceState, addresses: frozenset[Address]) -> list[Sighting]:
    table = routes_by_prefix(state)
    found = []
    for host in fabric.hosts_of(model.hostname):
        if host.attachment is not Attachment.ROUTED:
            continue
        for prefix in host_prefixes(host):
            route = table.get((host.tenant, prefix))
            wanted = [a for a in addresses if a.version == prefix.version and a in prefix]
            if not wanted or route is None:
                continue
            for hop in route.next_hops:
                if hop.interface in {c.port for c in host.links if c.leaf == model.hostname}:
                    found.append(
                        Sighting(
                            model.hostname,
                            hop.interface or "",
                            model.vtep,
                            "",
                            host.tenant,
                            "",
                            tuple(wanted),
                            host.name,
                            Standing.ROUTED,
                        )
                    )
    return found


def _neighbors(model: DeviceModel, state: DeviceState, addresses: frozenset[Address]) -> list[Sighting]:
    return [
        Sighting(
            model.hostname,
            entry.interface,
            model.vtep,
            "",
            entry.vrf,
            entry.mac.lower(),
            (entry.address,),
            "",
            Standing.NEIGHBOR,
            "no MAC learnt on a port",
        )
        for entry in state.arp
        if entry.address in addresses and not entry.remote
    ]
