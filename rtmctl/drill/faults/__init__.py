"""The faults a drill can make, each by the name a person gives it. How a machine makes one lives in `device`.

A fault is a line in `FAULTS`; those of the streaming stack join in the same way.
"""

from collections.abc import Mapping

from rtmctl.base import Exit, PermanentError
from rtmctl.drill.faults import composites, drained, gateway, hosts, links, routing, switches
from rtmctl.drill.faults.options import shown
from rtmctl.drill.types import Fault
from rtmctl.intent.names import suggest

__all__ = ["FAULTS", "find_fault"]

_ALL: tuple[Fault, ...] = (
    links.LINK_DOWN,
    links.SILENT_LINK,
    links.ONE_WAY_SILENCE,
    links.LOSS,
    links.DELAY,
    links.CORRUPT,
    links.RATE_LIMIT,
    links.FLAPPING,
    links.MTU_SHRUNK,
    switches.SWITCH_POWER_OFF,
    switches.REBOOT,
    switches.DAEMON_KILL,
    switches.DAEMON_FREEZE,
    routing.BGP_RESET,
    routing.WRONG_ROUTE,
    routing.LEAKED_PREFIX,
    gateway.GATEWAY_REMOVED,
    composites.LEAF,
    composites.SPINE,
    composites.BORDER,
    composites.RACK,
    composites.SITE_ISOLATION,
    drained.DRAIN,
    hosts.HOST_POWER_OFF,
    hosts.PROCESS_KILL,
    hosts.PROCESS_PAUSE,
    hosts.CPU_PRESSURE,
    hosts.MEMORY_PRESSURE,
    hosts.DISK_IO_PRESSURE,
    hosts.DISK_FULL,
    hosts.CLOCK_STEP,
    hosts.DNS_FAILURE,
    hosts.NIC_LOSS,
)
FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _ALL}


def find_fault(name: str) -> Fault:
    """Raises PermanentError for an unknown one, with the nearest known in the hint."""
    if name not in FAULTS:
        hint = suggest(name, FAULTS, limit=len(FAULTS))
        raise PermanentError(f"there is no fault {shown(name)}", hint=hint, exit=Exit.USAGE)
    return FAULTS[name]
