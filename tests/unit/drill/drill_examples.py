"""Reports as real drills make them: a link of the demo goes silent, and what follows from it, in numbers of a lab.

Deterministic. `silent_link` is the whole of it; the others are the same drill with one thing gone another way.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from rtmctl.base import Exit
from rtmctl.device.injection import Held, HoldState, Injection
from rtmctl.drill.types import (
    Bound,
    Detection,
    Drill,
    DrillPlan,
    DrillReport,
    FaultPlan,
    FlowClass,
    Measured,
    Moment,
    PlannedFlow,
    Radius,
    Removed,
    Run,
    Verdict,
)
from rtmctl.fabric import Fabric, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.probe.types import Flow, FlowResult, Latency, LossWindow

DEMO = Path(__file__).parents[3] / "inventories" / "demo"
BEGAN_S = 1795449600.0
"""2026-11-23 16:00 UTC"""
LINK = "spine1:leaf1"
LEAFS = {"collector1": "leaf1", "report1": "leaf1", "broker1": "leaf2", "broker2": "leaf3", "decider1": "leaf4"}
ADDRESSES = {host: IPv4Address(f"10.10.10.{number}") for number, host in enumerate(LEAFS, 11)}
DETECTED_MS = 284.0
TOLD_MS = 66.0
"""from detection to the new next hop at the far leaf"""
BEFORE_MS, HOLD_MS, AFTER_MS = 2000.0, 3000.0, 2000.0


@cache
def demo() -> Fabric:
    return derive(load_site(DEMO), read_lock(DEMO))


def bounds() -> tuple[Bound, ...]:
    detection = ("BFD detection leaf1-spine1: 3 × max(100, 100)", 300.0)
    work = ("new next hop on leaf1", 30.0)
    queue = ("bgpd's work queue on spine1", 50.0)
    told = ("withdrawal spine1 to leaf3, and its new next hop there", 70.0)
    shorter = f"{detection[0]}; `bfd: {{interval_ms: 50}}` halves it"
    return (
        Bound(FlowClass.LOCAL, 330.0, (detection, work), shorter),
        Bound(FlowClass.REMOTE, 450.0, (detection, queue, told, work), shorter),
    )


def planned(per_pair: int = 4) -> tuple[PlannedFlow, ...]:
    """Half of the flows of each pair hash to spine1; of those, the ones towards leaf1 must be told from afar."""
    return tuple(
        PlannedFlow(_flow(a, b, number, per_pair), _kind(a, b, spine), (LEAFS[a], spine, LEAFS[b]))
        for pair in (("collector1", "broker2"), ("collector1", "decider1"), ("broker1", "broker2"))
        for a, b in (pair, pair[::-1])
        for number in range(per_pair)
        for spine in (f"spine{1 + number % 2}",)
    )


def _flow(a: str, b: str, number: int, per_pair: int) -> Flow:
    return Flow(f"{a}>{b}#{number % per_pair + 1}", a, b, ADDRESSES[a], ADDRESSES[b])


def _kind(a: str, b: str, spine: str) -> FlowClass:
    if spine == "spine2" or "leaf1" not in (LEAFS[a], LEAFS[b]):
        return FlowClass.SPARED
    return FlowClass.LOCAL if LEAFS[a] == "leaf1" else FlowClass.REMOTE


def plan(per_pair: int = 4) -> DrillPlan:
    both = {"interfaces": ("swp1",), "direction": "both"}
    fault = FaultPlan(
        "silent-link",
        LINK,
        f"silent link {LINK}, both directions",
        (Injection("spine1", "silence", both), Injection("leaf1", "silence", both)),
        Removed(links=frozenset({LINK})),
        Detection.BFD,
    )
    radius = Radius((), ("collector1", "report1"), ("collect", "reports"), 30, 0, 18)
    drill = Drill("silent-link", "A fabric link drops packets, its carrier stays", "silent-link", LINK)
    return DrillPlan(drill, fault, radius, planned(per_pair), bounds())


def silent_link(runs: int = 3, per_pair: int = 4, *, control: bool = True, seed: int = 1) -> DrillReport:
    """`runs` runs that pass, after one without the fault."""
    chance = random.Random(seed)
    planned_ = plan(per_pair)
    done = [_run(0, planned_.flows, chance, control=True)] if control else []
    done += [_run(number, planned_.flows, chance) for number in range(1, runs + 1)]
    return DrillReport(
        "20261123-160000-d41a07",
        "demo",
        planned_,
        "sre@jump1",
        BEGAN_S,
        9.6 * len(done) + 2.4,
        tuple(done),
        Verdict.PASSED,
        True,
        Exit.DONE,
        dict.fromkeys(("leaf1", "leaf2", "leaf3", "leaf4", "spine1", "spine2"), "FRR 10.3"),
        {"leaf1-spine1 BFD": "3 × 100 ms", "leaf1-spine1 BGP": "hold 9 s, keepalive 3 s"},
    )


def _run(number: int, flows: Iterable[PlannedFlow], chance: random.Random, *, control: bool = False) -> Run:
    detected = DETECTED_MS + chance.uniform(-15, 15)
    told = detected + TOLD_MS + chance.uniform(-10, 12)
    lost = {FlowClass.LOCAL: detected + 4, FlowClass.REMOTE: told + 3}
    measured = [
        Measured(
            _result(one.flow, 0.0 if control else lost.get(one.kind, 0.0) + chance.uniform(-2, 0), chance),
            one.kind,
            next((b.limit_ms for b in bounds() if b.kind is one.kind), 0.0),
            carried=True,
        )
        for one in flows
    ]
    moments = () if control else tuple(_moments(detected, told))
    held = () if control else tuple(_held(node, number) for node in ("spine1", "leaf1"))
    began = int((BEGAN_S + 10 * number) * 1e9)
    times = (None, None) if control else (BEFORE_MS, BEFORE_MS + HOLD_MS)
    return Run(number, control, began, *times, tuple(measured), moments, held, Verdict.PASSED, (), 1.0, True)


def _result(flow: Flow, lost_ms: float, chance: random.Random) -> FlowResult:
    sent = int((BEFORE_MS + HOLD_MS + AFTER_MS) / flow.interval_ms)
    lost = max(0, round(lost_ms / flow.interval_ms))
    start = BEFORE_MS + round(chance.uniform(0, 2))
    windows = (LossWindow(start, lost * flow.interval_ms, lost),) if lost else ()
    p50 = chance.uniform(0.11, 0.16)
    latency = Latency(sent - lost, 0.08, p50, p50 * 1.4, p50 * 2.1, p50 * 5, p50 * 14, 0.05)
    return FlowResult(flow, sent, 0, sent - lost, 0, lost // 100, windows, latency)


def _moments(detected: float, told: float) -> Iterator[Moment]:
    yield Moment(0.0, "spine1", "fault", "silence of swp1, both directions")
    yield Moment(0.4, "leaf1", "fault", "silence of swp1, both directions")
    yield Moment(detected, "leaf1", "bfd", "session to spine1 down: control detection time expired")
    yield Moment(detected + 6.1, "spine1", "bfd", "session to leaf1 down: control detection time expired")
    yield Moment(detected + 0.6, "leaf1", "bgp", "session with spine1 down: BFD down")
    yield Moment(detected + 6.8, "spine1", "bgp", "session with leaf1 down: BFD down")
    yield Moment(detected + 2.9, "leaf1", "route", "10.254.0.3/32 by spine2 alone")
    yield Moment(detected + 4.0, "collector1", "traffic", "back to broker2: 3 local flows")
    for number, leaf in enumerate(("leaf2", "leaf3", "leaf4")):
        yield Moment(told - 9 + number, leaf, "bgp", "withdrawal of 10.254.0.1/32 from spine1")
        yield Moment(told - 2 + number, leaf, "route", "10.254.0.1/32 by spine2 alone")
    yield Moment(told + 3.0, "broker2", "traffic", "back to collector1: 2 remote flows")
    yield Moment(HOLD_MS, "spine1", "revert", "silence taken back")
    yield Moment(HOLD_MS + 0.5, "leaf1", "revert", "silence taken back")
    yield Moment(HOLD_MS + 912.0, "leaf1", "bfd", "session to spine1 up")
    yield Moment(HOLD_MS + 1043.0, "leaf1", "bgp", "session with spine1 established")


def _held(node: str, number: int) -> Held:
    began = int((BEGAN_S + 10 * number + BEFORE_MS / 1000) * 1e9)
    digest = hashlib.sha256(node.encode()).hexdigest()
    injection = next(one for one in plan().fault.injections if one.node == node)
    hold = int(HOLD_MS * 1e6)
    return Held(injection, f"{number}", HoldState.RESTORED, None, digest, digest, began, began + 700_000, began + hold)


def refuted() -> DrillReport:
    """One run in which the leafs were told late."""
    report = silent_link(3)
    late = report.runs[2]
    flows = tuple(
        replace(m, result=_result(m.result.flow, 702.0, random.Random(2))) if m.kind is FlowClass.REMOTE else m
        for m in late.flows
    )
    why = ("remote: broker2>collector1#1 was lost for 702.0 ms, its bound is 450.0 ms",)
    late = replace(late, flows=flows, verdict=Verdict.REFUTED, reasons=why)
    runs = (*report.runs[:2], late, *report.runs[3:])
    return replace(report, runs=runs, verdict=Verdict.REFUTED, exit=Exit.REFUTED)


def inconclusive() -> DrillReport:
    report = silent_link(1)
    why = ("the sender on collector1 stalled for 412 ms at 1.207 s", "leaf1 swp1 carried none of the flows")
    flows = tuple(replace(m, carried=m.kind is FlowClass.SPARED) for m in report.runs[1].flows)
    run = replace(report.runs[1], flows=flows, verdict=Verdict.INCONCLUSIVE, reasons=why)
    return replace(report, runs=(report.runs[0], run), verdict=Verdict.INCONCLUSIVE, exit=Exit.INCONCLUSIVE)


def aborted() -> DrillReport:
    report = silent_link(1, control=False)
    why = ("spared: broker1>broker2#1 was silent for 1000 ms; the fault was taken back after 1.4 s",)
    run = replace(report.runs[0], reverted_ms=BEFORE_MS + 1400, verdict=Verdict.ABORTED, reasons=why)
    return replace(report, runs=(run,), verdict=Verdict.ABORTED, exit=Exit.ABORTED)


def not_restored() -> DrillReport:
    """leaf1 does not answer, and spine1 is not as it was."""
    report = silent_link(1, control=False)
    spine, leaf = report.runs[0].held
    spine = replace(
        spine,
        state=HoldState.BROKEN,
        after=hashlib.sha256(b"netem").hexdigest(),
        failure="swp1: qdisc netem is still there",
    )
    leaf = replace(leaf, state=HoldState.ACTIVE, after="", reverted_ns=None, failure="no answer from leaf1 for 20 s")
    run = replace(report.runs[0], held=(spine, leaf), steady=False, verdict=Verdict.INCONCLUSIVE)
    run = replace(run, reasons=("not restored: spine1, leaf1",))
    return replace(report, runs=(run,), verdict=Verdict.INCONCLUSIVE, restored=False, exit=Exit.STATE_UNKNOWN)


def refused() -> DrillPlan:
    """A plan that may not run."""
    stranded = replace(plan().flows[0], kind=FlowClass.STRANDED, via=())
    why = (
        "impact 47 % of the allowed pairs lose reachability, --max-impact allows 20 %; `--max-impact 50` overrides it",
        "the site is `environment: production`, and the file does not list this drill under `production`",
    )
    radius = Radius(("collector1",), ("report1",), ("collect",), 30, 14, 4)
    return replace(plan(), radius=radius, flows=(stranded, *plan().flows[1:]), refused=why)


def hostile() -> DrillReport:
    """Names as nobody should give them."""
    report = silent_link(1)
    bad = ("<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "{{ 7*7 }}", "\"'><svg onload=alert(3)>")
    flows = tuple(
        replace(m, result=replace(m.result, flow=replace(m.result.flow, name=f"{bad[number % 4]} {number}")))
        for number, m in enumerate(report.runs[1].flows)
    )
    moments = tuple(
        replace(m, node=bad[number % 4], text=bad[(number + 1) % 4]) for number, m in enumerate(report.runs[1].moments)
    )
    run = replace(report.runs[1], flows=flows, moments=moments, reasons=bad)
    fault = replace(report.plan.fault, said=bad[0])
    timers = {bad[3]: bad[1]}
    return replace(report, plan=replace(report.plan, fault=fault), runs=(report.runs[0], run), by=bad[1], timers=timers)


EXAMPLES = {
    "passed": silent_link,
    "refuted": refuted,
    "inconclusive": inconclusive,
    "aborted": aborted,
    "not-restored": not_restored,
}
