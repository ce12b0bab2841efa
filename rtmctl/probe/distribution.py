"""Times as agents count them, as histograms. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from hdrh.histogram import HdrHistogram

from rtmctl.probe.types import Latency

HIGHEST_US = 3_600_000_000


def latency(
    told: Mapping[str, Any] | None, *, offset_ms: float = 0.0, clock_error_ms: float | None = None
) -> Latency | None:
    """An agent's {min, max, values: [value, count]} in µs; `offset_ms` is taken out of each. None when it has none."""
    if told is None:
        return None
    shift = offset_ms * 1000
    values = tuple((float(value) - shift, int(count)) for value, count in told["values"])
    return _of(values, float(told["min"]) - shift, float(told["max"]) - shift, clock_error_ms)


def together(parts: Iterable[Latency | None]) -> Latency | None:
    """Several distributions as one; the worst of their clock errors holds for it."""
    found = [part for part in parts if part is not None]
    if not found:
        return None
    values: dict[float, int] = {}
    for part in found:
        for value_ms, count in part.buckets:
            values[value_ms] = values.get(value_ms, 0) + count
    errors = [part.clock_error_ms for part in found if part.clock_error_ms is not None]
    low, high = min(part.min_ms for part in found), max(part.max_ms for part in found)
    in_us = tuple((value * 1000, count) for value, count in sorted(values.items()))
    return _of(in_us, low * 1000, high * 1000, max(errors, default=None))


def _of(values: tuple[tuple[float, int], ...], low_us: float, high_us: float, clock_error_ms: float | None) -> Latency:
    histogram = HdrHistogram(1, HIGHEST_US, 3)
    for value, count in values:
        # a clock behind the sender's gives negative times: they count as 1 µs, and show in min_ms
        histogram.record_value(min(max(round(value), 1), HIGHEST_US), count)

    def at(percentile: float) -> float:
        # a bucket's value is its lower edge, a histogram's its upper one: neither beyond what was seen
        return max(min(float(histogram.get_value_at_percentile(percentile)), high_us), low_us) / 1000

    return Latency(
        sum(count for _, count in values),
        low_us / 1000,
        at(50),
        at(90),
        at(99),
        at(99.9),
        high_us / 1000,
        clock_error_ms,
        tuple((value / 1000, count) for value, count in values),
    )
