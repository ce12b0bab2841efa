"""Predicted classes and reachability against real packets: a link down, a leaf of a pair off, then a spine too.

And the detection time that bounds begin with, as real sessions negotiated it.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, permutations

import pytest

from rtmctl.base import RtmctlError
from rtmctl.device.state import DeviceState
from rtmctl.drill.classes import Classes
from rtmctl.drill.radius import radius
from rtmctl.drill.recorder import five_tuples
from rtmctl.drill.timers import Timers
from rtmctl.drill.types import Detection, FaultPlan, FlowClass, Removed, Surroundings
from rtmctl.lab import Choices
from rtmctl.observe import Sessions
from rtmctl.observe.carried import cables, carried, lookouts
from rtmctl.observe.places import primary
from rtmctl.observe.recording import start_recording
from rtmctl.probe import Flow, FlowResult, ProbeResult, ProbeSpec, start_probe
from tests.lab.drill.faults_lab import until
from tests.lab.observe.observe_lab import SETTLE_S, Observed, observed

SITE = """
site: classes
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf3: {role: leaf, rack: r2}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.1.10.0/24]}
hosts:
  a1: {rack: r1, leaf: leaf1, segment: web}
  a3: {rack: r2, leaf: leaf3, segment: web}
  k1: {rack: r1, attachment: routed, tenant: red, services: [10.1.99.1/32]}
"""
HOSTS = ("a1", "a3", "k1")
EACH_WAY = 6
HELD_S = 2.5
LOCAL, REMOTE, STRANDED, SPARED = FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.STRANDED, FlowClass.SPARED


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RTMCTL_LAB_STATE", str(tmp_path_factory.mktemp("labs")))
        # FRR 8.4 forgets router MACs when a spine goes, and with them all routed flows (FRR issue 10298)
        running = observed(SITE, Choices(image="switch-frr10"))
        try:
            found = running.__enter__()
        except RtmctlError as error:
            pytest.skip(f"no lab here: {error.message}")
        try:
            first = found.verify(wait_s=SETTLE_S)
            assert first.ok, [str(d) for d in first.deviations]
            yield found
        finally:
            running.__exit__(None, None, None)


def probe_spec(here: Observed, hosts: tuple[str, ...]) -> ProbeSpec:
    at = {name: primary(here.fabric, here.fabric.host(name), 4) for name in hosts}
    flows = tuple(
        Flow(f"{a}-{b}-{n}", a, b, one.address, other.address, rate_pps=200.0)
        for (a, one), (b, other) in permutations(at.items(), 2)
        if one is not None and other is not None
        for n in range(EACH_WAY)
    )
    return ProbeSpec(flows, 60.0, max_stall_ms=500.0)


async def drilled(
    here: Observed, spec: ProbeSpec, off: frozenset[str], break_it: Callable[[], object]
) -> tuple[ProbeResult, dict[str, frozenset[str | tuple[str, str]]]]:
    """What a probe saw around a fault, and which cables each of its flows was on right before it."""
    ends = cables(here.fabric)
    alive = {name: end for name, end in here.endpoints().items() if name not in off}
    recording = await start_recording(alive)
    probe = await start_probe(spec, here.hosts)
    try:
        await probe.started()
        await asyncio.sleep(0.3)
        sightings, failures, _ = await recording.look(lookouts(ends, frozenset(alive)), spec.port)
        assert not failures
        await asyncio.to_thread(break_it)
        await asyncio.sleep(HELD_S)
        return await probe.stop(), carried(five_tuples(spec), sightings, ends)
    finally:
        await recording.close()
        await probe.abandon()


def judge(
    here: Observed, hosts: tuple[str, ...], removed: Removed, break_it: Callable[[], object], off: frozenset[str]
) -> set[FlowClass]:
    """Every flow was lost as its class says; a pair is silent exactly where the radius says so. The classes met."""
    spec = probe_spec(here, hosts)
    result, used = asyncio.run(drilled(here, spec, off, break_it))
    around = Surroundings(here.fabric, here.models)
    classes = Classes(around, FaultPlan("t", "t", "t", (), removed, Detection.CARRIER))
    kinds: dict[str, FlowClass] = {}
    for flow in spec.flows:
        settled = classes.settle_flow(flow, used[flow.name])
        assert settled is not None, (flow.name, sorted(map(str, used[flow.name])))
        kinds[flow.name] = settled.kind
    worst = {kind: [f.worst_ms for f in result.flows if kinds[f.flow.name] is kind] for kind in FlowClass}
    seen = {f.flow.name: (kinds[f.flow.name].value, f.worst_ms, silent(f)) for f in result.flows}
    for flow in result.flows:
        assert silent(flow) is (kinds[flow.flow.name] is STRANDED), seen
    assert not any(worst[SPARED]), seen
    assert all(ms > max(worst[LOCAL], default=0.0) for ms in worst[REMOTE]), seen
    cut = sum(
        all(silent(f) for f in result.flows if {f.flow.source, f.flow.destination} == {a, b})
        for a, b in combinations(hosts, 2)
    )
    assert radius(around, removed).pairs_lost == cut, seen
    return set(kinds.values())


def silent(flow: FlowResult) -> bool:
    """Nothing arrived any more at the end."""
    return any(window.until_ms is None and window.length_ms > 1000 * HELD_S / 2 for window in flow.windows)


def test_detection_is_what_both_ends_negotiated(here: Observed) -> None:
    """One end sends more slowly than its model says: the other waits longer, and only that one."""

    async def states() -> Mapping[str, DeviceState]:
        sessions = Sessions(frozenset(here.models), here.opener())
        try:
            return (await sessions.read())[0]
        finally:
            await sessions.close()

    def seen() -> tuple[float, float]:
        timers = Timers(here.models, asyncio.run(states()))
        ends = timers.detection("leaf1", "spine1"), timers.detection("spine1", "leaf1")
        return tuple(end.ms if end else 0.0 for end in ends)  # type: ignore[return-value]

    def slow_down(interval_ms: int) -> None:
        lines = ("configure terminal", "bfd", "profile fabric", f"transmit-interval {interval_ms}")
        here.run("spine1", "vtysh " + " ".join(f"-c '{line}'" for line in lines))

    assert seen() == (900.0, 900.0)
    slow_down(500)
    try:
        until("the new interval is agreed", lambda: seen() == (1500.0, 900.0))
    finally:
        slow_down(300)
        until("the old interval is agreed again", lambda: seen() == (900.0, 900.0))


def test_flows_are_lost_as_their_classes_say(here: Observed) -> None:
    """In an order in which little has to be mended: a link that comes back, a leaf and at last a spine that do not."""
    port = here.port("leaf1", "spine1")
    link = Removed(links=frozenset({"spine1:leaf1"}))
    met = judge(here, HOSTS, link, lambda: here.run("leaf1", f"ip link set {port} down"), frozenset())
    here.run("leaf1", f"ip link set {port} up")
    mended = here.verify(wait_s=SETTLE_S)
    assert mended.ok, [str(d) for d in mended.deviations]
    leaf = Removed(devices=frozenset({"leaf1"}))
    met |= judge(here, HOSTS, leaf, lambda: here.lab.power_off("leaf1"), frozenset())
    spine = Removed(devices=frozenset({"spine1"}))
    met |= judge(here, ("a3", "k1"), spine, lambda: here.lab.power_off("spine1"), frozenset({"leaf1"}))
    assert met == set(FlowClass)
