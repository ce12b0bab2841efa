"""Sends a plan's tests: one command a host, listeners opened before and closed after."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rtmctl.base import RtmctlError, TemporaryError
from rtmctl.observe.active.tests import Answer, HostTest, Kind, Seen
from rtmctl.observe.hosts import HostRunner

CONCURRENT_HOSTS = 8
LISTEN_S = 120
BATCH_TIMEOUT_S = 90.0
_SCRIPT = Path(__file__).with_name("onhost.py")


async def send(
    tests: Sequence[HostTest], listeners: Sequence[tuple[str, Kind, int]], hosts: HostRunner
) -> tuple[dict[HostTest, Answer], dict[str, str]]:
    """(answers, host to why it could not be asked)."""
    script = await asyncio.to_thread(_SCRIPT.read_text)
    gate = asyncio.Semaphore(CONCURRENT_HOSTS)
    failures: dict[str, str] = {}

    async def ask(host: str, spec: Mapping[str, Any]) -> Any:
        async with gate:
            try:
                result = await hosts.run(
                    host, ["python3", "-c", script], stdin=json.dumps(spec), timeout_s=BATCH_TIMEOUT_S
                )
                if result.exit_code != 0:
                    last = (result.stderr.strip().splitlines() or ["no message"])[-1]
                    raise TemporaryError(f"the test script ended with {result.exit_code}: {last}")
                return json.loads(result.stdout)
            except RtmctlError as error:
                failures[host] = error.message
            except ValueError:
                failures[host] = "the test script's output is not JSON"
            return None

    ports: defaultdict[str, dict[str, list[int]]] = defaultdict(lambda: {"tcp": [], "udp": []})
    for host, kind, port in listeners:
        ports[host][kind.value].append(port)
    daemons = await asyncio.gather(*(ask(h, {"mode": "listen", "seconds": LISTEN_S, **p}) for h, p in ports.items()))
    try:
        by_host: defaultdict[str, list[HostTest]] = defaultdict(list)
        for test in tests:
            by_host[test.host].append(test)
        batches = await asyncio.gather(
            *(ask(host, {"mode": "probe", "tests": [_spec(t) for t in own]}) for host, own in by_host.items())
        )
    finally:
        opened = [(h, d["pid"]) for h, d in zip(ports, daemons, strict=True) if d is not None]
        await asyncio.gather(*(ask(h, {"mode": "stop", "pid": pid}) for h, pid in opened))
    answers: dict[HostTest, Answer] = {}
    for own, batch in zip(by_host.values(), batches, strict=True):
        if batch is not None:
            answers.update(zip(own, map(_answer, batch["results"]), strict=True))
    return answers, failures


def _spec(test: HostTest) -> dict[str, object]:
    return {
        "kind": test.kind.value,
        "source": str(test.source),
        "destination": str(test.destination),
        "port": test.port,
        "size": test.size,
        "df": test.dont_fragment,
    }


def _answer(result: Mapping[str, Any]) -> Answer:
    return Answer(Seen(result["seen"]), str(result["detail"]), result["rtt_ms"])
