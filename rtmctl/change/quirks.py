"""Faults of network operating systems that decide how a change can be made."""

import re

from rtmctl.device.types import Running
from rtmctl.model.types import DeviceModel

_SOUND = (10, 3)


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
