"""Recorders on real switches, FRR 10.3 on leaf1 and 8.4 elsewhere: what happens is told, in order; nothing is left."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from observe_lab import SETTLE_S, Observed, observed

from rtmctl.base import RtmctlError
from rtmctl.device import connect
from rtmctl.device.events import BfdEvent, BgpEvent, DaemonEvent, Event, LinkEvent, RouteEvent
from rtmctl.device.state import NextHop
from rtmctl.drill.recorder import five_tuples
from rtmctl.lab import Choices
from rtmctl.observe.carried import Cable, cables, carried, lookouts
from rtmctl.observe.recording import Recorded, Recording, start_recording
from rtmctl.observe.timeline import Names, timeline
from rtmctl.probe import Flow, ProbeResult, ProbeSpec
from rtmctl.probe.run import start_probe

SITE = """
site: recorded
switches:
  spine[1-2]: {role: spine}
  leaf1: {role: leaf, rack: r1}
  leaf2: {role: leaf, rack: r2}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.1.10.0/24]}
hosts:
  web1: {rack: r1, leaf: leaf1, segment: web}
  web2: {rack: r2, leaf: leaf2, segment: web}
  idle: {rack: r2, leaf: leaf2, segment: web}
"""
WHOLE = ("interfaces", "bgp", "bfd", "evpn", "routes")
LEASE_S = 3.0
SLACK_MS = 150.0
"""what a busy machine may add between two things that belong together; a hang limit, not a claim"""
MS = 1_000_000


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RTMCTL_LAB_STATE", str(tmp_path_factory.mktemp("labs")))
        running = observed(SITE, Choices(image="switch-frr8", images={"leaf1": "switch-frr10"}))
        try:
            found = running.__enter__()
        except RtmctlError as error:
            pytest.skip(f"no lab here: {error.message}")
        try:
            assert found.verify(*WHOLE, wait_s=SETTLE_S).ok
            yield found
        finally:
            running.__exit__(None, None, None)


@dataclass(frozen=True)
class Seen:
    recorded: Recorded
    probed: ProbeResult
    used: dict[str, frozenset[Cable]]
    spine: str
    began_ns: int

    def events(self, kind: type[Event], device: str, **wanted: Any) -> list[Any]:
        return [
            e
            for e in self.recorded.events
            if isinstance(e, kind) and e.device == device and all(getattr(e, k) == v for k, v in wanted.items())
        ]

    def since_ms(self, event: Event) -> float:
        return (event.at_ns - self.began_ns) / MS


def spec_of(pair: Observed) -> ProbeSpec:
    address = {h.name: h.addresses[0].interface.ip for h in pair.fabric.hosts}
    ways = [("web1", "web2"), ("web2", "web1")] * 2
    flows = (Flow(f"{a}>{b} {n}", a, b, address[a], address[b], 500.0) for n, (a, b) in enumerate(ways))
    return ProbeSpec(tuple(flows), 30.0)


@asynccontextmanager
async def recording(pair: Observed) -> AsyncIterator[Recording]:
    found = await start_recording(pair.endpoints(), lease_s=LEASE_S)
    try:
        assert not found.missing
        yield found
    finally:
        await found.close()


async def looked(pair: Observed, on: Recording, spec: ProbeSpec) -> dict[str, frozenset[Cable]]:
    ends = cables(pair.fabric)
    sightings, failures, _ = await on.look(lookouts(ends, frozenset(pair.models)), spec.port)
    assert not failures
    return carried(five_tuples(spec), sightings, ends)


def during(pair: Observed, act: Callable[[str], Awaitable[None]]) -> Seen:
    """A recording and a probe around `act`, which is given the spine that carries flow 1, from web2 to web1."""

    async def inside() -> Seen:
        spec = spec_of(pair)
        async with recording(pair) as on:
            probe = await start_probe(spec, pair.hosts)
            try:
                await probe.started()
                await asyncio.sleep(0.5)
                used = await looked(pair, on, spec)
                spine = next(str(c).split(":")[0] for c in used[spec.flows[1].name] if isinstance(c, str))
                began_ns = time.time_ns()
                await act(spine)
                recorded, probed = await asyncio.gather(on.stop(), probe.stop())
            except BaseException:
                await probe.abandon()
                raise
        return Seen(recorded, probed, used, spine, began_ns)

    return asyncio.run(inside())


async def run(pair: Observed, node: str, script: str) -> None:
    await asyncio.to_thread(pair.run, node, script)


@contextmanager
def mended(pair: Observed) -> Iterator[None]:
    """Whatever the test says, sessions and routes are back afterwards."""
    try:
        yield
    finally:
        assert pair.verify(*WHOLE, wait_s=SETTLE_S).ok


def interfaces(hops: tuple[NextHop, ...]) -> set[str | None]:
    return {hop.interface for hop in hops}


def told(pair: Observed, seen: Seen) -> list[str]:
    return [f"{m.node} {m.text}" for m in timeline(seen.recorded.events, seen.began_ns, Names.of(pair.models))]


def test_a_lost_link_is_told_by_both_ends_and_its_routes_by_the_far_leaf(pair: Observed) -> None:
    async def act(spine: str) -> None:
        port = pair.port(spine, "leaf1")
        await run(pair, spine, f"ip link set {port} down")
        await asyncio.sleep(1)
        await run(pair, spine, f"ip link set {port} up")

    with mended(pair):
        seen = during(pair, act)
    near, far, across = pair.port("leaf1", seen.spine), pair.port(seen.spine, "leaf1"), pair.port("leaf2", seen.spine)
    assert seen.recorded.doubts == () and not seen.recorded.absent
    assert set(seen.recorded.devices) == {"spine1", "spine2", "leaf1", "leaf2"}
    down = seen.events(LinkEvent, seen.spine, interface=far, admin_up=False)[0]
    lost = seen.events(LinkEvent, "leaf1", interface=near, carrier=False, admin_up=True)[0]
    session = seen.events(BgpEvent, "leaf1", peer=near, up=False)[0]
    moved = next(
        e
        for e in seen.events(RouteEvent, "leaf2")
        if across in {h.interface for h in e.before} - {h.interface for h in e.after}
    )
    assert seen.since_ms(down) >= 0 and down.at_ns - MS <= lost.at_ns <= session.at_ns + MS
    assert down.at_ns < moved.at_ns
    assert seen.events(LinkEvent, "leaf1", interface=near, carrier=True)[0].at_ns > moved.at_ns
    assert f"leaf1 lost carrier on {near} to {seen.spine}" in told(pair, seen)
    # the probe lost packets from the loss of the link until the far leaf had another next hop
    worst = max(seen.probed.flows, key=lambda f: f.worst_ms)
    assert worst.flow.source == "web2" and worst.worst_ms > 10
    window = max(worst.windows, key=lambda w: w.length_ms)
    begin_ms = (seen.probed.began_ns - seen.began_ns) / MS + window.start_ms
    assert abs(begin_ms - seen.since_ms(down)) < SLACK_MS
    assert abs(begin_ms + window.length_ms - seen.since_ms(moved)) < SLACK_MS


def test_a_silent_link_keeps_its_carrier_and_loses_its_sessions(pair: Observed) -> None:
    hook = "type filter hook ingress device {port} priority 0; policy drop;"
    drop = f"/usr/sbin/nft -f - <<'END'\ntable netdev silent {{{{\n chain in {{{{\n  {hook}\n }}}}\n}}}}\nEND\n"

    async def act(spine: str) -> None:
        ends = ((spine, pair.port(spine, "leaf1")), ("leaf1", pair.port("leaf1", spine)))
        try:
            for node, port in ends:
                await run(pair, node, drop.format(port=port))
            await asyncio.sleep(2.5)
        finally:
            for node, _ in ends:
                await run(pair, node, "/usr/sbin/nft delete table netdev silent")

    with mended(pair):
        seen = during(pair, act)
    near, far = pair.port("leaf1", seen.spine), pair.port(seen.spine, "leaf1")
    assert seen.recorded.doubts == ()
    assert not [e for e in seen.recorded.events if isinstance(e, LinkEvent)]
    noticed = seen.events(BfdEvent, seen.spine, peer=far, up=False)[0]
    session = seen.events(BgpEvent, seen.spine, peer=far, up=False)[0]
    assert noticed.reason == "control detection time expired"
    assert noticed.at_ns - MS <= session.at_ns
    assert seen.events(BgpEvent, "leaf1", peer=near, up=False), "FRR 10.3 tells by bgpd"
    moved = next(e for e in seen.events(RouteEvent, "leaf1") if near in interfaces(e.before))
    assert near not in interfaces(moved.after) and moved.at_ns > seen.began_ns + 100 * MS


def test_a_killed_bgpd_is_told_when_it_ends_and_when_it_runs_again(pair: Observed) -> None:
    async def act(_: str) -> None:
        await run(pair, "leaf2", "kill -9 $(cat /run/frr/bgpd.pid)")
        await asyncio.sleep(1)
        await run(pair, "leaf2", "/usr/local/lib/rtmctl/lab/daemons start bgpd")
        await asyncio.sleep(1)

    with mended(pair):
        seen = during(pair, act)
    ended = seen.events(DaemonEvent, "leaf2", daemon="bgpd", running=False)[0]
    again = seen.events(DaemonEvent, "leaf2", daemon="bgpd", running=True)[0]
    assert seen.began_ns < ended.at_ns < again.at_ns
    for spine in ("spine1", "spine2"):
        assert seen.events(BgpEvent, spine, peer=pair.port(spine, "leaf2"), up=False)[0].at_ns > ended.at_ns - 50 * MS
    assert [e for e in seen.events(RouteEvent, "leaf2") if not e.after], "its routes are withdrawn"


def test_flows_are_seen_where_they_are_and_nowhere_else(pair: Observed) -> None:
    async def nothing(_: str) -> None:
        return

    seen = during(pair, nothing)
    ports = {h.name: (h.links[0].leaf, h.links[0].port) for h in pair.fabric.hosts}
    for flow, on in seen.used.items():
        assert {ports["web1"], ports["web2"]} <= on and ports["idle"] not in on, flow
        spines = {str(c).split(":")[0] for c in on if isinstance(c, str)}
        assert all({f"{spine}:leaf1", f"{spine}:leaf2"} <= on for spine in spines) and spines


def test_one_clock_is_one_clock_and_nothing_is_changed(pair: Observed) -> None:
    async def inside() -> tuple[Recorded, list[str], float]:
        async def state() -> list[str]:
            session = await connect(pair.endpoints()["leaf1"])
            running = (await session.running()).hash
            await session.close()
            return [running, pair.run("leaf1", "/usr/sbin/nft list ruleset; ip -br link; cat /proc/net/packet | wc -l")]

        before = await state()
        began = time.monotonic()
        async with recording(pair) as on:
            took = time.monotonic() - began
            await asyncio.sleep(1)
            counters = await on.counters()
            assert counters.keys() == pair.models.keys() and counters["leaf1"].counts["swp49"].rx_packets > 0
            recorded = await on.stop()
        return recorded, [*(a for a, b in zip(before, await state(), strict=True) if a != b)], took

    recorded, changed, took_s = asyncio.run(inside())
    assert not changed and recorded.doubts == () and took_s < 10
    for device in recorded.devices.values():
        assert abs(device.clock.ns) <= device.clock.error_ns + MS
        assert len(device.counters) >= 8


LEFT = "pgrep -f '[r]tmctl/recorder' || true"


def gone(pair: Observed, node: str) -> bool:
    end = time.monotonic() + LEASE_S + 10
    while pair.run(node, LEFT).strip():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


KILL = "kill -9 $(pgrep -f '^/usr/bin/python3 .*[r]tmctl/recorder' | tail -1)"


@pytest.mark.parametrize(
    ("harm", "doubt"),
    [
        (KILL, "the recorder ended"),
        (KILL.replace("-9", "-STOP"), "the recorder fell silent"),
        (KILL.replace("-9", "-STOP") + "; sleep 0.7; " + KILL.replace("-9", "-CONT"), "did not run for"),
        (KILL.replace("tail", "head").replace("-9", "-STOP") + "; true", ""),
    ],
    ids=["killed", "stopped", "stopped for a while", "its keeper stopped"],
)
def test_a_recorder_that_is_harmed_is_doubted_and_leaves_nothing(pair: Observed, harm: str, doubt: str) -> None:
    async def inside() -> Recorded:
        async with recording(pair) as on:
            await asyncio.sleep(0.3)
            await run(pair, "leaf1", harm)
            await asyncio.sleep(1.5)
            return await on.stop()

    recorded = asyncio.run(inside())
    doubts = [d for d in recorded.doubts if d.startswith("leaf1")]
    assert (doubt in doubts[0]) if doubt else not doubts, recorded.doubts
    assert not recorded.absent and len(recorded.doubts) == len(doubts)
    assert gone(pair, "leaf1")


def test_a_switch_that_is_lost_keeps_what_it_told_until_then_and_runs_no_recorder(pair: Observed) -> None:
    async def inside() -> Recorded:
        async with recording(pair) as on:
            await run(pair, "leaf1", f"ip link set {pair.port('leaf1', 'spine1')} down")
            await asyncio.sleep(0.5)
            await run(pair, "leaf1", "ip link set eth0 down")
            await asyncio.sleep(1.5)
            assert on.silent == ("leaf1",)
            return await on.stop()

    with mended(pair):
        try:
            recorded = asyncio.run(inside())
            assert gone(pair, "leaf1")
        finally:
            pair.run("leaf1", f"ip link set eth0 up; ip link set {pair.port('leaf1', 'spine1')} up")
    assert list(recorded.absent) == ["leaf1"] and recorded.doubts == ()
    assert [e for e in recorded.devices["leaf1"].events if isinstance(e, LinkEvent)]


def test_a_connection_that_is_lost_leaves_nothing(pair: Observed) -> None:
    async def inside() -> None:
        async with recording(pair):
            await asyncio.sleep(0.3)
            assert pair.run("spine1", LEFT).strip()

    asyncio.run(inside())
    assert all(gone(pair, node) for node in pair.models)


def test_a_switch_without_the_recorder_is_missing_and_no_error(pair: Observed) -> None:
    async def inside() -> Recorded:
        found = await start_recording(pair.endpoints(), lease_s=LEASE_S)
        await asyncio.sleep(0.3)
        return await found.stop()

    pair.run("leaf2", "mv /usr/local/lib/rtmctl/recorder /tmp/recorder")
    try:
        recorded = asyncio.run(inside())
    finally:
        pair.run("leaf2", "mv /tmp/recorder /usr/local/lib/rtmctl/recorder")
    assert list(recorded.missing) == ["leaf2"] and "leaf2" not in recorded.devices
    assert any("leaf2: not recorded" in doubt for doubt in recorded.doubts)
