"""What a verdict claims: each bound was put to a flow, and what passed was measured and within it."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.drill.types import FlowClass, Measured, Verdict
from rtmctl.drill.verdict import Evidence, judge
from rtmctl.probe.types import Flow, FlowResult, LossWindow

LOCAL, REMOTE, SPARED = FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.SPARED
PASSED, REFUTED, INCONCLUSIVE = Verdict.PASSED, Verdict.REFUTED, Verdict.INCONCLUSIVE
LIMITS = {LOCAL: 5.0, REMOTE: 150.0, SPARED: 0.0}
INJECTED_MS = 1000.0


def flow(kind: FlowClass, lost_ms: int, *, carried: bool = True) -> Measured:
    windows = (LossWindow(INJECTED_MS, lost_ms, lost_ms),) if lost_ms else ()
    sent = Flow(f"{kind.value}-{lost_ms}", "a", "b", ip_address("10.0.0.1"), ip_address("10.0.0.2"))
    return Measured(FlowResult(sent, 4000, 0, 4000 - lost_ms, 0, 0, windows, None), kind, LIMITS[kind], carried)


def evidence(*flows: Measured, claimed: frozenset[FlowClass] = frozenset({LOCAL, REMOTE})) -> Evidence:
    return Evidence(flows, len(flows), (), INJECTED_MS, control=False, deviations=(), claimed=claimed)


GOOD = (flow(LOCAL, 2), flow(REMOTE, 124), flow(SPARED, 0))
IDLE = tuple(replace(one, carried=False) for one in GOOD)
CASES = {
    "both classes were met": (evidence(*GOOD), PASSED, ""),
    "at the bound is within it": (evidence(flow(LOCAL, 5), *GOOD[1:]), PASSED, ""),
    "a bound that no flow was put to": (evidence(GOOD[0], *IDLE[1:]), INCONCLUSIVE, "the fault touched no remote flow"),
    "a class without a bound needs none": (evidence(GOOD[0], GOOD[2], claimed=frozenset({LOCAL})), PASSED, ""),
    "an idle link is told once": (evidence(*IDLE), INCONCLUSIVE, "the fault touched no flow"),
    "the worst is named, the others are counted": (
        evidence(flow(LOCAL, 6), flow(LOCAL, 7), *GOOD),
        *(REFUTED, "2 local flows over the limit of 5 ms: local-7 lost 7 ms"),
    ),
}


@pytest.mark.parametrize(("found", "verdict", "reason"), CASES.values(), ids=CASES)
def test_claims(found: Evidence, verdict: Verdict, reason: str) -> None:
    judged, reasons = judge(found)
    assert (judged, len(reasons)) == (verdict, 1 if reason else 0)
    assert not reason or reasons[0].startswith(reason)


def test_noise_names_the_worst_flows_and_counts_the_others() -> None:
    noisy = evidence(*(flow(LOCAL, lost) for lost in (1, 6, 3, 5, 2, 4)))
    _, reasons = judge(replace(noisy, control=True))
    assert reasons[0].endswith(": local-6 6 ms, local-5 5 ms, local-4 4 ms, local-3 3 ms and 2 more")


@given(st.lists(st.tuples(st.sampled_from([LOCAL, REMOTE, SPARED]), st.integers(0, 300), st.booleans()), max_size=6))
def test_what_passes_was_measured_and_within_its_bounds(flows: list[tuple[FlowClass, int, bool]]) -> None:
    made = (flow(kind, lost, carried=carried) for kind, lost, carried in flows)
    if judge(evidence(*made))[0] is PASSED:
        assert {kind for kind, _, carried in flows if carried} >= {LOCAL, REMOTE}
        assert all(lost <= LIMITS[kind] for kind, lost, _ in flows)
