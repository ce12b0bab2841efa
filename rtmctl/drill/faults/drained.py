"""The control: a switch that is asked to leave, so that nothing is to be lost."""

from rtmctl.device.injection import Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen
from rtmctl.drill.faults.switches import SWITCH
from rtmctl.drill.faults.targets import find_switch
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings


def _plan(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    name = find_switch(around.fabric, target).name
    return FaultPlan(
        fault=fault,
        target=name,
        said=f"{name} drained",
        injections=(Injection(name, "drain", dict(chosen.values)),),
        removed=Removed(devices=frozenset({name})),
        detection=Detection.PLANNED,
    )


DRAIN = Kind(
    "drain",
    "traffic is asked to leave a switch, as before planned work; the control that should lose nothing",
    SWITCH,
    _plan,
    (
        Option("strand", False, "drain although hosts have no other way"),
        Option("accept_outage", False, "drain although it cannot be without an outage, which is named"),
    ),
)
