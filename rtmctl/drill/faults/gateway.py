"""A segment without its gateway on a leaf."""

from rtmctl.base import Exit, PermanentError
from rtmctl.device.injection import Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen, shown
from rtmctl.drill.faults.targets import find_segment
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings
from rtmctl.intent.names import suggest


def _removed(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    fabric, leaf = around.fabric, chosen.text("leaf")
    segment = find_segment(fabric, target)
    if leaf and leaf not in segment.leafs:
        hint = suggest(leaf, segment.leafs)
        raise PermanentError(f"segment {segment.name} is not on {shown(leaf)}", hint=hint, exit=Exit.USAGE)
    leafs = (leaf,) if leaf else segment.leafs
    svis = {name: next(svi.name for svi in around.models[name].svis if svi.vid == segment.vlan) for name in leafs}
    behind = frozenset(
        (link.leaf, link.port)
        for host in fabric.hosts
        for link in host.links
        if link.leaf in leafs and segment.name in (host.untagged, *host.tagged)
    )
    return FaultPlan(
        fault=fault,
        target=segment.name,
        said=f"gateway of segment {segment.name} removed on {', '.join(leafs)}",
        injections=tuple(Injection(name, "addresses-removed", {"interfaces": (svi,)}) for name, svi in svis.items()),
        removed=Removed(host_ports=behind),
        detection=Detection.ENDURED,
    )


GATEWAY_REMOVED = Kind(
    "gateway-removed",
    "the anycast gateway of a segment loses its addresses",
    "SEGMENT",
    _removed,
    (Option("leaf", "", "on this leaf alone; left out: on all that carry the segment"),),
)
