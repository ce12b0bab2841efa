"""Puts the agents' lines together: losses, windows, latency, and whether to believe them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtmctl.probe.clocks import SAME, Apart, Minima, apart, believed, fastest, same_kernel
from rtmctl.probe.distribution import latency
from rtmctl.probe.doubts import Lines, doubts_of
from rtmctl.probe.types import Agent, Flow, FlowResult, Latency, LossWindow, ProbeResult, ProbeSpec

Line = Mapping[str, Any]
_ByFlow = Mapping[tuple[str, str, int], Line]
"""(host, type, flow)"""


@dataclass(frozen=True, slots=True)
class Told:
    """What an agent said, and its clock beyond rtmctl's as far as that could be measured."""

    lines: Lines
    clock_offset_ns: int = 0
    clock_error_ns: int = 0


def merge(spec: ProbeSpec, told: Mapping[str, Told], failures: Mapping[str, str], boot: str) -> ProbeResult:
    """What was measured of all flows.

    Args:
        told: host to what its agent said.
        failures: host to why its agent did not.
        boot: boot id of this machine; a host with the same one has the same clock.
    """
    vanished = tuple(sorted(failures.keys() & spec.may_vanish))
    doubts = [f"{host}: {reason}" for host, reason in sorted(failures.items()) if host not in vanished]
    for host, found in sorted(told.items()):
        doubts += [f"{host}: {doubt}" for doubt in doubts_of(spec, found.lines)]
    boots = {host: str(_one(found.lines, "ready")["boot"]) for host, found in told.items()} | {"": boot}
    agents = tuple(_agent(host, found, boots) for host, found in sorted(told.items()))
    began = {a.host: _began(told[a.host].lines) - round(a.clock_offset_ms * 1e6) for a in agents}
    first = min(began.values(), default=0)
    lines = {
        (host, str(line["type"]), int(line["flow"])): line
        for host, found in told.items()
        for line in found.lines
        if "flow" in line
    }
    pairs = {(f.source, f.destination) for f in spec.flows if f.source in told and f.destination in told}
    clocks = {pair: _clocks(spec, lines, boots, *pair) for pair in pairs}
    parts = _Parts(lines, clocks, {a.host: a for a in agents}, began, first)
    flows = tuple(
        parts.result(number, flow)
        for number, flow in enumerate(spec.flows)
        if flow.source in told and flow.destination in told
    )
    late = max((a.worst_late_ms for a in agents), default=0.0)
    interval = max((f.interval_ms for f in spec.flows), default=0.0)
    lasted = max((float(_one(found.lines, "self")["lasted_s"]) for found in told.values()), default=0.0)
    return ProbeResult(flows, tuple(doubts), max(late, interval), first, agents, lasted, vanished)


def _one(lines: Lines, kind: str) -> Line:
    return next(line for line in lines if line["type"] == kind)


def _began(lines: Lines) -> int:
    return int(_one(lines, "self")["began_ns"])


def _agent(host: str, told: Told, boots: Mapping[str, str]) -> Agent:
    own = _one(told.lines, "self")
    sent = [line for line in told.lines if line["type"] == "sent"]
    same = same_kernel(boots, host, "")
    error = 0.0 if same else told.clock_error_ns / 1e6
    return Agent(
        host,
        latency(own["late"]),
        float(own["worst_late_ms"]),
        int(own["stall_count"]),
        bool(sent) and all(line["stamped"] > 0 for line in sent),
        bool(own["realtime"]),
        bool(own["locked"]),
        0.0 if same else believed(told.clock_offset_ns / 1e6, error),
        error,
    )


def _clocks(spec: ProbeSpec, lines: _ByFlow, boots: Mapping[str, str], source: str, destination: str) -> Apart | None:
    if source == destination or same_kernel(boots, source, destination):
        return SAME

    def minima(a: str, b: str) -> Minima:
        numbers = [number for number, flow in enumerate(spec.flows) if (flow.source, flow.destination) == (a, b)]
        found = [lines.get((b, "received", number)) for number in numbers]
        return fastest([line["minima"] for line in found if line is not None])

    return apart(minima(source, destination), minima(destination, source))


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything a flow's result is made of."""

    lines: _ByFlow
    clocks: Mapping[tuple[str, str], Apart | None]
    agents: Mapping[str, Agent]
    began: Mapping[str, int]
    """host to when it began, by rtmctl's clock"""
    first_ns: int

    def result(self, number: int, flow: Flow) -> FlowResult:
        sent = self.lines[flow.source, "sent", number]
        came = self.lines.get((flow.destination, "received", number))
        echoed = self.lines.get((flow.source, "echoed", number)) or {"intended": None, "network": None}
        count, errors = int(sent["count"]), sum(sent["errors"].values())
        windows = self.windows(flow, count, came)
        rtt, rtt_network = latency(echoed["intended"]), latency(echoed["network"])
        if came is None:
            return FlowResult(flow, count, errors, 0, 0, 0, windows, None, None, rtt, rtt_network)
        clocks = self.clocks[flow.source, flow.destination]

        def one_way(kind: str) -> Latency | None:
            if clocks is None:
                return None
            return latency(came[kind], offset_ms=clocks.offset_ms, clock_error_ms=clocks.error_ms)

        return FlowResult(
            flow,
            count,
            errors,
            int(came["count"]),
            int(came["duplicates"]),
            int(came["reordered"]),
            windows,
            one_way("intended"),
            one_way("network"),
            rtt,
            rtt_network,
        )

    def windows(self, flow: Flow, count: int, came: Line | None) -> tuple[LossWindow, ...]:
        step = flow.interval_ms
        begins_ms = (self.began[flow.source] - self.first_ns) / 1e6

        def window(a: int, b: int, until_ms: float | None) -> LossWindow:
            return LossWindow(begins_ms + a * step, (b - a + 1) * step, b - a + 1, until_ms)

        if came is None:
            return (window(0, count - 1, None),) if count else ()
        receiver_ns = self.first_ns + round(self.agents[flow.destination].clock_offset_ms * 1e6)
        found = [window(int(a), int(b), (int(until) - receiver_ns) / 1e6) for a, b, until in came["gaps"]]
        if int(came["highest"]) < count - 1:
            found.append(window(int(came["highest"]) + 1, count - 1, None))
        return tuple(found)
