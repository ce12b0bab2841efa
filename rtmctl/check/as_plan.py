"""The AS plan (RFC 7938 §5.2.1): spines of a pod share one AS, super-spines one, each leaf and routed host its own.

Sharing keeps a route from going down, up and down again; having one's own keeps it from being dropped as a loop
(RFC 4271 §9.1.2). Every BGP instance and session then uses the number of its device.
"""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.compare import differs
from rtmctl.fabric.types import Device, Fabric, Overlay, Role
from rtmctl.model.types import DeviceModel

_Group = tuple[str, str]
"""(what it is, its name): who has one AS number in common"""


def as_plan_holds(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    holders: dict[int, dict[_Group, str]] = {}
    numbers: dict[_Group, dict[int, str]] = {}
    for device in fabric.devices:
        group = _group(device)
        holders.setdefault(device.asn, {}).setdefault(group, device.name)
        numbers.setdefault(group, {}).setdefault(device.asn, device.name)
    for host in fabric.hosts:
        if host.asn is not None:
            holders.setdefault(host.asn, {}).setdefault(("host", host.name), f"host {host.name}")
    for external in fabric.externals:
        holders.setdefault(external.asn, {}).setdefault(("external", ""), f"external {external.name}")
    if fabric.overlay is Overlay.IBGP_RR:
        holders.setdefault(fabric.overlay_asn, {}).setdefault(("overlay", ""), "the overlay")
    for (_, name), found in numbers.items():
        if len(found) > 1:
            several = ", ".join(f"{who} {asn}" for asn, who in found.items())
            yield Finding("as-plan", f"{name} do not share one AS: {several}")
    for asn, groups in holders.items():
        if len(groups) > 1 and not (fabric.allow_shared_as and {what for what, _ in groups} == {"leaf"}):
            yield Finding(
                "as-plan",
                f"AS {asn} is that of {', '.join(groups.values())}: one drops the other's routes as a loop",
                hint="write another AS into the site, or remove a line from the lock file; then run `rtmctl net lock`",
            )
    for name, model in sorted(models.items()):
        yield from _instances(fabric, name, model)


def _group(device: Device) -> _Group:
    match device.role:
        case Role.SPINE:
            return "spine", f"the spines of pod {device.pod}"
        case Role.SUPER_SPINE:
            return "super-spine", "the super-spines"
        case _:
            return "leaf", device.name


def _instances(fabric: Fabric, name: str, model: DeviceModel) -> Iterator[Finding]:
    """Each instance speaks as the device, or as the fabric with an iBGP overlay and shows the device's AS to others."""
    own = fabric.device(name).asn
    yield from differs(name, "AS", own, model.asn)
    spoken = fabric.overlay_asn if fabric.overlay is Overlay.IBGP_RR else own
    for bgp in model.bgp:
        yield from differs(f"{name} VRF {bgp.vrf}", "AS of BGP", spoken, bgp.asn)
        for neighbor in bgp.neighbors:
            shown = None if spoken in (own, neighbor.remote_asn) else own
            yield from differs(f"{name} {neighbor.name}", "local AS", shown, neighbor.local_asn)
