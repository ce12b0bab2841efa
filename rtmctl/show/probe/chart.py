"""A distribution as bars of text. Pure."""

from bisect import bisect_right
from collections.abc import Iterator

from rtmctl.probe import Latency

WIDTH = 40
EDGES = tuple(step * 10.0**power for power in range(-3, 5) for step in (1, 2, 5))
"""ms: 1, 2, 5, 10 … of each decade"""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bars(latency: Latency) -> Iterator[str]:
    """A line a step that holds packets, and those between; what lies below the first edge counts to it."""
    counts = [0] * len(EDGES)
    for value, count in latency.buckets:
        counts[max(bisect_right(EDGES, value) - 1, 0)] += count
    filled = [at for at, count in enumerate(counts) if count]
    most = max(counts)
    for at in range(filled[0], filled[-1] + 1):
        upper = f"{EDGES[at + 1]:g}" if at + 1 < len(EDGES) else ""
        edges = f"{EDGES[at]:>7g} – {upper:<6}"
        yield f"{edges} {_bar(counts[at] / most):<{WIDTH}} {counts[at]:>11,}"


def _bar(share: float) -> str:
    """Whatever was seen at all shows."""
    eighths = max(round(share * WIDTH * 8), 1 if share else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
