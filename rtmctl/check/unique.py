"""No address, route distinguisher, router id, VNI or VLAN stands twice where it must differ."""

from collections.abc import Hashable, Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel

_Holders = dict[tuple[str, Hashable], list[str]]


def nothing_twice(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    holders: _Holders = {}
    for name in sorted(models):
        _collect(models[name], holders)
    _collect_hosts(fabric, holders)
    for (what, value), found in holders.items():
        if len(found) > 1:
            yield Finding(
                "duplicate-value",
                f"{what} {_text(value)} stands on {', '.join(found)}",
                hint="change the value in the site, or remove one line of the lock file; then run `rtmctl net lock`",
            )


def _collect(model: DeviceModel, holders: _Holders) -> None:
    name = model.hostname
    # anycast gateways are meant to stand on every leaf: only the others must differ
    for port in model.ports:
        for interface in port.addresses:
            _add(holders, "address", (port.vrf, interface.ip), f"{name} {port.name}")
    for loopback in model.loopbacks:
        for interface in loopback.addresses:
            _add(holders, "address", (loopback.vrf, interface.ip), f"{name} {loopback.name}")
    for svi in model.svis:
        _add(holders, f"VLAN of {name}", svi.vid, svi.name)
        for interface in svi.addresses if svi.anycast_mac is None else ():
            _add(holders, "address", (svi.vrf, interface.ip), f"{name} {svi.name}")
    for vrf in model.vrfs:
        _add(holders, "RD", vrf.rd, f"{name} vrf {vrf.name}")
    for mac_vrf in model.mac_vrfs:
        _add(holders, "RD", mac_vrf.rd, f"{name} vni {mac_vrf.vni}")
    for vlan in model.vlans:
        _add(holders, f"VLAN id of {name}", vlan.vid, vlan.name)
        if vlan.vni is not None:
            _add(holders, f"VNI of {name}", vlan.vni, vlan.name)
    _add(holders, "router id", model.router_id, name)


def _collect_hosts(fabric: Fabric, holders: _Holders) -> None:
    gateways = {
        (segment.tenant, subnet.gateway.ip): f"gateway of {segment.name}"
        for segment in fabric.segments
        for subnet in segment.subnets
    }
    for (tenant, address), owner in gateways.items():
        _add(holders, "address", (tenant, address), owner)
    for host in fabric.hosts:
        for held in host.addresses:
            tenant = fabric.segment(held.segment).tenant
            _add(holders, "address", (tenant, held.interface.ip), f"host {host.name}")
        if host.loopback is not None:
            _add(holders, "address", (host.tenant, host.loopback), f"host {host.name}")
    for external in fabric.externals:
        _add(holders, "address", (external.tenant, external.peer.ip), f"external {external.name}")


def _add(holders: _Holders, what: str, value: Hashable, owner: str) -> None:
    holders.setdefault((what, value), []).append(owner)


def _text(value: Hashable) -> str:
    if isinstance(value, tuple):
        return f"{value[1]} (VRF {value[0]})"
    return str(value)
