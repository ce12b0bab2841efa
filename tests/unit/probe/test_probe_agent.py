"""The agent itself, on this machine's loopback."""

import asyncio
import os
import signal
from ipaddress import ip_address
from pathlib import Path

import pytest
from probe_runner import Local

from rtmctl.base import PermanentError
from rtmctl.probe import Flow, ProbeSpec, Verdict, run_probe

HERE = ip_address("127.0.0.1")
SIX = ip_address("::1")


def flow(name: str, address: object = HERE, rate: float = 200) -> Flow:
    return Flow(name, "a", "a", address, address, rate_pps=rate)


def spec(*flows: Flow, port: int, duration_s: float = 1, max_stall_ms: float = 500) -> ProbeSpec:
    """The stall limit is generous: this machine may be busy, and it is not what these tests are about."""
    return ProbeSpec(flows, duration_s, port=port, lead_s=1.5, linger_s=0.3, max_stall_ms=max_stall_ms)


@pytest.mark.parametrize("address", [HERE, SIX], ids=["ipv4", "ipv6"])
def test_everything_arrives_once_and_in_order(address: object) -> None:
    result = asyncio.run(run_probe(spec(flow("x", address), flow("y", address), port=24100), Local("a")))
    assert (result.verdict, result.doubts) == (Verdict.CLEAN, ())
    assert [f.sent for f in result.flows] == [200, 200]
    assert [(f.lost, f.duplicates, f.reordered) for f in result.flows] == [(0, 0, 0)] * 2
    latency = result.flows[0].latency
    assert latency is not None
    assert 0 < latency.min_ms <= latency.p50_ms <= latency.max_ms


def test_it_stops_when_told() -> None:
    async def stopped() -> float:
        stop, started = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(
            run_probe(spec(flow("x"), port=24200, duration_s=60), Local("a"), stop=stop, started=started.set)
        )
        await started.wait()
        await asyncio.sleep(0.5)
        stop.set()
        result = await running
        assert (result.verdict, result.doubts) == (Verdict.CLEAN, ())
        return result.flows[0].sent

    assert 0 < asyncio.run(stopped()) < 60 * 200 / 2


def test_a_frozen_sender_is_inconclusive() -> None:
    async def frozen() -> Verdict:
        async def freeze() -> None:
            await asyncio.sleep(1.8)
            agents = [p for p in _children() if b"RTMCTL_PROBE" in Path(f"/proc/{p}/cmdline").read_bytes()]
            for pid in agents:
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.4)
            for pid in agents:
                os.kill(pid, signal.SIGCONT)
            assert agents

        task = asyncio.create_task(freeze())
        result = await run_probe(spec(flow("x"), port=24300, max_stall_ms=100), Local("a"))
        await task
        assert [d for d in result.doubts if "stalled" in d]
        return result.verdict

    assert asyncio.run(frozen()) is Verdict.INCONCLUSIVE


def _children() -> list[int]:
    found: list[int] = []
    for thread in Path("/proc/self/task").iterdir():
        found += map(int, (thread / "children").read_text().split())
    return found


def test_an_unknown_host_is_refused_before_anything_starts() -> None:
    hosts = Local("b")
    with pytest.raises(PermanentError, match="a"):
        asyncio.run(run_probe(spec(flow("x"), port=24400), hosts))
    assert hosts.commands == []


def test_an_agent_that_cannot_start_is_a_doubt() -> None:
    hosts = Local("a", wrap=lambda _, command: ["false"])
    result = asyncio.run(run_probe(spec(flow("x"), port=24500), hosts))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "ended with 1" in result.doubts[0]
