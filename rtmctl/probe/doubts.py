"""Why an agent's numbers cannot be trusted. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rtmctl.probe.types import ProbeSpec

CLOCK_STEP_MS = 1.0
SHORTFALL = 0.98
"""a sender that sent less than this share of its rate did not keep it"""

Lines = Sequence[Mapping[str, Any]]


def doubts_of(spec: ProbeSpec, lines: Lines) -> Iterator[str]:
    """Of one agent, by what it said of itself."""
    own = next(line for line in lines if line["type"] == "self")
    if own["stall_count"]:
        worst = float(own["worst_late_ms"])
        times = "once" if own["stall_count"] == 1 else f"{own['stall_count']} times"
        yield f"the sender stalled {times}, at worst {worst:.0f} ms (limit {spec.max_stall_ms:g} ms)"
    if float(own["clock_step_ms"]) > CLOCK_STEP_MS:
        yield f"the clock was stepped by {own['clock_step_ms']:.1f} ms meanwhile"
    if own["overflow"]:
        yield f"the receiver's queue overflowed, {own['overflow']} packets were dropped on the host itself"
    for line in lines:
        if line["type"] == "sent":
            flow = spec.flows[int(line["flow"])]
            wanted = flow.rate_pps * float(own["lasted_s"])
            if int(line["count"]) < wanted * SHORTFALL - 1:
                yield f"flow {flow.name} was sent at {int(line['count']) / wanted:.0%} of its rate"
        if line["type"] == "received" and line["gaps_cut"]:
            flow = spec.flows[int(line["flow"])]
            yield f"flow {flow.name} has {line['gaps_cut']} more loss windows than were kept: the worst is not known"
