"""Hosts that are entered by a command on this machine: a lab's nodes, or this machine itself."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.device.hosts import HostResult

CommandLine = Callable[[str, tuple[str, ...]], Sequence[str]]
"""(host, command) to the command line that runs it there"""
LONGEST_LINE = 64 << 20


class ProcessRunner:
    """A HostRunner; `enter` is, for a lab, its `command` method."""

    def __init__(self, names: frozenset[str], enter: CommandLine) -> None:
        self._names = names
        self._enter = enter

    def hosts(self) -> frozenset[str]:
        return self._names

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        """As `HostRunner.run`; a command that outlives its time is killed."""
        running = await self.start(host, command)
        try:
            return await asyncio.wait_for(running.communicate(stdin), timeout_s)
        except TimeoutError:
            await running.kill()
            raise TemporaryError(f"{host}: no answer within {timeout_s:g} s") from None
        except asyncio.CancelledError:
            await running.kill()
            raise

    async def start(self, host: str, command: Sequence[str]) -> "LocalProcess":
        """As `HostRunner.start`."""
        if host not in self._names:
            raise PermanentError(f"there is no host {host}")
        pipe = asyncio.subprocess.PIPE
        line = self._enter(host, tuple(command))
        try:
            process = await asyncio.create_subprocess_exec(
                *line, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, limit=LONGEST_LINE
            )
        except OSError as error:
            raise PermanentError(f"{host}: {line[0]}: {error.strerror}") from None
        return LocalProcess(host, process)


class LocalProcess:
    """A HostProcess in a session of its own: Ctrl-C at the terminal is not for it, and it dies with all it began."""

    def __init__(self, host: str, process: Process) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self._host, self._process = host, process
        self._in, self._out = process.stdin, process.stdout
        self._said = asyncio.create_task(process.stderr.read())

    async def write(self, text: str) -> None:
        try:
            self._in.write(text.encode())
            await self._in.drain()
        except (ConnectionError, RuntimeError):
            raise TemporaryError(f"{self._host}: the command has ended") from None

    async def readline(self) -> str:
        return (await self._out.readline()).decode(errors="replace")

    async def wait(self) -> HostResult:
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._in.close()
        out = await self._out.read()
        said = await self._said
        code = await self._process.wait()
        return HostResult(code, out.decode(errors="replace"), said.decode(errors="replace"))

    async def communicate(self, stdin: str) -> HostResult:
        """Give it all of `stdin` while its output is read, and wait for its end."""
        self._in.write(stdin.encode())
        return await self.wait()  # what is not yet written goes out before the close

    async def kill(self) -> None:
        # the group: nsenter waits for a child in the node, which may be stopped and would stay
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await asyncio.wait((self._said,), timeout=1)  # whoever left the group may hold it open
        self._said.cancel()
