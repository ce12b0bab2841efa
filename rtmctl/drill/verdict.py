"""From what was measured to a verdict, with the reasons. Pure.

A measurement that cannot vouch for itself is inconclusive before anything else is asked of it; silence is no success.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rtmctl.base import Exit
from rtmctl.drill.types import Bound, FlowClass, Hypothesis, Measured, Run, Verdict
from rtmctl.probe.types import LossWindow

__all__ = ["Evidence", "exit_of", "judge", "limit_ms", "worst_of"]

_NAMED = 4
"""flows that one reason names"""
_ORDER = (Verdict.PASSED, Verdict.INCONCLUSIVE, Verdict.REFUTED, Verdict.ABORTED)
_EXITS = {
    Verdict.PASSED: Exit.DONE,
    Verdict.REFUTED: Exit.REFUTED,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Verdict.ABORTED: Exit.ABORTED,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one run."""

    flows: tuple[Measured, ...]
    planned: int
    """flows that were to be measured"""
    doubts: tuple[str, ...]
    """of probes and recorders, each a reason not to believe the figures"""
    injected_ms: float | None
    """since the first packet; None: no fault was made"""
    control: bool
    deviations: tuple[str, ...]
    """from the steady state, at the end"""
    aborted: str = ""
    """why the fault was taken back before its time"""
    blind: bool = False
    """it was because telemetry was lost"""
    claimed: frozenset[FlowClass] = frozenset()
    """classes of which the plan has a bound: of each at least one flow must have been where the fault was"""


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict on one run, and why it is not `passed`."""
    doubts = tuple(_doubts(evidence))
    broken = () if evidence.control else tuple(_refutations(evidence))
    unsteady = tuple(f"not back at the steady state: {text}" for text in evidence.deviations)
    reasons = (*((evidence.aborted,) if evidence.aborted else ()), *doubts, *broken, *unsteady)
    if evidence.aborted and not evidence.blind:
        return Verdict.ABORTED, reasons
    if doubts or evidence.blind:
        return Verdict.INCONCLUSIVE, reasons
    return (Verdict.REFUTED if broken or unsteady else Verdict.PASSED), reasons


def limit_ms(kind: FlowClass, stated: Hypothesis, bounds: Mapping[FlowClass, Bound]) -> float | None:
    """The longest loss that the hypothesis allows a flow of this class; None: nothing is claimed of it."""
    match kind:
        case FlowClass.SPARED:
            return stated.spared_ms
        case FlowClass.STRANDED:
            return None if stated.stranded else 0.0
        case FlowClass.LOCAL:
            own = stated.local_ms
        case FlowClass.REMOTE:
            own = stated.remote_ms
    if own is not None:
        return own
    return bounds[kind].limit_ms if kind in bounds else None


def worst_of(runs: Iterable[Run]) -> Verdict:
    """Of all runs; a refutation outranks a run of which nothing is known, and none at all is inconclusive."""
    return max((run.verdict for run in runs), key=_ORDER.index, default=Verdict.INCONCLUSIVE)


def exit_of(verdict: Verdict, *, restored: bool, aborted: bool = False, interrupted: bool = False) -> Exit:
    """`interrupted`: by Ctrl-C."""
    if not restored:
        return Exit.STATE_UNKNOWN
    if interrupted:
        return Exit.INTERRUPTED
    return Exit.ABORTED if aborted else _EXITS[verdict]


def lost_before(flow: Measured, injected_ms: float) -> tuple[LossWindow, ...]:
    """What was lost ahead of the fault: of the network or the probe, not of the drill."""
    return tuple(window for window in flow.result.windows if window.start_ms + window.length_ms < injected_ms)


def _doubts(evidence: Evidence) -> Iterator[str]:
    yield from evidence.doubts
    if len(evidence.flows) < evidence.planned:
        yield f"{evidence.planned - len(evidence.flows)} of {evidence.planned} flows were not measured"
    if evidence.control:
        if noisy := [flow for flow in evidence.flows if flow.result.lost]:
            yield f"packets were lost without any fault: {_worst(noisy)}"
        return
    if evidence.injected_ms is None:
        if not evidence.aborted:
            yield "no fault was made"
        return
    early = [flow for flow in evidence.flows if lost_before(flow, evidence.injected_ms)]
    if early:
        yield f"packets were lost before the fault: {_worst(early)}"
    met = [flow for flow in evidence.flows if flow.kind is not FlowClass.SPARED]
    if not any(flow.carried for flow in met):
        yield "the fault touched no flow: no counter shows that one went where it was broken"
        return
    for kind in FlowClass:
        if kind in evidence.claimed and not any(flow.carried and flow.kind is kind for flow in met):
            yield f"the fault touched no {kind.value} flow: more 5-tuples (load.per_pair) make it likely that it does"


def _refutations(evidence: Evidence) -> Iterator[str]:
    """One a class, the worst flow named."""
    for kind in FlowClass:
        over = [
            f for f in evidence.flows if f.kind is kind and f.limit_ms is not None and f.result.worst_ms > f.limit_ms
        ]
        if over:
            worst = max(over, key=lambda flow: flow.result.worst_ms)
            many = f"{len(over)} {kind.value} flows" if len(over) > 1 else f"{kind.value} flow"
            yield (
                f"{many} over the limit of {worst.limit_ms:g} ms: {worst.result.flow.name} lost "
                f"{worst.result.worst_ms:g} ms"
            )


def _worst(flows: Sequence[Measured]) -> str:
    ordered = sorted(flows, key=lambda flow: -flow.result.worst_ms)
    named = ", ".join(f"{flow.result.flow.name} {flow.result.worst_ms:g} ms" for flow in ordered[:_NAMED])
    more = len(ordered) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
