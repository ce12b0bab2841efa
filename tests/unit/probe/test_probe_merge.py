"""What the agents' lines add up to, and when they are not believed."""

from ipaddress import ip_address
from typing import Any

import pytest

from rtmctl.probe import Flow, ProbeSpec, Verdict
from rtmctl.probe.merge import merge

A, B = ip_address("10.0.0.1"), ip_address("10.0.0.2")
THERE = Flow("there", "a", "b", A, B, rate_pps=1000)
BACK = Flow("back", "b", "a", B, A, rate_pps=1000)
SPEC = ProbeSpec((THERE, BACK), duration_s=1)


def own(**changed: Any) -> dict[str, Any]:
    good = {
        "type": "self",
        "began_ns": 7,
        "ready_late_ms": -900.0,
        "lasted_s": 1.0,
        "worst_late_ms": 0.4,
        "stalls": [],
        "clock_step_ms": 0.0,
        "overflow": 0,
        "realtime": True,
    }
    return good | changed


def sent(flow: int, count: int = 1000, **errors: int) -> dict[str, Any]:
    return {"type": "sent", "flow": flow, "count": count, "errors": errors}


def received(flow: int, **changed: Any) -> dict[str, Any]:
    good = {
        "type": "received",
        "flow": flow,
        "count": 1000,
        "duplicates": 0,
        "reordered": 0,
        "highest": 999,
        "missing": [],
        "min_us": 50.0,
        "max_us": 900.0,
        "latency_us": [[50, 990], [900, 10]],
    }
    return good | changed


def lines(a: dict[str, Any] | None = None, there: dict[str, Any] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Two good agents, with the own line of `a` or what `b` received replaced."""
    return {
        "a": [a or own(), sent(0), received(1, min_us=80.0)],
        "b": [own(), sent(1), there or received(0)],
    }


def test_clean() -> None:
    result = merge(SPEC, lines(), {})
    assert (result.verdict, result.lost, result.worst_ms, result.doubts) == (Verdict.CLEAN, 0, 0.0, ())
    latency = result.flows[0].latency
    assert latency is not None
    assert (latency.min_ms, latency.max_ms, latency.count) == (0.05, 0.9, 1000)
    assert latency.p50_ms == pytest.approx(0.05, rel=0.02)
    assert latency.p999_ms == pytest.approx(0.9, rel=0.02)
    assert latency.clock_error_ms == 0.08
    assert result.resolution_ms == 1.0


LOSSES = {
    "a hole": ({"missing": [[100, 221]], "count": 878}, [(100.0, 122.0, 122)]),
    "two holes": ({"missing": [[5, 5], [10, 19]], "count": 989}, [(5.0, 1.0, 1), (10.0, 10.0, 10)]),
    "the tail": ({"highest": 899, "count": 900}, [(900.0, 100.0, 100)]),
}


@pytest.mark.parametrize(("changed", "windows"), LOSSES.values(), ids=LOSSES)
def test_losses_are_windows_in_time(changed: dict[str, Any], windows: list[tuple[float, float, int]]) -> None:
    result = merge(SPEC, lines(there=received(0, **changed)), {})
    assert [(w.start_ms, w.length_ms, w.packets) for w in result.flows[0].windows] == windows
    assert result.verdict is Verdict.LOSS
    assert result.lost == sum(w[2] for w in windows)
    assert result.worst_ms == max(w[1] for w in windows)


def test_a_flow_of_which_nothing_arrived_is_lost_whole() -> None:
    found = lines()
    found["b"] = found["b"][:2]
    result = merge(SPEC, found, {})
    assert (result.flows[0].lost, result.worst_ms, result.flows[0].latency) == (1000, 1000.0, None)
    assert result.verdict is Verdict.LOSS


def test_what_the_host_refused_to_send_counts_as_lost() -> None:
    found = lines(there=received(0, missing=[[1, 50]], count=950))
    found["a"][1] = sent(0, 1000, **{"Network is unreachable": 50})
    flow = merge(SPEC, found, {}).flows[0]
    assert (flow.send_errors, flow.lost) == (50, 50)


DOUBTS = {
    "stall": (own(stalls=[[300.0, 45.0]], worst_late_ms=45.0), "stalled"),
    "late start": (own(ready_late_ms=120.0), "lead time"),
    "clock step": (own(clock_step_ms=30.0), "stepped"),
    "overflow": (own(overflow=3), "overflowed"),
    "rate": (own(lasted_s=1.2), "of its rate"),
}


@pytest.mark.parametrize(("bad", "words"), DOUBTS.values(), ids=DOUBTS)
def test_a_probe_that_cannot_vouch_for_itself_is_inconclusive(bad: dict[str, Any], words: str) -> None:
    result = merge(SPEC, lines(a=bad), {})
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [d for d in result.doubts if d.startswith("a: ") and words in d]


def test_a_missing_agent_is_inconclusive_and_its_flows_are_not_called_lost() -> None:
    found = lines()
    del found["b"]
    result = merge(SPEC, found, {"b": "no answer within 9 s"})
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.doubts == ("b: no answer within 9 s",)
    assert result.flows == ()


def test_the_worst_lateness_is_the_resolution() -> None:
    assert merge(SPEC, lines(a=own(worst_late_ms=7.5)), {}).resolution_ms == 7.5
