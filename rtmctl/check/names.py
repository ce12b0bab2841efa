"""Every policy, prefix list, BFD profile, VRF and VLAN that a model names is in it."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DEFAULT_VRF, DeviceModel


def references_resolve(_fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    for name in sorted(models):
        model = models[name]
        known = {
            "policy": {p.name for p in model.policies},
            "prefix list": {p.name for p in model.prefix_lists},
            "BFD profile": {p.name for p in model.bfd_profiles},
            "VRF": {DEFAULT_VRF, *(v.name for v in model.vrfs)},
            "VLAN": {str(v.vid) for v in model.vlans},
            "LAG": {lag.name for lag in model.lags},
            "port": {p.name for p in model.ports},
            "interface": {s.name for s in model.svis},
        }
        for what, wanted, by in _references(model):
            if wanted is not None and wanted not in known[what]:
                yield Finding("dangling-model-reference", f"{name}: {by} names {what} {wanted}, which is not there")
        for policy in model.policies:
            numbers = [term.sequence for term in policy.terms]
            if numbers != sorted(set(numbers)):
                yield Finding("duplicate-value", f"{name}: the terms of policy {policy.name} do not ascend: {numbers}")


def _references(model: DeviceModel) -> Iterator[tuple[str, str | None, str]]:
    for port in model.ports:
        yield "VRF", port.vrf, port.name
        yield "LAG", port.lag, port.name
        for vid in (*port.tagged_vlans, *(() if port.untagged_vlan is None else (port.untagged_vlan,))):
            yield "VLAN", str(vid), port.name
    for lag in model.lags:
        for member in lag.members:
            yield "port", member, lag.name
    for svi in model.svis:
        yield "VRF", svi.vrf, svi.name
        yield "VLAN", str(svi.vid), svi.name
    for vrf in model.vrfs:
        yield "VLAN", str(vrf.l3vlan), f"vrf {vrf.name}"
        for leak in vrf.leaks:
            yield "VRF", leak.vrf, f"vrf {vrf.name}"
            yield "policy", leak.policy, f"vrf {vrf.name}"
    for gateway_filter in model.filters:
        yield "interface", gateway_filter.svi, f"filter of {gateway_filter.segment}"
    yield from _routing(model)


def _routing(model: DeviceModel) -> Iterator[tuple[str, str | None, str]]:
    for instance in model.bgp:
        yield "VRF", instance.vrf, "bgp"
        yield "policy", instance.redistribute_connected, f"bgp {instance.vrf}"
        for neighbor in instance.neighbors:
            yield "BFD profile", neighbor.bfd_profile, f"neighbor {neighbor.name}"
            for family in neighbor.families:
                yield "policy", family.import_policy, f"neighbor {neighbor.name}"
                yield "policy", family.export_policy, f"neighbor {neighbor.name}"
    for policy in model.policies:
        for term in policy.terms:
            yield "prefix list", term.match_prefix_list, f"policy {policy.name}"
