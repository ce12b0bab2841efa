"""Sends a plan's tests: one command a host, listeners opened before and closed after."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtmctl.base import RtmctlError, TemporaryError
from rtmctl.observe.active.tests import Answer, HostTest, Kind, Seen
from rtmctl.observe.hosts import HostRunner

CONCURRENT_HOSTS = 8
LISTEN_S = 120
BATCH_TIMEOUT_S = 90.0
_ASK = Path(__file__).with_name("onhost.py")
_LISTEN = Path(__file__).with_name("listener.py")


async def send(
    tests: Sequence[HostTest], listeners: Sequence[tuple[str, Kind, int]], hosts: HostRunner
) -> tuple[dict[HostTest, Answer], dict[str, str]]:
    """(answers, host to why it could not be asked, or could not look out for what arrives)."""
    batch = _Batch(hosts, {path: await asyncio.to_thread(path.read_text) for path in (_ASK, _LISTEN)})
    by_host = _grouped(tests, lambda test: test.host)
    watched = _grouped((test for test in tests if test.watched), lambda test: test.target)
    opened = await batch.open(listeners, watched)
    try:
        found = await asyncio.gather(
            *(batch.ask(host, _ASK, {"tests": [_spec(t) for t in own]}) for host, own in by_host.items())
        )
    finally:
        arrived = await batch.close(opened, watched)
    answers: dict[HostTest, Answer] = {}
    for own, results in zip(by_host.values(), found, strict=True):
        if results is not None:
            answers.update(
                (test, replace(_answer(result), arrived=arrived.get(test)))
                for test, result in zip(own, results["results"], strict=True)
            )
    return answers, batch.failures


class _Batch:
    """Scripts run on hosts, a few at a time; what failed is kept, and the others go on."""

    def __init__(self, hosts: HostRunner, scripts: Mapping[Path, str]) -> None:
        self._hosts = hosts
        self._scripts = scripts
        self._gate = asyncio.Semaphore(CONCURRENT_HOSTS)
        self.failures: dict[str, str] = {}

    async def ask(self, host: str, script: Path, spec: Mapping[str, Any]) -> Any:
        async with self._gate:
            try:
                result = await self._hosts.run(
                    host, ["python3", "-c", self._scripts[script]], stdin=json.dumps(spec), timeout_s=BATCH_TIMEOUT_S
                )
                if result.exit_code != 0:
                    last = (result.stderr.strip().splitlines() or ["no message"])[-1]
                    raise TemporaryError(f"the test script ended with {result.exit_code}: {last}")
                return json.loads(result.stdout)
            except RtmctlError as error:
                self.failures[host] = error.message
            except ValueError:
                self.failures[host] = "the test script's output is not JSON"
            return None

    async def open(
        self, listeners: Sequence[tuple[str, Kind, int]], watched: Mapping[str, Sequence[HostTest]]
    ) -> dict[str, int]:
        """Host to the process that listens there."""
        ports: defaultdict[str, dict[str, list[int]]] = defaultdict(lambda: {"tcp": [], "udp": []})
        for host, kind, port in listeners:
            ports[host][kind.value].append(port)
        names = sorted({*ports, *watched})
        daemons = await asyncio.gather(
            *(
                self.ask(
                    name,
                    _LISTEN,
                    {
                        "mode": "open",
                        "seconds": LISTEN_S,
                        "watch": [_spec(test) for test in watched.get(name, ())],
                        **ports[name],
                    },
                )
                for name in names
            )
        )
        found = {name: daemon for name, daemon in zip(names, daemons, strict=True) if daemon is not None}
        self.failures.update({name: f"cannot watch: {d['blind']}" for name, d in found.items() if d["blind"]})
        return {name: daemon["pid"] for name, daemon in found.items()}

    async def close(
        self, opened: Mapping[str, int], watched: Mapping[str, Sequence[HostTest]]
    ) -> dict[HostTest, bool | None]:
        """Of each watched test, whether its packet arrived."""
        told = await asyncio.gather(
            *(self.ask(name, _LISTEN, {"mode": "close", "pid": pid}) for name, pid in opened.items())
        )
        arrived: dict[HostTest, bool | None] = {}
        for name, answer in zip(opened, told, strict=True):
            numbers = answer["arrived"] if answer is not None else None
            arrived.update(
                (test, None if numbers is None else number in numbers)
                for number, test in enumerate(watched.get(name, ()))
            )
        return arrived


def _grouped(tests: Iterable[HostTest], key: Callable[[HostTest], str]) -> dict[str, list[HostTest]]:
    found: defaultdict[str, list[HostTest]] = defaultdict(list)
    for test in tests:
        found[key(test)].append(test)
    return found


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
