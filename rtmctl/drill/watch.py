"""The abort conditions, asked of what the probes tell while they run. Pure: times come in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rtmctl.drill.events import FlowNow
from rtmctl.drill.types import Abort, DrillPlan, FlowClass, PlannedFlow
from rtmctl.probe.types import Interim


@dataclass(frozen=True, slots=True)
class Breach:
    """Why the fault must be taken back now."""

    text: str
    blind: bool = False
    """telemetry is lost: nothing can be told of the hypothesis"""


@dataclass(slots=True)
class Watch:
    """What each agent told last, and when that was heard on this machine's monotonic clock."""

    abort: Abort
    flows: Mapping[str, PlannedFlow]
    hosts: frozenset[str]
    """whose agents must be heard"""
    _heard: dict[str, float] = field(default_factory=dict)
    _silent_ms: dict[str, float] = field(default_factory=dict)
    _worst_ms: dict[str, float] = field(default_factory=dict)
    _received: dict[str, int] = field(default_factory=dict)

    @classmethod
    def over(cls, plan: DrillPlan) -> "Watch":
        """A host that the fault takes away may fall silent."""
        names = {host for one in plan.flows for host in (one.flow.source, one.flow.destination)}
        return cls(
            plan.drill.abort,
            {one.flow.name: one for one in plan.flows},
            frozenset(names - plan.fault.removed.hosts),
        )

    def begin(self, now_s: float) -> None:
        """From now on every agent is to be heard."""
        self._heard = dict.fromkeys(self.hosts, now_s)

    def take(self, interim: Interim, now_s: float) -> None:
        self._heard[interim.host] = now_s
        for name, silent in interim.flows.items():
            planned = self.flows.get(name)
            if planned is not None:
                beyond = max(0.0, silent - planned.flow.interval_ms)
                self._silent_ms[name] = beyond
                self._worst_ms[name] = max(self._worst_ms.get(name, 0.0), beyond)
                self._received[name] = interim.received.get(name, 0)

    def breach(self, now_s: float) -> Breach | None:
        """The first condition that is met, telemetry before all others: without it the rest cannot be told."""
        for host, heard in sorted(self._heard.items()):
            if host in self.hosts and now_s - heard > self.abort.telemetry_s:
                return Breach(f"no telemetry from the probe on {host} for {now_s - heard:.1f} s", blind=True)
        for name, silent in sorted(self._silent_ms.items()):
            planned = self.flows[name]
            limit = self._limit_ms(planned.kind)
            if limit is not None and silent > limit:
                return Breach(
                    f"{planned.kind.value} flow {name} has been silent for {silent:.0f} ms (limit {limit:g} ms)"
                )
        return None

    def unclean(self, limit_ms: float) -> tuple[str, ...]:
        """Flows that were silent for longer at any time until now, or from which nothing has arrived."""
        return tuple(
            name
            for name in sorted(self.flows)
            if self._worst_ms.get(name, 0.0) > limit_ms or not self._received.get(name)
        )

    def flows_now(self, since_s: float) -> Iterable[FlowNow]:
        """`since_s`: how long the flows have been sent."""
        for name, planned in self.flows.items():
            yield FlowNow(
                name,
                planned.kind,
                sent=round(max(0.0, since_s) * planned.flow.rate_pps),
                received=self._received.get(name, 0),
                silent_ms=self._silent_ms.get(name, 0.0),
                worst_ms=self._worst_ms.get(name, 0.0),
            )

    def _limit_ms(self, kind: FlowClass) -> float | None:
        match kind:
            case FlowClass.SPARED:
                return self.abort.spared_ms
            case FlowClass.STRANDED:
                return None
            case _:
                return self.abort.loss_ms
