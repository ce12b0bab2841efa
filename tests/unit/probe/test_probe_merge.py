"""What the agents' lines add up to, and when they are not believed."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from rtmctl.probe import Flow, ProbeResult, ProbeSpec, Verdict
from rtmctl.probe.merge import Told, merge

A, B = ip_address("10.0.0.1"), ip_address("10.0.0.2")
THERE = Flow("there", "a", "b", A, B, rate_pps=1000)
BACK = Flow("back", "b", "a", B, A, rate_pps=1000)
SPEC = ProbeSpec((THERE, BACK), duration_s=1)
BEGAN = 1_000_000_000_000
Line = Mapping[str, Any]


def times(*values: tuple[float, int]) -> Line:
    return {"min": values[0][0], "max": values[-1][0], "values": values}


def own(**changed: Any) -> Line:
    good = {
        "type": "self",
        "began_ns": BEGAN,
        "lasted_s": 1.0,
        "worst_late_ms": 0.4,
        "late": times((100, 999), (400, 1)),
        "stall_count": 0,
        "stalls": [],
        "clock_step_ms": 0.0,
        "overflow": 0,
        "realtime": True,
        "locked": True,
    }
    return good | changed


def sent(flow: int, count: int = 1000, **errors: int) -> Line:
    return {"type": "sent", "flow": flow, "count": count, "errors": errors, "stamped": count}


def received(flow: int, fastest_us: float = 50.0, **changed: Any) -> Line:
    good = {
        "type": "received",
        "flow": flow,
        "count": 1000,
        "duplicates": 0,
        "reordered": 0,
        "highest": 999,
        "gaps": [],
        "gaps_cut": 0,
        "intended": times((fastest_us, 990), (fastest_us + 850, 10)),
        "network": times((fastest_us, 1000)),
        "minima": [[BEGAN, fastest_us]],
    }
    return good | changed


def ready(boot: str = "one") -> Line:
    return {"type": "ready", "boot": boot}


def lines(a: Line | None = None, there: Line | None = None) -> dict[str, list[Line]]:
    """Two good agents, with the own line of `a` or what `b` received replaced."""
    return {
        "a": [ready(), a or own(), sent(0), received(1, 80.0)],
        "b": [ready(), own(), sent(1), there or received(0)],
    }


def merged(found: Mapping[str, list[Line]], failures: Mapping[str, str] | None = None) -> ProbeResult:
    return merge(SPEC, {host: Told(said) for host, said in found.items()}, failures or {}, "one")


def test_clean() -> None:
    result = merged(lines())
    assert (result.verdict, result.lost, result.worst_ms, result.doubts) == (Verdict.CLEAN, 0, 0.0, ())
    latency, network = result.flows[0].latency, result.flows[0].network
    assert latency is not None and network is not None
    assert (latency.min_ms, latency.max_ms, latency.count) == (0.05, 0.9, 1000)
    assert latency.p50_ms == pytest.approx(0.05, rel=0.02)
    assert latency.p999_ms == pytest.approx(0.9, rel=0.02)
    assert network.max_ms == 0.05, "what the sender was late is not the network's"
    assert latency.buckets == ((0.05, 990), (0.9, 10))
    assert (result.resolution_ms, result.began_ns) == (1.0, BEGAN)


LOSSES = {
    "a hole": ({"gaps": [[100, 221, BEGAN + 222_400_000]], "count": 878}, [(100.0, 122.0, 122, 222.4)]),
    "two holes": (
        {"gaps": [[5, 5, BEGAN + 6_000_000], [10, 19, BEGAN + 20_000_000]], "count": 989},
        [(5.0, 1.0, 1, 6.0), (10.0, 10.0, 10, 20.0)],
    ),
    "the tail": ({"highest": 899, "count": 900}, [(900.0, 100.0, 100, None)]),
}


@pytest.mark.parametrize(("changed", "windows"), LOSSES.values(), ids=LOSSES)
def test_losses_are_windows_in_time(changed: dict[str, Any], windows: list[tuple[float, float, int, float]]) -> None:
    result = merged(lines(there=received(0, **changed)))
    assert [(w.start_ms, w.length_ms, w.packets, w.until_ms) for w in result.flows[0].windows] == windows
    assert result.verdict is Verdict.LOSS
    assert result.lost == sum(w[2] for w in windows)
    assert result.worst_ms == max(w[1] for w in windows)
    assert result.worst is result.flows[0]


def test_windows_of_all_flows_are_on_one_scale() -> None:
    """The second host began 40 ms later: its packet 10 was due 50 ms after the first of all."""
    found = lines()
    found["b"][1] = own(began_ns=BEGAN + 40_000_000)
    found["a"][3] = received(1, 80.0, gaps=[[10, 19, BEGAN + 61_000_000]], count=990)
    window = merged(found).flows[1].windows[0]
    assert (window.start_ms, window.until_ms) == (50.0, 61.0)


def test_a_flow_of_which_nothing_arrived_is_lost_whole() -> None:
    found = lines()
    found["b"] = found["b"][:3]
    result = merged(found)
    assert (result.flows[0].lost, result.worst_ms, result.flows[0].latency) == (1000, 1000.0, None)
    assert result.verdict is Verdict.LOSS


def test_what_the_host_refused_to_send_counts_as_lost() -> None:
    found = lines(there=received(0, gaps=[[1, 50, BEGAN]], count=950))
    found["a"][2] = sent(0, 1000, **{"Network is unreachable": 50})
    flow = merged(found).flows[0]
    assert (flow.send_errors, flow.lost) == (50, 50)


DOUBTS = {
    "stall": (own(stall_count=3, stalls=[[300.0, 45.0]], worst_late_ms=45.0), "stalled 3 times, at worst 45 ms"),
    "clock step": (own(clock_step_ms=30.0), "stepped"),
    "overflow": (own(overflow=3), "overflowed"),
    "rate": (own(lasted_s=1.2), "flows sent below their rate: 1, the slowest at 83% of it (there)"),
}


@pytest.mark.parametrize(("bad", "words"), DOUBTS.values(), ids=DOUBTS)
def test_a_probe_that_cannot_vouch_for_itself_is_inconclusive(bad: Line, words: str) -> None:
    result = merged(lines(a=bad))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [d for d in result.doubts if d.startswith("a: ") and words in d]


def test_a_flow_that_was_not_sent_at_all_is_not_called_clean() -> None:
    found = lines()
    found["a"][1:3] = [own(lasted_s=0.0), sent(0, 0)]
    assert merged(found).verdict is Verdict.INCONCLUSIVE


def test_more_windows_than_were_kept_are_a_doubt() -> None:
    result = merged(lines(there=received(0, gaps_cut=7)))
    assert [d for d in result.doubts if "there has 7 more loss windows" in d]


def test_a_missing_agent_is_inconclusive_and_its_flows_are_not_called_lost() -> None:
    found = lines()
    del found["b"]
    result = merged(found, {"b": "no answer within 9 s"})
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.doubts == ("b: no answer within 9 s",)
    assert result.flows == ()


def test_a_host_that_was_to_vanish_is_no_doubt_and_its_flows_are_left_out() -> None:
    found = lines()
    del found["b"]
    spec = replace(SPEC, flows=(*SPEC.flows, Flow("own", "a", "a", A, A)), may_vanish=frozenset({"a", "b"}))
    found["a"] += [sent(2), received(2)]
    result = merge(spec, {"a": Told(found["a"])}, {"b": "the agent ended with -9"}, "one")
    assert (result.verdict, result.doubts, result.vanished) == (Verdict.CLEAN, (), ("b",))
    assert [f.flow.name for f in result.flows] == ["own"]


def test_the_worst_lateness_is_the_resolution() -> None:
    assert merged(lines(a=own(worst_late_ms=7.5))).resolution_ms == 7.5


def on_machines_of_their_own(b_ahead_us: float, *, drift_us: float = 0.0) -> dict[str, Told]:
    """Each way takes 50 µs; the clock of `b` is ahead, and further so in the second half."""
    there = received(0, 50 + b_ahead_us, minima=[[BEGAN, 50 + b_ahead_us], [BEGAN + 1, 50 + b_ahead_us + drift_us]])
    back = received(1, 50 - b_ahead_us, minima=[[BEGAN, 50 - b_ahead_us], [BEGAN + 1, 50 - b_ahead_us - drift_us]])
    return {
        "a": Told([ready("a"), own(), sent(0), back], 0, 300_000),
        "b": Told([ready("b"), own(), sent(1), there], round(b_ahead_us * 1000), 300_000),
    }


CLOCKS = {"kept": 20.0, "ahead by seconds": 4_000_000.0, "behind by seconds": -4_000_000.0}


@pytest.mark.parametrize("ahead_us", CLOCKS.values(), ids=CLOCKS)
def test_clocks_that_differ_are_taken_out_and_what_is_left_is_said(ahead_us: float) -> None:
    result = merge(SPEC, on_machines_of_their_own(ahead_us), {}, "c")
    for flow in result.flows:
        assert flow.latency is not None
        assert flow.latency.clock_error_ms == pytest.approx(0.05)
        assert abs(flow.latency.min_ms - 0.05) <= flow.latency.clock_error_ms + 1e-6
    assert result.clock_error_ms == 0.3


def test_a_clock_that_drifts_widens_the_error() -> None:
    result = merge(SPEC, on_machines_of_their_own(0.0, drift_us=400.0), {}, "c")
    latency = result.flows[0].latency
    assert latency is not None
    assert latency.clock_error_ms == pytest.approx(0.25)


def test_one_way_is_not_offered_when_nothing_came_back() -> None:
    told = on_machines_of_their_own(20.0)
    told["a"] = Told([line for line in told["a"].lines if line["type"] != "received"], 0, 300_000)
    flow = merge(SPEC, told, {}, "c").flows[0]
    assert (flow.lost, flow.latency, flow.network) == (0, None, None)


def test_round_trips_need_no_second_clock() -> None:
    told = on_machines_of_their_own(4_000_000.0)
    echoed = {"type": "echoed", "flow": 0, "count": 9, "intended": times((90, 9)), "network": times((80, 9))}
    told["a"] = Told([*told["a"].lines, echoed])
    flow = merge(SPEC, told, {}, "c").flows[0]
    assert flow.rtt is not None and flow.rtt_network is not None
    assert (flow.rtt.count, flow.rtt.p50_ms, flow.rtt.clock_error_ms) == (9, 0.09, None)
    assert flow.rtt_network.max_ms == 0.08
