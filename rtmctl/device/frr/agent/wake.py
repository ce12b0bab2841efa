"""BGP sessions that FRR 10.2 and 10.3.0 leave down for good, and what wakes them.

When an address comes to a VRF while bgpd does not know an unnumbered neighbor there (its link is just back), bgpd takes
the neighbor's address for `::` and drops the BFD session to it. Believing BFD down it refuses connections, and so does
the far end, for ever (FRR pull request 18562; fixed in 10.3.1). The next address that comes to the VRF sets it right.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from ipaddress import ip_address

from ...onboard.errors import AgentError
from ...onboard.programs import as_json
from .device import Device
from .running import frr_version, vtysh

_FAULTY = re.compile(r"10\.2(\.\d+)?|10\.3(\.0)?")
_DUMMY = "192.0.0.8/32"
"""the IPv4 dummy address, which no machine has and nobody routes (RFC 7600 §6)"""
_WAIT_S = 4.0
"""for neighbors to be known: each end of a link that is back sends a router advertisement"""


def wake(device: Device) -> None:
    """After interfaces have changed; only tries, for no session is worth a failed step."""
    with contextlib.suppress(AgentError, OSError):
        if not _FAULTY.fullmatch(frr_version(device)):
            return
        until = device.now() + _WAIT_S
        while vrfs := _asleep(device):
            for vrf in vrfs:
                _touch(device, vrf)
            if device.now() >= until:
                return
            time.sleep(0.5)


def _asleep(device: Device) -> list[str]:
    """VRFs with an unnumbered neighbor whose BFD is down and has no session."""
    bfd = as_json(vtysh(device, "show bfd peers json"))
    known = {(one.get("vrf"), one.get("interface")) for one in bfd} if isinstance(bfd, list) else set()
    neighbors = as_json(vtysh(device, "show bgp vrf all neighbors json"))
    return sorted(
        vrf
        for vrf, peers in (neighbors.items() if isinstance(neighbors, dict) else ())
        if any(
            isinstance(peer, dict)
            and peer.get("bgpState") != "Established"
            and peer.get("peerBfdInfo", {}).get("status") == "Down"
            and (vrf, name) not in known
            and not _is_address(name)
            for name, peer in peers.items()
        )
    )


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _touch(device: Device, vrf: str) -> None:
    """An address comes and goes, in one program: nothing that is killed leaves it."""
    space = ["-n", vrf] if vrf in device.namespaces() else []
    own = os.path.exists(os.path.join(device.root, "sys/class/net", vrf))
    name = vrf if own and not space else "lo"
    device.run(["ip", *space, "-batch", "-"], text=f"addr add {_DUMMY} dev {name}\naddr del {_DUMMY} dev {name}\n")
