"""The kernel's tables of a switch, kept up with its messages: what changed, and from what. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rtmctl.base.net import Address, Network
from rtmctl.device.events import Event, LinkEvent, RouteEvent, VtepEvent
from rtmctl.device.frr.netlink import BridgeEntry, Hop, KernelRoute, Link, Message, NextHopObject
from rtmctl.device.state import NextHop
from rtmctl.model.types import DEFAULT_VRF

MAIN_TABLE = 254
FLOOD = "00:00:00:00:00:00"

RouteKey = tuple[int, Network, int]
"""table, prefix, priority"""


@dataclass(slots=True)
class Space:
    """One network namespace; '' is the main one."""

    device: str
    space: str
    links: dict[int, Link] = field(default_factory=dict)
    routes: dict[RouteKey, KernelRoute] = field(default_factory=dict)
    objects: dict[int, NextHopObject] = field(default_factory=dict)
    vteps: dict[tuple[int, str], frozenset[Address]] = field(default_factory=dict)

    def take(self, message: Message, at_ns: int) -> Iterator[Event]:
        """Enter a message, and tell what it changed; one that changes nothing tells nothing."""
        match message:
            case Link():
                yield from self._link(message, at_ns)
            case KernelRoute():
                yield from self._route(message, at_ns)
            case NextHopObject():
                yield from self._object(message, at_ns)
            case BridgeEntry():
                yield from self._entry(message, at_ns)

    def _link(self, link: Link, at_ns: int) -> Iterator[Event]:
        before = self.links.get(link.index)
        vrf = self._vrf_of_link(before or link)
        if link.gone:
            self.links.pop(link.index, None)
            if before is not None:
                yield LinkEvent(at_ns, self.device, vrf, link.name, admin_up=False, carrier=False)
            return
        self.links[link.index] = link
        if before is None or (before.admin_up, before.carrier) != (link.admin_up, link.carrier):
            yield LinkEvent(at_ns, self.device, vrf, link.name, link.admin_up, link.carrier)

    def _route(self, route: KernelRoute, at_ns: int) -> Iterator[Event]:
        key = (route.table, route.prefix, route.priority)
        known = self.routes.get(key)
        before = self._hops(known)
        if not route.gone:
            self.routes[key] = route
        elif known is not None and route.prefix.version == 6 and route.next_hop_id is None:
            # IPv6 takes the next hops away that the message names, IPv4 the route
            named = {(hop.address, hop.interface) for hop in route.hops}
            left = tuple(hop for hop in known.hops if (hop.address, hop.interface) not in named)
            if left:
                self.routes[key] = KernelRoute(route.table, route.prefix, route.priority, left, None, gone=False)
            else:
                del self.routes[key]
        else:
            self.routes.pop(key, None)
        yield from self._changed(key, before, at_ns)

    def _object(self, found: NextHopObject, at_ns: int) -> Iterator[Event]:
        users = [key for key, route in self.routes.items() if route.next_hop_id is not None]
        before = {key: self._hops(self.routes[key]) for key in users}
        if found.gone:
            self.objects.pop(found.id, None)
        else:
            self.objects[found.id] = found
        for key in users:
            yield from self._changed(key, before[key], at_ns)

    def _changed(self, key: RouteKey, before: tuple[NextHop, ...], at_ns: int) -> Iterator[Event]:
        after = self._hops(self.routes.get(key))
        if before != after:
            yield RouteEvent(at_ns, self.device, self._vrf_of_table(key[0]), key[1], before, after)

    def _entry(self, entry: BridgeEntry, at_ns: int) -> Iterator[Event]:
        key = (entry.interface, entry.mac)
        before = self.vteps.get(key, frozenset())
        if entry.gone:
            after = before - {entry.vtep}
        else:
            after = before | {entry.vtep} if entry.mac == FLOOD else frozenset({entry.vtep})
        self.vteps[key] = after
        if before != after:
            sides = (tuple(sorted(side, key=str)) for side in (before, after))
            yield VtepEvent(at_ns, self.device, self._name(entry.interface) or "", entry.mac, *sides)

    def _hops(self, route: KernelRoute | None) -> tuple[NextHop, ...]:
        if route is None:
            return ()
        if route.discards:
            return (NextHop(None, route.discards),)
        hops = route.hops
        if route.next_hop_id is not None and not hops:
            hops = tuple(self._members(route.next_hop_id))
        alive = {NextHop(hop.address, self._name(hop.interface)) for hop in hops if not hop.dead}
        return tuple(sorted(alive, key=str))

    def _members(self, number: int) -> Iterator[Hop]:
        found = self.objects.get(number)
        if found is not None:
            if found.hop is not None:
                yield found.hop
            for member in found.members:
                if member != number:
                    yield from self._members(member)

    def _name(self, index: int | None) -> str | None:
        if index is None:
            return None
        return self.links[index].name if index in self.links else f"interface {index}"

    def _vrf_of_link(self, link: Link) -> str:
        if self.space:
            return self.space
        seen: set[int] = set()
        here: Link | None = link
        while here is not None and here.index not in seen:
            if here.vrf_table is not None:
                return here.name
            seen.add(here.index)
            here = self.links.get(here.master)
        return DEFAULT_VRF

    def _vrf_of_table(self, table: int) -> str:
        named = (link.name for link in self.links.values() if link.vrf_table == table)
        return self.space or next(named, DEFAULT_VRF if table == MAIN_TABLE else f"table {table}")
