"""The way to an injector: over SSH to a switch that has one, through a HostRunner to a host that is sent one."""

import asyncio
import base64
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.device import errors
from rtmctl.device.answers import INJECTOR, failure_of
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.hosts import HostProcess, HostRunner
from rtmctl.device.injecting.program import injector_file
from rtmctl.device.ssh import AgentChannel, Program

DRILLS = Program("injector, without which it takes no drills,", INJECTOR)
_FOLDER = "/run/rtmctl"
_CLOSE_S = 2.0


class Channel(Protocol):
    """Requests to one injector, one after the other; lost for good after the first error of transport."""

    @property
    def at_work(self) -> bool: ...
    async def request(self, verb: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Raises rtmctl.device.errors; the injector's own failure as the type of its code."""
        ...

    async def close(self) -> None: ...


class Way(Protocol):
    """How a channel to one node is opened; each holder has its own."""

    @property
    def node(self) -> str: ...
    async def open(self) -> Channel: ...
    async def forget(self) -> None:
        """Take away what was put there to be spoken to."""
        ...


@dataclass(frozen=True, slots=True)
class SwitchWay:
    """SSH as the user of the management section; one sudo rule allows the injector and nothing else."""

    endpoint: Endpoint

    @property
    def node(self) -> str:
        return self.endpoint.name

    async def open(self) -> Channel:
        return await AgentChannel.open(self.endpoint, program=DRILLS)

    async def forget(self) -> None:
        """The injector is part of the switch."""


@dataclass(frozen=True, slots=True)
class HostWay:
    """The injector is sent into /run, which a reboot empties."""

    runner: HostRunner
    node: str

    async def open(self) -> Channel:
        """Raises PermanentError when there is no such host, or the file cannot be put there."""
        program = injector_file()
        path = f"{_FOLDER}/injector-{hashlib.sha256(program).hexdigest()[:12]}"
        there = await self.runner.run(self.node, ("test", "-s", path))
        if there.exit_code != 0:
            script = f"umask 077 && mkdir -p {_FOLDER} && base64 -d >{path}.new && mv {path}.new {path}"
            sent = await self.runner.run(self.node, ("sh", "-c", script), stdin=base64.b64encode(program).decode())
            if sent.exit_code != 0:
                said = sent.stderr.strip().rpartition("\n")[2] or f"exit status {sent.exit_code}"
                raise PermanentError(f"{self.node}: the injector cannot be put into {_FOLDER}: {said}")
        process = await self.runner.start(self.node, ("python3", "-IS", path, "serve"))
        return HostChannel(self.node, process)

    async def forget(self) -> None:
        await self.runner.run(self.node, ("sh", "-c", f"rm -rf {_FOLDER}/injector-* {_FOLDER}/drill"))


@dataclass(slots=True)
class HostChannel:
    """An injector that was started with `serve`, over its standard input and output."""

    node: str
    process: HostProcess
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def at_work(self) -> bool:
        return self.lock.locked()

    async def request(self, verb: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        async with self.lock:
            try:
                async with asyncio.timeout(timeout_s):
                    await self.process.write(json.dumps({"verb": verb, "arguments": arguments}) + "\n")
                    length, body = await self.process.readline(), await self.process.readline()
            except TimeoutError:
                await self.close()
                raise errors.TimedOut(self.node, verb, f"no answer within {timeout_s:g} s") from None
            except (TemporaryError, asyncio.CancelledError):
                await self.close()
                raise
            if not length.strip().isdigit() or len(body) != int(length) + 1:
                said = (await self.process.wait()).stderr.strip().rpartition("\n")[2]
                raise errors.StepFailed(self.node, verb, f"the injector did not answer: {said or 'it ended'}")
        answer = json.loads(body)
        if "error" in answer:
            raise failure_of(self.node, answer)
        return dict(answer)

    async def close(self) -> None:
        """The injector ends with its input. It has a session of its own: one that hangs is for its guard to end."""
        with contextlib.suppress(TimeoutError, TemporaryError):
            async with asyncio.timeout(_CLOSE_S):
                await self.process.wait()
