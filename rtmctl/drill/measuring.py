"""What probes and counters saw, flow by flow, against what is allowed. Pure."""

from dataclasses import replace

from rtmctl.drill.instruments import Recorded
from rtmctl.drill.planning import Prepared, bounds_of
from rtmctl.drill.types import Measured
from rtmctl.drill.verdict import limit_ms
from rtmctl.probe.types import FlowResult, Latency, ProbeResult


def measured(prepared: Prepared, probed: ProbeResult, recorded: Recorded) -> tuple[Measured, ...]:
    """In the order of the plan; a flow that was not measured is left out.

    Which of several ways a flow takes nobody can predict: its class is that of the way on which counters showed it.
    """
    plan = prepared.plan
    settled = prepared.settled(recorded.used)
    planned, bounds = {one.flow.name: one for one in plan.flows}, bounds_of(plan)
    found = []
    for result in probed.flows:
        seen = settled[result.flow.name]
        kind = planned[result.flow.name].kind if seen is None else seen
        limit = limit_ms(kind, plan.drill.hypothesis, bounds)
        found.append(Measured(_short(result), kind, limit, carried=seen is not None))
    return tuple(found)


def _short(result: FlowResult) -> FlowResult:
    """Percentiles without the histograms they come from, which were five sixths of a report that the store keeps."""

    def shortened(latency: Latency | None) -> Latency | None:
        return latency and replace(latency, buckets=())

    return replace(
        result,
        latency=shortened(result.latency),
        network=shortened(result.network),
        rtt=shortened(result.rtt),
        rtt_network=shortened(result.rtt_network),
    )
