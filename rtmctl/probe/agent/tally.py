"""What arrived of one flow: gaps, order, and how long it took; costs no more the longer it runs."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

GAPS_KEPT = 20_000
MINIMA_KEPT = 600


def bucket(value: int) -> int:
    """Round down to 7 significant bits: at most 1.6 % off."""
    size = abs(value)
    shift = max(0, size.bit_length() - 7)
    kept = size >> shift << shift
    return kept if value >= 0 else -kept


class Gaps:
    """Runs of sequence numbers that are missing below the highest seen, in order."""

    def __init__(self) -> None:
        self.first: list[int] = []
        self.last: list[int] = []
        self.until: list[int] = []
        """arrival of the packet that showed the gap, ns"""
        self.cut = 0

    def open(self, first: int, last: int, until_ns: int) -> None:
        if len(self.first) >= GAPS_KEPT:
            self.cut += 1
            return
        self.first.append(first)
        self.last.append(last)
        self.until.append(until_ns)

    def fill(self, number: int) -> bool:
        """A late packet; False when it was not missing."""
        at = bisect_right(self.first, number) - 1
        if at < 0 or number > self.last[at]:
            return False
        first, last, until = self.first[at], self.last[at], self.until[at]
        parts = [(a, b) for a, b in ((first, number - 1), (number + 1, last)) if a <= b]
        self.first[at : at + 1] = [a for a, _ in parts]
        self.last[at : at + 1] = [b for _, b in parts]
        self.until[at : at + 1] = [until] * len(parts)
        return True


class Times:
    """A distribution in microseconds from `base`, finest near it: clocks may be far apart."""

    def __init__(self) -> None:
        self.base = 0
        self.min_ns, self.max_ns = 1 << 62, -(1 << 62)
        self.counts: dict[int, int] = {}

    def add(self, took_ns: int) -> None:
        if not self.counts:
            self.base = took_ns // 1000
        self.min_ns = min(self.min_ns, took_ns)
        self.max_ns = max(self.max_ns, took_ns)
        key = bucket(took_ns // 1000 - self.base)
        self.counts[key] = self.counts.get(key, 0) + 1

    def report(self) -> dict[str, Any] | None:
        """Microseconds; None: nothing was added."""
        if not self.counts:
            return None
        values = sorted((self.base + key, count) for key, count in self.counts.items())
        return {"min": self.min_ns / 1000, "max": self.max_ns / 1000, "values": values}


class Minima:
    """The fastest packet of each stretch of time: whether two clocks drifted apart shows in them."""

    def __init__(self) -> None:
        self.width_ns = 1_000_000_000
        self.since_ns = 0
        self.fastest: dict[int, int] = {}

    def add(self, at_ns: int, took_ns: int) -> None:
        if not self.since_ns:
            self.since_ns = at_ns
        place = (at_ns - self.since_ns) // self.width_ns
        if took_ns < self.fastest.get(place, 1 << 62):
            self.fastest[place] = took_ns
            if len(self.fastest) > MINIMA_KEPT:
                self._halve()

    def _halve(self) -> None:
        wider: dict[int, int] = {}
        for place, took in self.fastest.items():
            wider[place // 2] = min(took, wider.get(place // 2, took))
        self.width_ns, self.fastest = self.width_ns * 2, wider

    def report(self) -> list[list[float]]:
        """[start of the stretch (CLOCK_REALTIME of the sender, ns), fastest (µs)]"""
        return [[self.since_ns + n * self.width_ns, took / 1000] for n, took in sorted(self.fastest.items())]


class Received:
    """One flow at its receiver."""

    def __init__(self) -> None:
        self.gaps = Gaps()
        self.count = self.duplicates = self.reordered = 0
        self.highest = -1
        self.last_ns = 0
        self.intended, self.network = Times(), Times()
        self.minima = Minima()

    def add(self, sequence: int, intended_ns: int, sent_ns: int, arrived_ns: int) -> None:
        if sequence > self.highest:
            if sequence > self.highest + 1:
                self.gaps.open(self.highest + 1, sequence - 1, arrived_ns)
            self.highest = sequence
        elif self.gaps.fill(sequence):
            self.reordered += 1  # RFC 4737 §3: behind one that was sent later
        else:
            self.duplicates += 1
            return
        self.count += 1
        self.last_ns = arrived_ns
        took = arrived_ns - sent_ns
        self.intended.add(arrived_ns - intended_ns)
        self.network.add(took)
        self.minima.add(sent_ns, took)

    def report(self, flow: int) -> dict[str, Any]:
        gaps = self.gaps
        return {
            "type": "received",
            "flow": flow,
            "count": self.count,
            "duplicates": self.duplicates,
            "reordered": self.reordered,
            "highest": self.highest,
            "gaps": list(zip(gaps.first, gaps.last, gaps.until)),  # noqa: B905  # strict= came with 3.10
            "gaps_cut": gaps.cut,
            "intended": self.intended.report(),
            "network": self.network.report(),
            "minima": self.minima.report(),
        }


class Echoed:
    """One flow at its sender: what came back."""

    def __init__(self) -> None:
        self.intended, self.network = Times(), Times()
        self.count = 0

    def add(self, intended_ns: int, sent_ns: int, turn_ns: int, arrived_ns: int) -> None:
        self.count += 1
        self.intended.add(arrived_ns - intended_ns - turn_ns)
        self.network.add(arrived_ns - sent_ns - turn_ns)

    def report(self, flow: int) -> dict[str, Any]:
        return {
            "type": "echoed",
            "flow": flow,
            "count": self.count,
            "intended": self.intended.report(),
            "network": self.network.report(),
        }
