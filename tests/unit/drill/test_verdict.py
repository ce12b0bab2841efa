"""From evidence to a verdict: what cannot vouch for itself is inconclusive before anything else is asked of it."""

from dataclasses import replace

import pytest
from drill_examples import silent_link

from rtmctl.base import Exit
from rtmctl.drill.types import Bound, FlowClass, Hypothesis, Measured, Verdict
from rtmctl.drill.verdict import Evidence, exit_of, judge, limit_ms, worst_of
from rtmctl.probe.types import LossWindow

RUN = next(run for run in silent_link().runs if not run.control)
GOOD = Evidence(
    flows=RUN.flows, planned=len(RUN.flows), doubts=(), injected_ms=RUN.injected_ms, control=False, deviations=()
)
assert RUN.injected_ms is not None


def losing(kind: FlowClass, at_ms: float, lost_ms: float) -> Evidence:
    """One flow of the class has lost that much, that long after the first packet."""

    def with_loss(flow: Measured) -> Measured:
        window = LossWindow(at_ms, lost_ms, int(lost_ms))
        received = flow.result.sent - int(lost_ms)
        return replace(flow, result=replace(flow.result, windows=(window,), received=received))

    index = next(number for number, flow in enumerate(RUN.flows) if flow.kind is kind)
    flows = (*RUN.flows[:index], with_loss(RUN.flows[index]), *RUN.flows[index + 1 :])
    return replace(GOOD, flows=flows)


AFTER = RUN.injected_ms + 10
CASES = {
    "as expected": (GOOD, Verdict.PASSED, ""),
    "local over its limit": (losing(FlowClass.LOCAL, AFTER, 5000), Verdict.REFUTED, "local flow over the limit"),
    "remote over its limit": (losing(FlowClass.REMOTE, AFTER, 5000), Verdict.REFUTED, "remote flow over the limit"),
    "a spared flow lost": (losing(FlowClass.SPARED, AFTER, 5), Verdict.REFUTED, "spared flow over the limit of 0 ms"),
    "lost before the fault": (losing(FlowClass.LOCAL, 100, 5), Verdict.INCONCLUSIVE, "before the fault"),
    "a stalled probe": (replace(GOOD, doubts=("h1: stalled",)), Verdict.INCONCLUSIVE, "stalled"),
    "a stalled probe and a loss": (
        replace(losing(FlowClass.LOCAL, AFTER, 5000), doubts=("h1: stalled",)),
        Verdict.INCONCLUSIVE,
        "stalled",
    ),
    "a flow not measured": (replace(GOOD, planned=len(RUN.flows) + 1), Verdict.INCONCLUSIVE, "not measured"),
    "no flow met it": (
        replace(GOOD, flows=tuple(replace(flow, carried=False) for flow in RUN.flows)),
        Verdict.INCONCLUSIVE,
        "touched no flow",
    ),
    "spared flows alone were carried": (
        replace(GOOD, flows=tuple(replace(flow, kind=FlowClass.SPARED, limit_ms=None) for flow in RUN.flows)),
        Verdict.INCONCLUSIVE,
        "touched no flow",
    ),
    "no fault was made": (replace(GOOD, injected_ms=None), Verdict.INCONCLUSIVE, "no fault was made"),
    "not back at the steady state": (replace(GOOD, deviations=("leaf1: down",)), Verdict.REFUTED, "steady state"),
    "ended early": (replace(GOOD, aborted="a spared flow is silent"), Verdict.ABORTED, "silent"),
    "telemetry lost": (replace(GOOD, aborted="nothing heard", blind=True), Verdict.INCONCLUSIVE, "nothing heard"),
    "a control with loss": (
        replace(losing(FlowClass.LOCAL, AFTER, 5), control=True, injected_ms=None),
        Verdict.INCONCLUSIVE,
        "without any fault",
    ),
}


@pytest.mark.parametrize(("evidence", "verdict", "reason"), CASES.values(), ids=CASES)
def test_a_verdict_and_its_reason(evidence: Evidence, verdict: Verdict, reason: str) -> None:
    found, reasons = judge(evidence)
    assert found is verdict
    assert any(reason in text for text in reasons) if reason else reasons == ()


BOUNDS = {FlowClass.LOCAL: Bound(FlowClass.LOCAL, 330, (), ""), FlowClass.REMOTE: Bound(FlowClass.REMOTE, 450, (), "")}


@pytest.mark.parametrize(
    ("kind", "stated", "limit"),
    [
        (FlowClass.LOCAL, Hypothesis(), 330),
        (FlowClass.LOCAL, Hypothesis(local_ms=0), 0),
        (FlowClass.REMOTE, Hypothesis(local_ms=0), 450),
        (FlowClass.SPARED, Hypothesis(spared_ms=2), 2),
        (FlowClass.STRANDED, Hypothesis(), 0),
        (FlowClass.STRANDED, Hypothesis(stranded=True), None),
    ],
)
def test_what_is_stated_outranks_what_is_derived(kind: FlowClass, stated: Hypothesis, limit: float | None) -> None:
    assert limit_ms(kind, stated, BOUNDS) == limit


def test_nothing_is_claimed_where_nothing_is_derived() -> None:
    assert limit_ms(FlowClass.LOCAL, Hypothesis(), {}) is None


@pytest.mark.parametrize(
    ("verdict", "said", "code"),
    [
        (Verdict.PASSED, {"restored": True}, Exit.DONE),
        (Verdict.REFUTED, {"restored": True}, Exit.REFUTED),
        (Verdict.INCONCLUSIVE, {"restored": True}, Exit.INCONCLUSIVE),
        (Verdict.INCONCLUSIVE, {"restored": True, "aborted": True}, Exit.ABORTED),
        (Verdict.ABORTED, {"restored": True, "interrupted": True}, Exit.INTERRUPTED),
        (Verdict.PASSED, {"restored": False, "interrupted": True}, Exit.STATE_UNKNOWN),
    ],
)
def test_what_is_not_restored_outranks_all(verdict: Verdict, said: dict[str, bool], code: Exit) -> None:
    assert exit_of(verdict, **said) is code


def test_a_refutation_stands_beside_a_run_of_which_nothing_is_known() -> None:
    runs = [replace(RUN, verdict=verdict) for verdict in (Verdict.PASSED, Verdict.REFUTED, Verdict.INCONCLUSIVE)]
    assert worst_of(runs) is Verdict.REFUTED
    assert worst_of(()) is Verdict.INCONCLUSIVE
