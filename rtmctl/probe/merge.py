"""Puts the agents' lines together: losses, windows, latency, and whether to believe them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hdrh.histogram import HdrHistogram

from rtmctl.probe.types import Flow, FlowResult, Latency, LossWindow, ProbeResult, ProbeSpec

HIGHEST_US = 60_000_000
CLOCK_STEP_MS = 1.0
SHORTFALL = 0.98
"""a sender that sent less than this share of its rate did not keep it"""

Lines = Sequence[Mapping[str, Any]]


def merge(spec: ProbeSpec, lines: Mapping[str, Lines], failures: Mapping[str, str]) -> ProbeResult:
    """`lines`: host to what its agent printed. `failures`: host to why its agent did not."""
    doubts = [f"{host}: {reason}" for host, reason in sorted(failures.items())]
    own = {host: _one(found, "self") for host, found in lines.items()}
    for host, line in sorted(own.items()):
        doubts += [f"{host}: {doubt}" for doubt in _doubts(spec, line, lines[host])]
    sent = {int(x["flow"]): x for found in lines.values() for x in found if x["type"] == "sent"}
    received = {int(x["flow"]): x for found in lines.values() for x in found if x["type"] == "received"}
    minimum: dict[tuple[str, str], float] = {}
    for number, found in received.items():
        ends = (spec.flows[number].source, spec.flows[number].destination)
        minimum[ends] = min(minimum.get(ends, float("inf")), float(found["min_us"]) / 1000)
    flows = tuple(
        _flow(flow, sent[number], received.get(number), minimum)
        for number, flow in enumerate(spec.flows)
        if number in sent and flow.destination in lines
    )
    late = max((float(x["worst_late_ms"]) for x in own.values()), default=0.0)
    interval = max((f.interval_ms for f in spec.flows), default=0.0)
    began = min((int(x["began_ns"]) for x in own.values()), default=0)
    return ProbeResult(flows, tuple(doubts), max(late, interval), began)


def _one(lines: Lines, kind: str) -> Mapping[str, Any]:
    return next(line for line in lines if line["type"] == kind)


def _doubts(spec: ProbeSpec, own: Mapping[str, Any], lines: Lines) -> list[str]:
    found = []
    if float(own["ready_late_ms"]) > 0:
        found.append(f"the agent was ready {own['ready_late_ms']:.0f} ms after the start; raise the lead time")
    stalls = own["stalls"]
    if stalls:
        worst = max(length for _, length in stalls)
        found.append(
            f"the sender stalled {len(stalls)} times, at worst {worst:.0f} ms (limit {spec.max_stall_ms:g} ms)"
        )
    if float(own["clock_step_ms"]) > CLOCK_STEP_MS:
        found.append(f"the clock was stepped by {own['clock_step_ms']:.1f} ms meanwhile")
    if int(own["overflow"]):
        found.append(f"the receiver's queue overflowed, {own['overflow']} packets were dropped on the host itself")
    for line in lines:
        if line["type"] == "sent":
            flow = spec.flows[int(line["flow"])]
            wanted = flow.rate_pps * float(own["lasted_s"])
            if int(line["count"]) < wanted * SHORTFALL - 1:
                found.append(f"flow {flow.name} was sent at {int(line['count']) / wanted:.0%} of its rate")
    return found


def _flow(
    flow: Flow, sent: Mapping[str, Any], received: Mapping[str, Any] | None, minimum: Mapping[tuple[str, str], float]
) -> FlowResult:
    count, errors = int(sent["count"]), sum(sent["errors"].values())
    if received is None:
        runs = [(0, count - 1)] if count else []
        return FlowResult(flow, count, errors, 0, 0, 0, _windows(flow, runs), None)
    runs = [(int(a), int(b)) for a, b in received["missing"]]
    highest = int(received["highest"])
    if highest < count - 1:
        runs.append((highest + 1, count - 1))
    back = minimum.get((flow.destination, flow.source))
    there = minimum[flow.source, flow.destination]
    # one-way times are never negative, so the clocks differ by no more than the longer of the two fastest ones
    clock_error = None if back is None else max(abs(there), abs(back))
    return FlowResult(
        flow,
        count,
        errors,
        int(received["count"]),
        int(received["duplicates"]),
        int(received["reordered"]),
        _windows(flow, runs),
        _latency(received, clock_error),
    )


def _windows(flow: Flow, runs: Sequence[tuple[int, int]]) -> tuple[LossWindow, ...]:
    step = flow.interval_ms
    return tuple(LossWindow(a * step, (b - a + 1) * step, b - a + 1) for a, b in runs)


def _latency(received: Mapping[str, Any], clock_error_ms: float | None) -> Latency:
    histogram = HdrHistogram(1, HIGHEST_US, 3)
    total = 0
    for value, count in received["latency_us"]:
        # a clock behind the sender's gives negative times: they count as 0 and show in min_ms
        histogram.record_value(min(max(int(value), 1), HIGHEST_US), int(count))
        total += int(count)

    def at(percentile: float) -> float:
        return float(histogram.get_value_at_percentile(percentile)) / 1000

    low, high = float(received["min_us"]) / 1000, float(received["max_us"]) / 1000
    return Latency(total, low, at(50), at(90), at(99), at(99.9), high, clock_error_ms)
