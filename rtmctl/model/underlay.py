"""The default VRF: fabric ports, loopbacks, eBGP with every neighbour (RFC 7938), EVPN in the site's form.

Nothing but loopbacks and VTEPs is ever routed in the underlay, and a leaf announces only its own: no transit.
"""

from dataclasses import replace
from ipaddress import ip_interface

from rtmctl.base.net import Interface, Network
from rtmctl.fabric.types import Device, Link, Overlay
from rtmctl.model.parts import Parts
from rtmctl.model.policies import PREPEND, exact, export_policy, host_route, host_routes, import_policy, prefix_lists
from rtmctl.model.types import (
    DEFAULT_VRF,
    EthernetPort,
    Family,
    Loopback,
    Neighbor,
    NeighborFamily,
    PortKind,
)

MULTIHOP = 2
"""between loopbacks of directly connected switches"""


def build_underlay(parts: Parts) -> None:
    fabric, device = parts.fabric, parts.device
    parts.ports.append(EthernetPort("eth0", PortKind.MANAGEMENT, "management", 1500, addresses=(device.management,)))
    own: list[Interface] = [_single(device.loopback)]
    if device.vtep is not None:
        own.append(_single(device.vtep))
    if device.loopback6 is not None:
        own.append(_single(device.loopback6))
    parts.loopbacks.append(Loopback("lo", DEFAULT_VRF, tuple(own)))
    networks = tuple(rule.network for rule in exact(host_route(interface.ip) for interface in own))
    sessions = _Sessions(parts, networks)
    neighbors: list[Neighbor] = []
    for link in fabric.links_of(device.name):
        parts.ports.append(_port(parts, link))
        neighbors.append(sessions.underlay(link))
        if fabric.overlay is not Overlay.EBGP_DIRECT:
            neighbors.append(sessions.overlay(link))
    parts.bgp.append(
        replace(
            parts.instance(DEFAULT_VRF, device.loopback, neighbors),
            networks=networks,
            advertise_all_vni=parts.is_leaf,
            retain_route_targets=not parts.is_leaf,
        )
    )


def _single(address: object) -> Interface:
    return ip_interface(f"{address}")


def _port(parts: Parts, link: Link) -> EthernetPort:
    near, far = link.end(parts.device.name), link.far(parts.device.name)
    return EthernetPort(
        name=near.port,
        kind=PortKind.FABRIC,
        description=f"{far.device} {far.port}",
        mtu=parts.fabric.fabric_mtu,
        addresses=(near.address,) if near.address is not None else (),
        peer_device=far.device,
        peer_port=far.port,
    )


class _Sessions:
    """The sessions of one switch; policies and lists are made as the first session needs them."""

    def __init__(self, parts: Parts, own: tuple[Network, ...]) -> None:
        self.parts = parts
        self.fabric = parts.fabric
        self.device = parts.device
        self.ibgp = parts.fabric.overlay is Overlay.IBGP_RR
        self.unicast = (Family.IPV4, Family.IPV6) if parts.device.loopback6 is not None else (Family.IPV4,)
        pools = [parts.fabric.loopback_pool, parts.fabric.vtep_pool, parts.fabric.loopback6_pool]
        self.fabric_lists = parts.add_lists(prefix_lists("FABRIC", host_routes(p for p in pools if p is not None)))
        self.own_lists = parts.add_lists(prefix_lists("OWN", exact(own))) if parts.is_leaf else ()
        self.upper_asns = frozenset(
            upper.asn for link in parts.fabric.links_of(parts.device.name) if (upper := self._upper(link)) is not None
        )

    def _upper(self, link: Link) -> Device | None:
        """The far device when it stands above this one."""
        return self.fabric.device(link.a.device) if link.b.device == self.device.name else None

    def underlay(self, link: Link) -> Neighbor:
        far_end = link.far(self.device.name)
        far = self.fabric.device(far_end.device)
        up = self._upper(link) is not None
        families = [self._unicast(family, up) for family in self.unicast]
        if self.fabric.overlay is Overlay.EBGP_DIRECT:
            families.append(self._evpn(up))
        port = link.end(self.device.name).port
        numbered = far_end.address
        return Neighbor(
            name=str(numbered.ip) if numbered is not None else port,
            remote_asn=far.asn,
            remote_device=far.name,
            description=f"{far.name} {far_end.port}",
            families=tuple(families),
            interface=None if numbered is not None else port,
            address=numbered.ip if numbered is not None else None,
            bfd_profile=self.parts.bfd,
            local_asn=self.parts.local_asn,
        )

    def overlay(self, link: Link) -> Neighbor:
        far = self.fabric.device(link.far(self.device.name).device)
        return Neighbor(
            name=str(far.loopback),
            remote_asn=self.fabric.overlay_asn if self.ibgp else far.asn,
            remote_device=far.name,
            description=f"{far.name} evpn",
            families=(self._evpn(self._upper(link) is not None),),
            address=far.loopback,
            update_source=self.device.loopback,
            multihop=None if self.ibgp else MULTIHOP,
        )

    def _unicast(self, family: Family, up: bool) -> NeighborFamily:
        parts = self.parts
        if parts.is_leaf:
            out = export_policy("UNDERLAY-OUT", self.own_lists, drained=parts.drained)
        else:
            out = export_policy(
                "UNDERLAY-OUT-UP" if up else "UNDERLAY-OUT",
                self.fabric_lists,
                drained=parts.drained,
                not_learnt_from=self.upper_asns if up else (),
            )
        return NeighborFamily(
            family,
            import_policy=parts.add_policy(import_policy("UNDERLAY-IN", self.fabric_lists)),
            export_policy=parts.add_policy(out),
            allowas_in=self._allowas_in(),
        )

    def _evpn(self, up: bool) -> NeighborFamily:
        parts = self.parts
        imports = parts.add_policy(import_policy("EVPN-IN"))
        if self.ibgp:
            # a reflector must not change what it reflects (RFC 4456 §10): the way around it is the underlay's matter
            out = export_policy("EVPN-OUT", drained=parts.drained, prepend=False) if parts.is_leaf else None
            return NeighborFamily(
                Family.EVPN,
                import_policy=imports,
                export_policy=parts.add_policy(out) if out is not None else None,
                route_reflector_client=not up,
            )
        out = export_policy(
            "EVPN-OUT-UP" if up and not parts.is_leaf else "EVPN-OUT",
            drained=parts.drained,
            not_learnt_from=self.upper_asns if up else (),
        )
        return NeighborFamily(
            Family.EVPN,
            import_policy=imports,
            export_policy=parts.add_policy(out),
            next_hop_unchanged=not parts.is_leaf,
            allowas_in=self._allowas_in(),
        )

    def _allowas_in(self) -> int | None:
        """Only where the operator let leafs share an AS and this one does: as often as a drained leaf names it."""
        shared = self.fabric.allow_shared_as and self.parts.is_leaf and self.fabric.shares_as(self.device)
        return 1 + PREPEND if shared else None
