"""From the Fabric to one DeviceModel a switch."""

from rtmctl.fabric.types import Device, Fabric
from rtmctl.model.filters import Filters
from rtmctl.model.parts import Parts
from rtmctl.model.tenants import build_tenants
from rtmctl.model.types import DeviceModel
from rtmctl.model.underlay import build_underlay

_TABLE_FLOOR = 8192


def build_models(fabric: Fabric, drained: frozenset[str] = frozenset()) -> dict[str, DeviceModel]:
    """The model of every switch, by name. `drained` names the switches that send traffic elsewhere.

    Raises:
        KeyError: a drained name that is no switch.
    """
    for name in drained:
        fabric.device(name)
    filters = Filters(fabric)
    table = _neighbor_table(fabric)
    return {d.name: _build(fabric, d, filters, drained=d.name in drained, table=table) for d in fabric.devices}


def _build(fabric: Fabric, device: Device, filters: Filters, *, drained: bool, table: int) -> DeviceModel:
    parts = Parts(fabric, device, drained)
    build_underlay(parts)
    if parts.is_leaf:
        build_tenants(parts, filters)
    return DeviceModel(
        hostname=device.name,
        platform=device.platform,
        hardware=device.model,
        role=device.role,
        asn=device.asn,
        router_id=device.loopback,
        bridge=fabric.bridge,
        ports=parts.sorted_ports(),
        loopbacks=tuple(parts.loopbacks),
        vtep=device.vtep,
        vlans=tuple(sorted(parts.vlans, key=lambda vlan: vlan.vid)),
        svis=tuple(sorted(parts.svis, key=lambda svi: svi.vid)),
        vrfs=tuple(parts.vrfs),
        mac_vrfs=tuple(sorted(parts.mac_vrfs, key=lambda found: found.vni)),
        bgp=tuple(parts.bgp),
        bfd_profiles=parts.bfd_profiles(),
        prefix_lists=tuple(parts.prefix_lists[name] for name in sorted(parts.prefix_lists)),
        policies=tuple(parts.policies[name] for name in sorted(parts.policies)),
        filters=tuple(parts.filters),
        drained=drained,
        neighbor_table=table,
        lags=tuple(parts.lags),
    )


def _neighbor_table(fabric: Fabric) -> int:
    """Twice what EVPN may install on one leaf, every host and gateway, as a power of two: it seldom changes."""
    addresses = sum(len(host.addresses) for host in fabric.hosts) + len(fabric.devices) * (len(fabric.tenants) + 1)
    return max(_TABLE_FLOOR, 1 << (2 * addresses).bit_length())
