"""What probes and counters saw, flow by flow, against what was predicted and what is allowed. Pure."""

from rtmctl.drill.instruments import Recorded
from rtmctl.drill.types import DrillPlan, Measured, PlannedFlow, Surroundings
from rtmctl.drill.verdict import limit_ms
from rtmctl.probe.types import ProbeResult


def measured(plan: DrillPlan, around: Surroundings, probed: ProbeResult, recorded: Recorded) -> tuple[Measured, ...]:
    """In the order of the plan; a flow that was not measured is left out."""
    planned = {one.flow.name: one for one in plan.flows}
    bounds = {bound.kind: bound for bound in plan.bounds}
    found = []
    for result in probed.flows:
        one = planned[result.flow.name]
        limit = limit_ms(one.kind, plan.drill.hypothesis, bounds)
        found.append(Measured(result, one.kind, limit, carried=_carried(one, recorded)))
    return tuple(found)


def _carried(planned: PlannedFlow, recorded: Recorded) -> bool:
    return bool(recorded.used.get(planned.flow.name))
