"""How far two hosts' clocks are apart, and how sure that is. Pure.

A packet's one-way time is what it took plus the difference of the clocks, and what it took is never negative. So the
fastest packets of both directions hold the difference between two bounds (as RFC 5905 §8 has it, without the trust in
equal ways); bounds of every stretch of a run together also hold clocks that drift.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Minima = Sequence[Sequence[float]]
"""[since (ns), fastest (µs)] of consecutive stretches"""


@dataclass(frozen=True, slots=True)
class Apart:
    """One clock beyond another, in ms, give or take `error_ms`."""

    offset_ms: float
    error_ms: float


SAME = Apart(0.0, 0.0)


def apart(there: Minima, back: Minima) -> Apart | None:
    """The receiver's clock beyond the sender's; None when one direction is not known."""
    if not there or not back:
        return None
    lows, highs = [], []
    for number, (_, fastest_us) in enumerate(there):
        _, other_us = back[min(number * len(back) // len(there), len(back) - 1)]
        highs.append(fastest_us / 1000)
        lows.append(-other_us / 1000)
    low, high = min(lows), max(highs)
    return Apart((low + high) / 2, (high - low) / 2)


def fastest(parts: Sequence[Minima]) -> Minima:
    """The minima of several flows between the same hosts as those of one."""
    found: dict[int, Sequence[float]] = {}
    for part in parts:
        for number, (since, took) in enumerate(part):
            if number not in found or took < found[number][1]:
                found[number] = (since, took)
    return [found[number] for number in sorted(found)]


def believed(offset_ms: float, error_ms: float) -> float:
    """An offset that is within its own error may be none, and clocks are usually kept."""
    return offset_ms if abs(offset_ms) > error_ms else 0.0


def same_kernel(boots: Mapping[str, str], a: str, b: str) -> bool:
    return bool(boots.get(a)) and boots.get(a) == boots.get(b)
