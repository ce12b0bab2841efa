"""The fabric as `lab graph` draws it, with what the fault takes away marked."""

from rtmctl.drill.types import FaultPlan, Removed
from rtmctl.fabric.types import Fabric
from rtmctl.lab.graph import svg
from rtmctl.lab.graph.picture import Marked


def topology(fabric: Fabric, fault: FaultPlan) -> str:
    """Where a fault removes nothing, the machines it is made on are marked."""
    return svg(fabric, _marked(fabric, fault))


def _marked(fabric: Fabric, fault: FaultPlan) -> Marked:
    gone = fault.met
    if gone == Removed():
        return Marked(frozenset(injection.node for injection in fault.injections))
    links = {(link.a.device, link.a.port) for link in fabric.links if link.identity in gone.links}
    return Marked(gone.devices | gone.hosts, frozenset(links) | gone.host_ports)
