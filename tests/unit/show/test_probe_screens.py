"""What a probe's result looks like: short for people, whole for programs, failed where packets were lost."""

import json
from dataclasses import replace
from ipaddress import ip_address
from xml.etree import ElementTree

import pytest

from rtmctl.base import Exit
from rtmctl.probe import Agent, Flow, FlowResult, Interim, Latency, LossWindow, ProbeResult, ProbeSpec
from rtmctl.show.output import Output
from rtmctl.show.probe import Measured, Silences, print_measured
from rtmctl.show.probe.chart import bars
from rtmctl.show.probe.measured import What

A, B = ip_address("10.0.0.1"), ip_address("10.0.0.2")


def flow(source: str, destination: str, number: int) -> Flow:
    ends = (A, B) if source == "web1" else (B, A)
    return Flow(f"{source} → {destination} #{number}", source, destination, *ends)


FLOWS = tuple(flow(a, b, n) for a, b in (("web1", "web2"), ("web2", "web1")) for n in (1, 2))
SPEC = ProbeSpec(FLOWS, 10)
TIMES = Latency(1000, 0.05, 0.06, 0.07, 0.3, 0.9, 1.5, 0.012, ((0.05, 700), (0.3, 299), (1.5, 1)))
LOST = (LossWindow(3402.0, 122.0, 122, 3524.7),)
TAIL = (LossWindow(9000.0, 1000.0, 1000),)


def result(of: Flow, windows: tuple[LossWindow, ...] = ()) -> FlowResult:
    lost = sum(w.packets for w in windows)
    return FlowResult(of, 10_000, 0, 10_000 - lost, 0, 0, windows, TIMES, TIMES)


def measured(*windows: tuple[LossWindow, ...], doubts: tuple[str, ...] = (), what: What = What.LOSS) -> Measured:
    """Losses of the first flows."""
    every = (*windows, *((),) * (len(FLOWS) - len(windows)))
    flows = tuple(result(of, lost) for of, lost in zip(FLOWS, every, strict=True))
    agents = tuple(Agent(h, TIMES, 1.9, 0, True, h == "web1", True, 0.0, 0.0) for h in ("web1", "web2"))
    return Measured(what, "lab x", SPEC, ProbeResult(flows, doubts, 1.9, 7_000_000_000, agents, 10.0), ("guest1: no",))


def said(what: Measured, capsys: pytest.CaptureFixture[str], *, verbose: bool = False) -> str:
    print_measured(what, Output.TEXT, verbose=verbose)
    return "\n".join(" ".join(line.split()) for line in capsys.readouterr().out.splitlines())


def test_a_line_a_direction_and_the_worst_flow_with_its_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(measured((), LOST), capsys)
    assert "web1 → web2 2 20,000 122 122.0 0.050 0.300 0.300 1.500" in text
    assert "web2 → web1 2 20,000 0 0.0" in text
    assert (
        "worst flow: web1 → web2 #2 (10.0.0.1.20002 > 10.0.0.2.20000): "
        "122.0 ms silent from 3.402 s on, heard again at 3.525 s"
    ) in text
    assert "lab x: LOSS, 122 of 40,000 packets lost, worst 122.0 ms of a flow; 4 of 4 flows in 10.0 s" in text
    assert "one way: give or take 0.012 ms" in text
    assert "without real-time scheduling (not allowed): web2" in text
    assert "left out: guest1: no" in text


def test_packets_out_of_order_or_twice_have_columns_where_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    base = measured()
    assert "reordered" not in said(base, capsys)
    first, *others = base.result.flows
    odd = (replace(first, reordered=3, duplicates=2), *others)
    text = said(replace(base, result=replace(base.result, flows=odd)), capsys)
    assert "reordered twice" in text and "web1 → web2 2 20,000 0 0.0 3 2 0.050" in text


def test_verbose_is_a_line_a_flow(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(measured((), LOST), capsys, verbose=True)
    assert "web1 → web2 #2 1 10,000 122 122.0" in text


def test_a_flow_that_never_came_back_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "from 9.000 s on, not heard again" in said(measured(TAIL), capsys)


def test_doubts_outrank_losses(capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(LOST, doubts=("web1: the sender stalled once",))
    assert found.exit is Exit.INCONCLUSIVE
    text = said(found, capsys)
    assert "doubt: web1: the sender stalled once" in text
    assert "INCONCLUSIVE, 122 of 40,000" in text


EXITS = {"clean": (measured(), 0), "loss": (measured(LOST), 1), "doubt": (measured(doubts=("x",)), 7)}


@pytest.mark.parametrize(("found", "code"), EXITS.values(), ids=EXITS)
def test_exit_codes(found: Measured, code: int) -> None:
    assert found.exit == code


def test_clocks_that_cannot_be_compared_are_said_and_nothing_is_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    one_way = measured()
    bare = tuple(replace(f, latency=None, network=None) for f in one_way.result.flows)
    text = said(replace(one_way, result=replace(one_way.result, flows=bare)), capsys)
    assert "one way: not told" in text
    assert "web1 → web2 2 20,000 0 0.0 – – – –" in text


def test_round_trips_stand_first(capsys: pytest.CaptureFixture[str]) -> None:
    base = measured(what=What.LATENCY)
    slow = replace(TIMES, p50_ms=0.5, clock_error_ms=None)
    flows = tuple(replace(f, rtt=slow, rtt_network=slow) for f in base.result.flows)
    text = said(replace(base, result=replace(base.result, flows=flows)), capsys)
    assert "rtt p50" in text and "round trip, ms" in text


def test_nothing_measured_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    empty = replace(measured(), result=ProbeResult((), ("web1: gone",), 1.0, 0))
    text = said(empty, capsys)
    assert "INCONCLUSIVE, 0 of 0 packets lost" in text and "0 of 4 flows" in text
    for form in (Output.JSON, Output.JUNIT):
        print_measured(empty, form)
        assert "web1: gone" in capsys.readouterr().out


def test_json_holds_everything(capsys: pytest.CaptureFixture[str]) -> None:
    print_measured(measured((), LOST), Output.JSON)
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["verdict"], found["exit"], found["worst_ms"]) == (1, "loss", 1, 122.0)
    flow = found["flows"][1]
    assert (flow["source_address"], flow["source_port"], flow["port"], flow["lost"]) == ("10.0.0.1", 20002, 20000, 122)
    assert flow["windows"] == [{"start_ms": 3402.0, "length_ms": 122.0, "packets": 122, "until_ms": 3524.7}]
    assert flow["latency"]["buckets"][0] == [0.05, 700]
    assert found["agents"][0]["host"] == "web1"


def test_junit_fails_the_direction_that_lost_and_errs_on_doubts(capsys: pytest.CaptureFixture[str]) -> None:
    print_measured(measured((), LOST, doubts=("web1: stalled",)), Output.JUNIT)
    suite = ElementTree.fromstring(capsys.readouterr().out)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["web1 → web2"]
    error = suite.find("testcase/error")
    assert error is not None and error.text == "web1: stalled"


def test_bars_show_every_step_and_the_smallest_share() -> None:
    lines = list(bars(TIMES))
    assert [line.split("–")[0].strip() for line in lines] == ["0.05", "0.1", "0.2", "0.5", "1"]
    assert [line.split()[-1] for line in lines] == ["700", "0", "299", "0", "1"]
    assert lines[0].count("█") == 40 and "▏" in lines[4]
    assert len({len(line) for line in lines}) == 1


def test_silence_is_said_once_and_so_is_its_end() -> None:
    heard: list[str] = []
    watch = Silences(SPEC, heard.append)
    for silent_ms in (5.0, 900.0, 1200.0, 1300.0, 3.0):
        watch(Interim("web2", 0, {FLOWS[0].name: silent_ms, FLOWS[1].name: 2.0}, {}, 0.1))
    assert heard == ["silent for 1.2 s: web1 → web2 #1", "heard again: web1 → web2 #1"]
