"""What watches a run from beside: probes on the hosts, recorders on the switches. Started together, ended together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rtmctl.drill.types import FaultPlan, Moment, PlannedFlow
from rtmctl.probe import ProbeSpec


@dataclass(frozen=True, slots=True)
class Recorded:
    """What switches saw of one run."""

    moments: tuple[Moment, ...] = ()
    """`at_ms` since the injection began"""
    used: Mapping[str, frozenset[str | tuple[str, str]]] = field(default_factory=dict)
    """flow to what counters showed it on before the fault: links by identity, cables to hosts as (leaf, port)"""
    doubts: tuple[str, ...] = ()
    """what is not known because a recorder failed"""
    imprecise: tuple[str, ...] = ()
    """whose moments may stand in the wrong order, with the error of their times"""
    absent: Mapping[str, str] = field(default_factory=dict)
    """switches that were not heard to the end, with the reason: a doubt unless the fault is on them"""

    def doubts_about(self, fault: FaultPlan) -> tuple[str, ...]:
        """Those that the fault itself does not explain."""
        hit = fault.removed.devices | {injection.node for injection in fault.injections}
        return (*self.doubts, *(f"{name}: {why}" for name, why in sorted(self.absent.items()) if name not in hit))


class Recorder(Protocol):
    """Records on all switches of a fabric. None of its methods raises for a switch that is lost meanwhile."""

    async def start(self, flows: Sequence[PlannedFlow], spec: ProbeSpec) -> None: ...
    async def before_fault(self) -> None:
        """Right before the injection: what has been carried until now."""
        ...

    async def stop(self, began_ns: int) -> Recorded:
        """`began_ns`: of the injection, CLOCK_REALTIME of this machine."""
        ...


class NoRecorder:
    """Where nothing can be recorded; it says so."""

    async def start(self, flows: Sequence[PlannedFlow], spec: ProbeSpec) -> None:
        return

    async def before_fault(self) -> None:
        return

    async def stop(self, began_ns: int) -> Recorded:
        return Recorded(doubts=("no counters: nothing is recorded on the switches",))
