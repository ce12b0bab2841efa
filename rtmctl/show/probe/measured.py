"""A probe's result with what it was asked for."""

from dataclasses import dataclass
from enum import StrEnum

from rtmctl.base import Exit
from rtmctl.probe import FlowResult, ProbeResult, ProbeSpec, Verdict

_EXITS = {Verdict.CLEAN: Exit.DONE, Verdict.LOSS: Exit.FAILED, Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE}


class What(StrEnum):
    LOSS = "loss"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Measured:
    what: What
    place: str
    """where: a site's or a lab's name"""
    spec: ProbeSpec
    result: ProbeResult
    left_out: tuple[str, ...]
    """pairs and hosts that were not measured and need not be"""

    @property
    def exit(self) -> Exit:
        return _EXITS[self.result.verdict]

    def ports(self, flow: FlowResult) -> tuple[int, int]:
        """UDP source and destination port."""
        return self.spec.port + 1 + self.spec.flows.index(flow.flow), self.spec.port

    def tuple_of(self, flow: FlowResult) -> str:
        """As tcpdump writes it, for a filter or a search in a capture."""
        source, destination = self.ports(flow)
        one = flow.flow
        return f"{one.source_address}.{source} > {one.destination_address}.{destination}"
