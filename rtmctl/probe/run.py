"""Runs a probe: one agent a host, started together, until its time is over or it is told to stop."""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rtmctl.base import PermanentError, RtmctlError
from rtmctl.device.hosts import HostRunner
from rtmctl.probe.merge import merge
from rtmctl.probe.types import ProbeResult, ProbeSpec

GRACE_S = 20.0
"""beyond the run's own length, until an agent that says nothing is given up"""
_AGENT = Path(__file__).with_name("agent.py")


async def run_probe(
    spec: ProbeSpec,
    hosts: HostRunner,
    *,
    stop: asyncio.Event | None = None,
    started: Callable[[], None] | None = None,
    wall_ns: Callable[[], int] = time.time_ns,
) -> ProbeResult:
    """Measure all flows at once.

    Args:
        stop: ends the run before its duration when set; what was sent until then counts.
        started: called when the first packets leave.

    Raises:
        PermanentError: a flow names a host that cannot be entered, or there is no flow.
    """
    names = sorted({h for f in spec.flows for h in (f.source, f.destination)})
    unknown = sorted(set(names) - hosts.hosts())
    if unknown or not names:
        raise PermanentError(
            f"cannot probe from or to {', '.join(unknown)}" if unknown else "there is no flow to probe"
        )
    script = await asyncio.to_thread(_AGENT.read_text)
    start_ns = wall_ns() + int(spec.lead_s * 1e9)
    stop_file = f"/tmp/rtmctl-probe-{secrets.token_hex(8)}.stop"
    lines: dict[str, list[Mapping[str, Any]]] = {}
    failures: dict[str, str] = {}

    async def agent(host: str) -> None:
        timeout_s = spec.lead_s + spec.duration_s + spec.linger_s + GRACE_S
        try:
            result = await hosts.run(
                host,
                ["python3", "-c", script],
                stdin=json.dumps(_spec(spec, host, start_ns, stop_file)),
                timeout_s=timeout_s,
            )
            if result.exit_code != 0:
                failures[host] = f"the agent ended with {result.exit_code}: {_last(result.stderr)}"
            else:
                lines[host] = [json.loads(line) for line in result.stdout.splitlines()]
        except RtmctlError as error:
            failures[host] = error.message
        except ValueError:
            failures[host] = "the agent's output is not JSON"

    helpers = [asyncio.create_task(_stopper(stop, names, hosts, stop_file))] if stop is not None else []
    if started is not None:
        helpers.append(asyncio.create_task(_announce(started, spec.lead_s)))
    try:
        async with asyncio.TaskGroup() as group:
            for host in names:
                group.create_task(agent(host))
    finally:
        for helper in helpers:
            helper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await helper
    return merge(spec, lines, failures)


async def _announce(started: Callable[[], None], lead_s: float) -> None:
    await asyncio.sleep(lead_s)
    started()


async def _stopper(stop: asyncio.Event, names: list[str], hosts: HostRunner, stop_file: str) -> None:
    await stop.wait()
    for host in names:
        with contextlib.suppress(RtmctlError):  # its agent then runs to its own end
            await hosts.run(host, ["touch", stop_file], timeout_s=5)


def _spec(spec: ProbeSpec, host: str, start_ns: int, stop_file: str) -> dict[str, Any]:
    return {
        "start_ns": start_ns,
        "duration_s": spec.duration_s,
        "linger_s": spec.linger_s,
        "stall_ms": spec.max_stall_ms,
        "stop_file": stop_file,
        "port": spec.port,
        "send": [
            {
                "flow": number,
                "source": str(flow.source_address),
                "destination": str(flow.destination_address),
                "source_port": spec.port + 1 + number,
                "port": spec.port,
                "rate_pps": flow.rate_pps,
                "size": flow.size,
            }
            for number, flow in enumerate(spec.flows)
            if flow.source == host
        ],
    }


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
