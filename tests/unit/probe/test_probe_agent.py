"""The agent itself, on this machine's loopback."""

import asyncio
import contextlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from probe_runner import Local, agents, signal_agents

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.base.net import Address
from rtmctl.device.packing import as_text
from rtmctl.probe import Flow, Interim, ProbeResult, ProbeSpec, RunningProbe, Verdict, orders, run_probe, start_probe
from rtmctl.probe import run as run_module

HERE = ip_address("127.0.0.1")
SIX = ip_address("::1")


def flow(name: str, address: Address = HERE, rate: float = 200) -> Flow:
    return Flow(name, "a", "a", address, address, rate_pps=rate)


def a_port() -> int:
    """The first of three that nobody has: others may run these tests at the same time."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.ExitStack() as taken:
            try:
                for number in range(3):
                    taken.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("", port + number))
            except OSError:
                continue
            return port


def spec(*flows: Flow, duration_s: float = 60, max_stall_ms: float = 500, echo: bool = False) -> ProbeSpec:
    """The stall limit is generous: this machine may be busy, and it is not what these tests are about."""
    return ProbeSpec(flows, duration_s, port=a_port(), echo=echo, linger_s=0.3, max_stall_ms=max_stall_ms)


@pytest.mark.parametrize("address", [HERE, SIX], ids=["ipv4", "ipv6"])
def test_everything_arrives_once_and_in_order(address: Address) -> None:
    result = asyncio.run(run_probe(spec(flow("x", address), flow("y", address), duration_s=1), Local("a")))
    assert (result.verdict, result.doubts) == (Verdict.CLEAN, ())
    assert [f.sent for f in result.flows] == [200, 200]
    assert [(f.lost, f.duplicates, f.reordered) for f in result.flows] == [(0, 0, 0)] * 2
    latency, network = result.flows[0].latency, result.flows[0].network
    assert latency is not None and network is not None
    assert 0 < latency.min_ms <= latency.p50_ms <= latency.max_ms
    assert network.max_ms <= latency.max_ms
    assert result.flows[0].rtt is None
    assert [(a.host, a.stamped, a.clock_error_ms) for a in result.agents] == [("a", True, 0.0)]


@pytest.mark.parametrize("address", [HERE, SIX], ids=["ipv4", "ipv6"])
def test_a_round_trip_is_longer_than_one_way(address: Address) -> None:
    result = asyncio.run(run_probe(spec(flow("x", address), duration_s=1, echo=True), Local("a")))
    assert (result.verdict, result.doubts) == (Verdict.CLEAN, ())
    [found] = result.flows
    assert found.rtt is not None and found.rtt_network is not None and found.network is not None
    assert found.rtt.count == 200
    assert found.network.min_ms < found.rtt_network.min_ms <= found.rtt.min_ms


def test_the_time_at_the_far_end_is_not_the_network_s() -> None:
    """The far end is frozen for a while: packets wait there, stamped by the kernel, until it sends them back."""
    out = Flow("out", "a", "b", HERE, HERE, rate_pps=200)

    async def run() -> ProbeResult:
        echoing = spec(out, echo=True)
        probe = await start_probe(echoing, Local("a", "b"))
        await probe.started()
        far = next(p for p in agents() if _listens(p, echoing.port))
        os.kill(far, signal.SIGSTOP)
        await asyncio.sleep(1)
        os.kill(far, signal.SIGCONT)
        await asyncio.sleep(0.2)
        return await probe.stop()

    [found] = asyncio.run(run()).flows
    assert found.rtt_network is not None
    assert found.rtt_network.count == found.sent
    assert found.rtt_network.max_ms < 500


def test_it_stops_when_told() -> None:
    async def stopped() -> int:
        stop, started = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(run_probe(spec(flow("x")), Local("a"), stop=stop, started=started.set))
        await started.wait()
        await asyncio.sleep(0.5)
        stop.set()
        result = await running
        assert (result.verdict, result.doubts) == (Verdict.CLEAN, ())
        return result.flows[0].sent

    assert 0 < asyncio.run(stopped()) < 60 * 200 / 2
    assert agents() == []


def test_it_tells_while_it_runs_which_flow_is_silent_and_which_agent() -> None:
    """Two hosts send to `a`, and the agent of `b` is frozen for a while."""
    told: list[Interim] = []
    flows = (flow("x"), Flow("y", "b", "a", HERE, HERE, rate_pps=200))

    async def watched() -> None:
        watching = spec(*flows)
        probe = await start_probe(watching, Local("a", "b"), interim=told.append)
        await probe.started()
        await asyncio.sleep(0.5)
        sender = next(p for p in agents() if not _listens(p, watching.port))
        os.kill(sender, signal.SIGSTOP)
        await asyncio.sleep(1.2)
        silent, unheard = probe.latest["a"].flows, probe.unheard_s()
        os.kill(sender, signal.SIGCONT)
        assert silent["x"] < 500 and silent["y"] > 800
        assert unheard["a"] < 0.5 and unheard["b"] > 0.8
        await probe.stop()

    asyncio.run(watched())
    from_a = [one for one in told if one.host == "a"]
    assert 5 < len(from_a) < 60
    assert from_a[-1].received["x"] > from_a[0].received["x"]


def disturbed(disturb: Callable[[], object], then: Callable[[RunningProbe], object] = lambda _: None) -> ProbeResult:
    """A run of 60 s that is disturbed, and stopped 0.4 s later."""

    async def run() -> ProbeResult:
        probe = await start_probe(spec(flow("x"), max_stall_ms=100), Local("a"))
        await probe.started()
        await asyncio.sleep(0.3)
        disturb()
        await asyncio.sleep(0.4)
        then(probe)
        return await probe.stop()

    return asyncio.run(run())


def test_a_sender_that_was_frozen_for_a_while_is_inconclusive() -> None:
    result = disturbed(lambda: signal_agents(signal.SIGSTOP), lambda _: signal_agents(signal.SIGCONT))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [d for d in result.doubts if "stalled once" in d]
    assert result.lost == 0, "a stall is no loss of the network"


def test_an_agent_that_stays_frozen_is_given_up_and_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "ANSWER_S", 1.0)
    result = disturbed(lambda: signal_agents(signal.SIGSTOP))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "frozen" in result.doubts[0]
    assert result.flows == ()
    assert agents() == []


def test_an_agent_that_is_killed_is_known_at_once() -> None:
    def known(probe: RunningProbe) -> None:
        assert set(probe.failures()) == {"a"}

    result = disturbed(lambda: signal_agents(signal.SIGKILL), known)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "ended with -9" in result.doubts[0]


def test_it_ends_when_nothing_is_left_to_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """One agent is killed, or frozen for longer than its lease; flows between the others go on."""
    monkeypatch.setattr(orders, "LEASE_S", 2.0)
    flows = (Flow("x", "a", "b", HERE, HERE, rate_pps=200),)
    for sign in (signal.SIGKILL, signal.SIGSTOP):
        told: list[str] = []

        async def run(sign: signal.Signals, told: list[str]) -> ProbeResult:
            ending = spec(*flows, duration_s=600)
            probe = await start_probe(ending, Local("a", "b"), failed=lambda host, _: told.append(host))
            await probe.started()
            os.kill(next(p for p in agents() if _listens(p, ending.port)), sign)
            return await asyncio.wait_for(probe.result(), 60)

        result = asyncio.run(run(sign, told))
        assert (told, result.verdict, result.flows) == (["b"], Verdict.INCONCLUSIVE, ())
        assert agents() == []


def test_a_full_receive_queue_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver gets a queue of a few packets and is frozen while the sender goes on."""
    text = as_text(Path(run_module.__file__).with_name("agent"), "main", "RTMCTL_PROBE")
    assert "BUFFER = 8 << 20" in text
    small = text.replace("BUFFER = 8 << 20", "BUFFER = 4096")
    monkeypatch.setattr(run_module, "as_text", lambda *_: small)
    pair = (Flow("x", "a", "b", HERE, HERE, rate_pps=200),)

    async def run() -> ProbeResult:
        filling = spec(*pair)
        probe = await start_probe(filling, Local("a", "b"))
        await probe.started()
        receiver = next(p for p in agents() if _listens(p, filling.port))
        os.kill(receiver, signal.SIGSTOP)
        await asyncio.sleep(0.5)
        os.kill(receiver, signal.SIGCONT)
        await asyncio.sleep(0.2)
        return await probe.stop()

    result = asyncio.run(run())
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [d for d in result.doubts if d.startswith("b: ") and "overflowed" in d]


def _listens(pid: int, port: int) -> bool:
    """Whether one of the process's sockets is bound to the UDP port."""
    table = Path("/proc/net/udp").read_text().splitlines()[1:]
    inodes = {row.split()[9] for row in table if row.split()[1].endswith(f":{port:04X}")}
    links = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
    return any(f"socket:[{inode}]" in links for inode in inodes)


def test_a_sender_that_cannot_keep_its_rate_is_inconclusive() -> None:
    result = asyncio.run(run_probe(spec(flow("x", rate=10_000_000), duration_s=1, max_stall_ms=50), Local("a")))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [d for d in result.doubts if "stalled" in d or "below their rate" in d]


def test_an_unknown_host_is_refused_before_anything_starts() -> None:
    hosts = Local("b")
    with pytest.raises(PermanentError, match="a"):
        asyncio.run(run_probe(spec(flow("x")), hosts))
    assert hosts.commands == []


def test_an_agent_that_cannot_start_is_a_doubt() -> None:
    hosts = Local("a", wrap=lambda _, command: ["false"])
    result = asyncio.run(run_probe(spec(flow("x")), hosts))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.doubts[0].startswith("a: the agent ended with 1")


def test_agents_wait_for_a_host_that_is_slow_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than they would for a caller that says nothing."""
    monkeypatch.setattr(orders, "LEASE_S", 2.0)
    late = ["sh", "-c", 'sleep 3.5; exec "$@"', "sh"]
    hosts = Local("a", "b", wrap=lambda host, command: [*late, *command] if host == "b" else command)
    flows = (flow("x"), Flow("y", "b", "a", HERE, HERE, rate_pps=200))
    result = asyncio.run(run_probe(spec(*flows, duration_s=0.3), hosts))
    assert (result.doubts, len(result.flows)) == ((), 2)


def test_a_port_that_is_taken_is_named() -> None:
    wanted = spec(flow("x"))

    async def run() -> ProbeResult:
        probe = await start_probe(wanted, Local("a"))
        with pytest.raises(TemporaryError, match=rf"127\.0\.0\.1 port {wanted.port}: Address already in use"):
            await probe.started()
        return await probe.stop()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", wanted.port))
        result = asyncio.run(run())
    assert result.verdict is Verdict.INCONCLUSIVE


LONELY = """
import asyncio, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background may have it ignored
sys.path.insert(0, {here!r})
from test_probe_agent import *
async def main():
    probe = await start_probe(spec(flow("x")), Local("a"))
    await probe.started()
    print(*agents(), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def gone(pid: int, within_s: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within_s)[0])
    finally:
        os.close(handle)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_no_agent_outlives_its_caller(end: signal.Signals) -> None:
    script = LONELY.format(here=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        pids = [int(word) for word in caller.stdout.readline().split()]
        assert pids
        caller.send_signal(end)
        assert all(gone(pid, 5) for pid in pids)


def test_an_agent_that_hears_nothing_for_its_lease_ends() -> None:
    """As when the way to the host is lost and its sshd has not noticed."""
    order = {"run": 1, "duration_s": 60, "stall_ms": 20, "lease_s": 1, "port": a_port(), "echo": False}
    order |= {"addresses": ["127.0.0.1"], "receive": [], "send": []}
    text = as_text(Path(run_module.__file__).with_name("agent"), "main", "RTMCTL_PROBE")
    with subprocess.Popen(["python3", "-IS", "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
        assert agent.stdin is not None and agent.stdout is not None
        agent.stdin.write(json.dumps(order).encode() + b"\ngo\n")
        agent.stdin.flush()
        assert json.loads(agent.stdout.readline())["type"] == "ready"
        assert gone(agent.pid, 10)
        assert b"self" not in agent.stdout.read()
