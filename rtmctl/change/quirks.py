"""Faults of network operating systems that decide how a change can be made."""

import re
from collections.abc import Iterable, Mapping

from rtmctl.change.plan_types import DevicePlan
from rtmctl.device.types import Running
from rtmctl.fabric.types import Fabric, Role
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel

_SOUND = (10, 3)
_UPPER = frozenset({Role.SPINE, Role.SUPER_SPINE})


def forgets_router_macs(running: Running, model: DeviceModel | None) -> bool:
    """Whether a leaf loses its way to other leafs' VRFs when the best path to them moves from one spine to another.

    bgpd then withdraws an EVPN route from zebra and announces it again at once, and zebra works off the two in the
    other order: the router MAC is gone until the next change (FRR issue 10298). Seen on 8.4.4; 10.3 is sound, and
    what lies between was not tried.
    """
    if model is None or model.platform != "frr" or not model.vrfs:
        return False
    found = re.match(r"(\d+)\.(\d+)", running.version)
    return found is not None and (int(found[1]), int(found[2])) < _SOUND


def best_path_outages(
    fabric: Fabric,
    parts: Iterable[DevicePlan],
    running: Mapping[str, Running],
    models: Mapping[str, DeviceModel],
) -> tuple[str, ...]:
    """What spines that lose their traffic do to leafs that forget router MACs then, a sentence each.

    Which spine has the best path is the older session's doing: it may be any of them, so none is let go unasked.

    Args:
        parts: those that change while the leafs' other sessions stay.
        running: of every device that was read.
        models: what devices are to run.
    """
    leafs = sorted(n for n, one in running.items() if forgets_router_macs(one, models.get(n)))
    found = []
    for part in parts:
        pod = fabric.device(part.device).pod
        below = [n for n in leafs if fabric.device(part.device).role is Role.SUPER_SPINE or fabric.device(n).pod == pod]
        if fabric.device(part.device).role in _UPPER and (part.resets or part.leaves) and len(below) > 1:
            why = "traffic leaves it" if part.leaves else "its sessions are reset"
            versions = ", ".join(sorted({running[name].version for name in below}))
            found.append(
                f"{part.device}: {why}, and {_several(below)} may forget the router MACs of each other's VRFs "
                f"(FRR {versions}; issue 10298, sound from 10.3): traffic between subnets then stops until "
                f"`clear bgp l2vpn evpn *` on them"
            )
    return tuple(found)


_INSTANCE = re.compile(r"^router bgp (\d+) vrf (\S+)$", re.MULTILINE)
_L3VNI = re.compile(r"^vrf (\S+)\n(?: .*\n)*? vni \d+$", re.MULTILINE)


def kept_instances(device: str, before: DeviceConfig, after: DeviceConfig) -> str:
    """Why a device's FRR does not take the one text after the other; empty where it does.

    Another AS makes a BGP instance anew, and `no router bgp` is refused while its VRF has an L3 VNI (8.4 and 10.3:
    "Please unconfigure l3vni"), so that the change would fail half done and be undone.
    """
    was, now = ({vrf: asn for asn, vrf in _INSTANCE.findall(text.get("frr"))} for text in (before, after))
    bound = set(_L3VNI.findall(before.get("frr")))
    kept = sorted(vrf for vrf in bound & set(was) & set(now) if was[vrf] != now[vrf])
    if not kept:
        return ""
    return f"{device}: the AS of BGP in VRF {', '.join(kept)} changes, which FRR refuses while the VRF has an L3 VNI"


def _several(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
