"""The hosts of a lab, as verify and the probes enter them."""

from rtmctl.device.processes import ProcessRunner
from rtmctl.lab.blueprint import NodeKind
from rtmctl.lab.driver import Lab


def lab_hosts(lab: Lab) -> ProcessRunner:
    """The hosts and routers of a running lab; its switches are spoken to as devices."""
    nodes = lab.status().nodes
    names = frozenset(node.name for node in nodes if node.running and node.kind is not NodeKind.SWITCH)
    return ProcessRunner(names, lab.command)
