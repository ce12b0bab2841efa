"""The whole of a verification, with states and answers that are made up; the real ones are in the lab's tests."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree

import observe_perfect as perfect
import observe_sites as sites
import pytest

from rtmctl.base import Exit, PermanentError, TemporaryError
from rtmctl.device.state import DeviceState
from rtmctl.observe import HostResult, Options, Selection, Status, VerifyReport, verify
from rtmctl.observe.active.plan import plan_tests
from rtmctl.observe.places import places
from rtmctl.show.verify import to_github, to_json, to_junit, verdict_line

BASE = sites.TEXTS["base"]
FABRIC, MODELS = sites.fabric(BASE), sites.models(BASE)
GOOD = perfect.reading(FABRIC, MODELS).states
OURS = frozenset(h.name for h in FABRIC.hosts if h.managed)


class Device:
    def __init__(self, states: list[DeviceState], answers: int = 2) -> None:
        self.states, self.answers = states, answers

    async def state(self) -> DeviceState:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    async def ping(self, target: str, **_: object) -> Mapping[str, object]:
        return {"rc": 0, "output": f"2 packets transmitted, {self.answers} received", "error": ""}

    async def close(self) -> None: ...


class Hosts:
    """Hosts that answer as the models say, but for the subjects that match `wrong`, which do the opposite.

    `dead` hosts cannot be entered; `mute` ones neither answer nor are answered; where `leaky` matches, the packet
    arrives; `blind` hosts may not look.
    """

    def __init__(
        self, *wrong: str, dead: Sequence[str] = (), mute: str = "", leaky: str = "", blind: Sequence[str] = ()
    ) -> None:
        self.wrong, self.dead, self.mute, self.leaky, self.blind = wrong, dead, mute, leaky, blind
        self.batches: list[str] = []
        self.arrived: dict[str, list[int]] = {}
        tests = plan_tests(FABRIC, MODELS, OURS, sample=2000, seed=1).tests
        self.expected = {
            (t.host, t.kind.value, str(t.destination), t.port, t.dont_fragment): (t.passes, t.subject) for t in tests
        }
        self.sender = {str(t.source): t.host for t in tests}

    def hosts(self) -> frozenset[str]:
        return OURS

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        if command[0] == "ip":
            if host in self.dead:
                raise TemporaryError("no answer within 20 s")
            own = [{"local": str(place.address)} for place in places(FABRIC, FABRIC.host(host))]
            return HostResult(0, json.dumps([{"addr_info": own}]), "")
        spec = json.loads(stdin)
        mode = spec.get("mode")
        if mode == "open":
            subjects = [
                self.expected[self.sender[w["source"]], w["kind"], w["destination"], w["port"], False][1]
                for w in spec["watch"]
            ]
            self.arrived[host] = [n for n, s in enumerate(subjects) if self.leaky and re.search(self.leaky, s)]
            blind = "Operation not permitted" if host in self.blind else ""
            return HostResult(0, json.dumps({"pid": 1, "busy": [], "blind": blind}), "")
        if mode == "close":
            return HostResult(0, json.dumps({"arrived": None if host in self.blind else self.arrived[host]}), "")
        self.batches.append(host)
        if host in self.dead:
            raise TemporaryError("no answer within 90 s")
        results = []
        for t in spec["tests"]:
            passes, subject = self.expected[host, t["kind"], t["destination"], t["port"], t["df"]]
            answered = passes != any(re.search(w, subject) for w in self.wrong)
            answered &= not self.mute or self.mute not in subject
            results.append({"seen": "answered" if answered else "silent", "detail": "", "rtt_ms": 1.0})
        return HostResult(0, json.dumps({"results": results}), "")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def run(
    hosts: Hosts | None,
    options: Options | None = None,
    states: Mapping[str, list[DeviceState]] | None = None,
    refused: Sequence[str] = (),
) -> VerifyReport:
    async def opener(device: str) -> Device:
        if device in refused:
            raise TemporaryError(f"{device}: connection refused")
        return Device(list((states or {}).get(device, [GOOD[device]])))

    clock = Clock()
    return asyncio.run(verify(FABRIC, MODELS, opener, hosts, options, clock=clock, sleep=clock.sleep))


def statuses(report: VerifyReport) -> dict[str, Status]:
    return {c.name: c.status for c in report.checks if c.status is not Status.PASSED}


def test_all_is_well() -> None:
    report = run(Hosts())
    assert statuses(report) == {}
    assert (report.ok, report.exit, report.readings) == (True, Exit.DONE, 2)
    assert all(c.outcome.passed for c in report.checks)


WRONG = {
    "an allowed pair is silent": (r"web1 → db1 .*ping$", "matrix"),
    "tenants reach each other": ("web1 → app1 ", "matrix"),
    "a gateway is silent": ("db1 → gateway ", "gateways"),
    "a flow's port is silent": ("tcp/5432", "flows"),
    "another port answers": ("tcp/5433", "flows"),
    "a full-size packet is lost": ("1500 bytes, DF", "mtu"),
}


@pytest.mark.parametrize(("wrong", "check"), WRONG.values(), ids=WRONG)
def test_wrong_answers(wrong: str, check: str) -> None:
    report = run(Hosts(wrong))
    assert statuses(report) == {check: Status.FAILED}
    assert report.exit is Exit.VERIFICATION_FAILED
    assert all(re.search(wrong, d.subject) for d in report.deviations)


LEAKS = {
    "one filter is gone: the other end's holds the answer": ("app1 → store1 .*ping$", "leaf2", "matrix"),
    "one filter has another port": ("app1 → store1 .*tcp/5433", "leaf2", "flows"),
    "the way back of a flow is open to all": ("store1 → app1 .*ping$", "leaf3", "matrix"),
    "one tenant's packets leak into another": ("web1 → app1 ", "leaf1", "matrix"),
}


@pytest.mark.parametrize(("leaky", "leaf", "check"), LEAKS.values(), ids=LEAKS)
def test_a_packet_that_arrives_is_a_breach_though_its_answer_is_lost(leaky: str, leaf: str, check: str) -> None:
    report = run(Hosts(leaky=leaky), states={leaf: [replace(GOOD[leaf], bgp=())]})  # an outage explains none
    (breach,) = (d for d in report.deviations if d.check == check)
    assert (breach.device, breach.cause) == (leaf, 0)
    assert "expected not to arrive" in str(breach)
    assert str(breach).endswith("seen it arrives; the answer is lost")


def test_where_nobody_may_look_isolation_is_not_proven() -> None:
    report = run(Hosts(blind=["store1"]))
    assert statuses(report) == {"matrix": Status.NOT_RUN, "flows": Status.NOT_RUN}
    (cause, *_) = next(c for c in report.checks if c.name == "flows").outcome.not_run
    assert cause.startswith("nobody can tell what arrives at store1 (cannot watch: Operation not permitted): app1 → ")


def test_a_missed_answer_is_asked_for_once_more_alone() -> None:
    hosts = Hosts("db1 → gateway ")
    run(hosts, Options(wait_s=0))
    assert sorted(hosts.batches) == sorted([*OURS, "db1"])


def test_without_hosts_nothing_passes_in_silence() -> None:
    report = run(None)
    assert statuses(report) == dict.fromkeys(("hosts", "gateways", "matrix", "flows", "mtu"), Status.NOT_RUN)
    assert not report.ok
    excluded = run(None, Options(Selection(exclude=frozenset({"hosts", "gateways", "matrix", "flows", "mtu"}))))
    assert excluded.ok
    assert set(statuses(excluded).values()) == {Status.EXCLUDED}


def test_a_host_that_cannot_be_asked_makes_its_checks_not_run() -> None:
    report = run(Hosts(dead=["web1"]))
    assert statuses(report)["matrix"] is Status.NOT_RUN
    outcome = next(c.outcome for c in report.checks if c.name == "matrix")
    assert "web1: no answer within 90 s" in outcome.not_run


def test_silence_of_a_dead_pair_proves_no_isolation() -> None:
    report = run(Hosts(mute="app1"))
    matrix = next(c for c in report.checks if c.name == "matrix")
    (cause,) = matrix.outcome.not_run  # one cause, however many tests it spoils
    assert cause.startswith("silence proves nothing while app1 answers nobody: ")
    assert cause.endswith(" more")


def test_it_waits_until_the_network_has_settled() -> None:
    young = replace(GOOD["leaf1"], bgp=())
    report = run(Hosts(), states={"leaf1": [young, young, GOOD["leaf1"]]})
    assert (report.ok, report.waited_s, report.readings) == (True, 2.0, 4)


def test_it_does_not_wait_longer_than_it_may() -> None:
    report = run(Hosts(), Options(wait_s=3), states={"leaf1": [replace(GOOD["leaf1"], bgp=())]})
    assert statuses(report) == {"bgp": Status.FAILED}
    assert (report.waited_s, report.bound_s) == (3.0, 3)


def test_an_unreachable_device_is_named() -> None:
    report = run(Hosts(), Options(wait_s=0), refused=["leaf2"])
    assert [str(d) for c in report.checks if c.name == "devices" for d in c.outcome.deviations] == [
        "leaf2: state: expected readable, seen leaf2: connection refused"
    ]
    assert not report.ok


def test_errors_that_rise_under_the_packets() -> None:
    links = tuple(replace(x, rx_errors=4) for x in GOOD["leaf1"].links)
    report = run(Hosts(), Options(wait_s=0), states={"leaf1": [GOOD["leaf1"], replace(GOOD["leaf1"], links=links)]})
    assert statuses(report) == {"errors": Status.FAILED}


def test_only_some_checks() -> None:
    report = run(Hosts(), Options(Selection(only=frozenset({"bgp", "matrix"}))))
    assert {c.name for c in report.checks if c.status is Status.PASSED} == {"devices", "bgp", "matrix"}


def test_an_unknown_check_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match="no check named bpg") as caught:
        run(Hosts(), Options(Selection(only=frozenset({"bpg"}))))
    assert "bgp" in caught.value.hint


def test_a_sample_says_its_size_and_seed_and_repeats() -> None:
    plans = [plan_tests(FABRIC, MODELS, OURS, sample=5, seed=7) for _ in range(2)]
    assert plans[0] == plans[1]
    assert ("matrix", "sampled 5 of 30 ordered pairs of hosts, seed 7") in plans[0].skipped
    assert len({(t.host, t.target) for t in plans[0].tests if t.check == "matrix"}) == 5


def test_a_flow_to_tagged_segments_alone_is_tried_at_the_tagged_address() -> None:
    text = BASE.replace("segment: store}", "attachment: trunk, segment: app, segments: [store]}")
    made = sites.fabric(text)
    plan = plan_tests(made, sites.models(text), OURS, sample=2000, seed=1)
    tagged = next(a.interface.ip for a in made.host("store1").addresses if a.segment == "store")
    flows = [(t.host, t.destination, t.port, t.passes) for t in plan.tests if t.check == "flows"]
    assert ("app1", tagged, 5432, True) in flows
    assert not [reason for check, reason in plan.skipped if check == "flows"]


def test_drained_devices_are_listed() -> None:
    models = sites.models(BASE, frozenset({"spine1"}))
    good = perfect.reading(FABRIC, models).states

    async def opener(device: str) -> Device:
        return Device([good[device]])

    clock = Clock()
    report = asyncio.run(verify(FABRIC, models, opener, Hosts(), clock=clock, sleep=clock.sleep))
    assert (report.ok, report.drained) == (True, ("spine1",))


def test_forms() -> None:
    report = run(Hosts("web1 → app1 "), Options(Selection(exclude=frozenset({"mtu"}))))
    body = json.loads(to_json(report))
    assert (body["version"], body["ok"], body["exit"]) == (1, False, 5)
    suite = ElementTree.fromstring(to_junit(report))
    assert suite.attrib["failures"] == "1"
    assert suite.attrib["skipped"] == "1"
    assert "web1 → app1" in (suite.findtext("testcase[@name='matrix']/failure") or "")
    assert any(line.startswith("::error title=verify matrix::leaf1") for line in to_github(report))
    assert "NOT verified" in verdict_line(report)
    assert "excluded: mtu" in verdict_line(report)
