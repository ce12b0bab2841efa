"""Milliseconds on a drawing that is as wide as its page: places in percent, so that text keeps its size on a phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10

INSET = 1.5
"""percent left free at either end, so that marks at the ends are whole"""


@dataclass(frozen=True, slots=True)
class Scale:
    """`start` stands at the left end, `end` at the right; both in ms."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """ms; never nothing, so that it can be divided by."""
        return max(self.end - self.start, 0.001)

    def x(self, at: float) -> float:
        """Percent of the width, never outside."""
        share = (at - self.start) / self.length
        return INSET + min(1.0, max(0.0, share)) * (100 - 2 * INSET)

    def percent(self, at: float) -> str:
        """As an attribute's value."""
        return f"{self.x(at):.2f}%"

    def span(self, start: float, end: float) -> str:
        """The width between two times as an attribute's value; what is there at all is seen."""
        return f"{max(0.15, self.x(end) - self.x(start)):.2f}%"

    def holds(self, at: float) -> bool:
        return self.start <= at <= self.end

    def ticks(self, most: int = 6) -> Iterator[float]:
        """Round values, at most so many: 1, 2 or 5 times a power of ten apart."""
        rough = self.length / most
        power = 10.0 ** floor(log10(rough))
        step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
        for number in range(ceil(self.start / step), floor(self.end / step) + 1):
            yield number * step
