"""From measured flows to a verdict: a broken measurement is never a pass, and a reason says which it was."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.base import Exit
from rtmctl.drill.bounds import bound_of
from rtmctl.drill.timers import Part
from rtmctl.drill.types import FlowClass, Hypothesis, Measured, Run, Verdict
from rtmctl.drill.verdict import Evidence, exit_of, judge, limit_ms, worst_of
from rtmctl.probe.types import Flow, FlowResult, LossWindow

LOCAL, REMOTE, STRANDED, SPARED = FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.STRANDED, FlowClass.SPARED
PASSED, REFUTED, INCONCLUSIVE, ABORTED = Verdict.PASSED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.ABORTED
INJECTED_MS = 1000.0


def flow(
    kind: FlowClass, lost_ms: float, limit: float | None, *, carried: bool = True, at_ms: float = INJECTED_MS
) -> Measured:
    name = f"{kind.value}-{lost_ms:g}"
    windows = (LossWindow(at_ms, lost_ms, int(lost_ms)),) if lost_ms else ()
    sent = Flow(name, "a", "b", ip_address("10.0.0.1"), ip_address("10.0.0.2"))
    return Measured(FlowResult(sent, 4000, 0, 4000 - int(lost_ms), 0, 0, windows, None), kind, limit, carried)


GOOD = (flow(LOCAL, 2, 5), flow(REMOTE, 124, 150), flow(SPARED, 0, 0))
WHOLE = Evidence(GOOD, 3, (), INJECTED_MS, control=False, deviations=(), claimed=frozenset({LOCAL, REMOTE}))
OFF = tuple(replace(f, carried=False) for f in GOOD)

CASES = {
    "within the bounds": (WHOLE, PASSED, ""),
    "at the bound is within it": (replace(WHOLE, flows=(flow(LOCAL, 5, 5), *GOOD[1:])), PASSED, ""),
    "beyond it": (
        replace(WHOLE, flows=(flow(REMOTE, 151, 150), *GOOD)),
        *(REFUTED, "remote flow over the limit of 150 ms: remote-151 lost 151 ms"),
    ),
    "a flow that should be spared": (
        replace(WHOLE, flows=(*GOOD, flow(SPARED, 1, 0))),
        *(REFUTED, "spared flow over the limit of 0 ms"),
    ),
    "nothing is claimed of it": (replace(WHOLE, flows=(*GOOD, flow(STRANDED, 2000, None))), PASSED, ""),
    "the probe stalled": (replace(WHOLE, doubts=("a: stalled for 40 ms",)), INCONCLUSIVE, "a: stalled"),
    "a doubt outranks a refutation": (
        replace(WHOLE, flows=(flow(REMOTE, 151, 150), *GOOD), doubts=("a: stalled for 40 ms",)),
        *(INCONCLUSIVE, "a: stalled"),
    ),
    "a flow was not measured": (replace(WHOLE, planned=4), INCONCLUSIVE, "1 of 4 flows were not measured"),
    "an idle link": (replace(WHOLE, flows=OFF), INCONCLUSIVE, "the fault touched no flow"),
    "spared flows alone carry nothing": (
        replace(WHOLE, flows=(*OFF[:2], GOOD[2])),
        *(INCONCLUSIVE, "the fault touched no flow"),
    ),
    "a bound that no flow was put to": (
        replace(WHOLE, flows=(GOOD[0], OFF[1], GOOD[2])),
        *(INCONCLUSIVE, "the fault touched no remote flow"),
    ),
    "a class without a bound needs none": (
        replace(WHOLE, flows=(GOOD[0], GOOD[2]), planned=2, claimed=frozenset({LOCAL})),
        *(PASSED, ""),
    ),
    "no fault was made": (replace(WHOLE, injected_ms=None), INCONCLUSIVE, "no fault was made"),
    "lost before the fault": (
        replace(WHOLE, flows=(*GOOD, flow(LOCAL, 3, 5, at_ms=100))),
        *(INCONCLUSIVE, "packets were lost before the fault: local-3 3 ms"),
    ),
    "not back at the steady state": (replace(WHOLE, deviations=("bgp",)), REFUTED, "not back at the steady state: bgp"),
    "aborted": (replace(WHOLE, aborted="a spared flow is silent"), ABORTED, "a spared flow is silent"),
    "aborted outranks doubts": (replace(WHOLE, aborted="an SLO", doubts=("stalled",)), ABORTED, "an SLO"),
    "aborted because telemetry was lost": (
        replace(WHOLE, aborted="a is not heard", blind=True),
        *(INCONCLUSIVE, "a is not heard"),
    ),
    "aborted before the fault": (replace(WHOLE, aborted="stopped", injected_ms=None), ABORTED, "stopped"),
    "a quiet control run": (replace(WHOLE, control=True, injected_ms=None, flows=(GOOD[2],), planned=1), PASSED, ""),
    "a control run needs no flow where a fault would be": (
        replace(WHOLE, control=True, injected_ms=None, flows=(replace(GOOD[2], carried=False),), planned=1),
        *(PASSED, ""),
    ),
    "noise": (
        replace(WHOLE, control=True, injected_ms=None),
        *(INCONCLUSIVE, "packets were lost without any fault: remote-124 124 ms, local-2 2 ms"),
    ),
}


@pytest.mark.parametrize(("evidence", "verdict", "reason"), CASES.values(), ids=CASES)
def test_verdict(evidence: Evidence, verdict: Verdict, reason: str) -> None:
    found, reasons = judge(evidence)
    assert found is verdict
    assert (reasons == ()) if verdict is PASSED else reasons[0].startswith(reason)


def test_the_worst_flows_are_named_and_the_others_counted() -> None:
    noisy = tuple(flow(LOCAL, lost, 5) for lost in (1, 6, 3, 5, 2, 4))
    quiet = replace(WHOLE, control=True, flows=noisy[:4], planned=4)
    assert judge(replace(quiet, flows=noisy, planned=6))[1][0].endswith(
        ": local-6 6 ms, local-5 5 ms, local-4 4 ms, local-3 3 ms and 2 more"
    )
    assert judge(quiet)[1][0].endswith("local-1 1 ms")
    over = replace(WHOLE, flows=(flow(LOCAL, 6, 5), flow(LOCAL, 7, 5), *GOOD), planned=5)
    assert judge(over)[1] == ("2 local flows over the limit of 5 ms: local-7 lost 7 ms",)


@given(st.lists(st.tuples(st.sampled_from([LOCAL, REMOTE, SPARED]), st.integers(0, 300), st.booleans()), max_size=6))
def test_what_passes_was_measured_and_within_its_bounds(flows: list[tuple[FlowClass, int, bool]]) -> None:
    limits = {LOCAL: 5.0, REMOTE: 150.0, SPARED: 0.0}
    made = tuple(flow(kind, lost, limits[kind], carried=carried) for kind, lost, carried in flows)
    if judge(replace(WHOLE, flows=made, planned=len(made)))[0] is PASSED:
        assert {kind for kind, _, carried in flows if carried} >= {LOCAL, REMOTE}
        assert all(lost <= limits[kind] for kind, lost, _ in flows)


BOUNDS = {REMOTE: bound_of(REMOTE, (Part("two queues", 150.0),))}
LIMITS = {
    "derived": (REMOTE, Hypothesis(), 150.0),
    "stated, which outranks it": (REMOTE, Hypothesis(remote_ms=90), 90.0),
    "neither": (LOCAL, Hypothesis(), None),
    "stated without a bound": (LOCAL, Hypothesis(local_ms=5), 5.0),
    "spared": (SPARED, Hypothesis(), 0.0),
    "spared, stated": (SPARED, Hypothesis(spared_ms=3), 3.0),
    "stranded against the hypothesis": (STRANDED, Hypothesis(), 0.0),
    "stranded as foreseen": (STRANDED, Hypothesis(stranded=True), None),
}


@pytest.mark.parametrize(("kind", "stated", "expected"), LIMITS.values(), ids=LIMITS)
def test_limits(kind: FlowClass, stated: Hypothesis, expected: float | None) -> None:
    assert limit_ms(kind, stated, BOUNDS) == expected


def run(verdict: Verdict) -> Run:
    return Run(1, False, 0, 1.0, 2.0, (), (), (), verdict, (), 1.0, True)


WORST = {
    "none": ((), INCONCLUSIVE),
    "all passed": ((PASSED, PASSED), PASSED),
    "one is not known": ((PASSED, INCONCLUSIVE), INCONCLUSIVE),
    "one is refuted, which is known": ((INCONCLUSIVE, REFUTED, PASSED), REFUTED),
    "one was aborted": ((REFUTED, ABORTED, PASSED), ABORTED),
}


@pytest.mark.parametrize(("verdicts", "expected"), WORST.values(), ids=WORST)
def test_worst_of_the_runs(verdicts: tuple[Verdict, ...], expected: Verdict) -> None:
    assert worst_of(map(run, verdicts)) is expected


@pytest.mark.parametrize("verdict", Verdict)
def test_what_is_not_restored_outranks_all(verdict: Verdict) -> None:
    assert exit_of(verdict, restored=False, aborted=True, interrupted=True) is Exit.STATE_UNKNOWN


EXITS = {PASSED: Exit.DONE, REFUTED: Exit.REFUTED, INCONCLUSIVE: Exit.INCONCLUSIVE, ABORTED: Exit.ABORTED}


@pytest.mark.parametrize(("verdict", "code"), EXITS.items())
def test_exit_codes(verdict: Verdict, code: Exit) -> None:
    assert exit_of(verdict, restored=True) is code
    assert exit_of(verdict, restored=True, interrupted=True) is Exit.INTERRUPTED
