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
    yield from _slow(spec, [line for line in lines if line["type"] == "sent"], float(own["lasted_s"]))
    for line in lines:
        if line["type"] == "received" and line["gaps_cut"]:
            flow = spec.flows[int(line["flow"])]
            yield f"flow {flow.name} has {line['gaps_cut']} more loss windows than were kept: the worst is not known"


def _slow(spec: ProbeSpec, sent: Lines, lasted_s: float) -> Iterator[str]:
    """Flows that were not sent as often as they should have been, or not at all."""
    shares: list[tuple[float, str]] = []
    for line in sent:
        flow, count = spec.flows[int(line["flow"])], int(line["count"])
        wanted = flow.rate_pps * lasted_s
        if not count or count < wanted * SHORTFALL - 1:
            shares.append((count / wanted if wanted else 0.0, flow.name))
    if shares:
        share, name = min(shares)
        yield f"flows sent below their rate: {len(shares)}, the slowest at {share:.0%} of it ({name})"
