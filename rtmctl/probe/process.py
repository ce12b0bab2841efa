"""Hosts that are entered by a command on this machine: a lab's nodes, or this machine itself."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.probe.hosts import HostResult

CommandLine = Callable[[str, tuple[str, ...]], Sequence[str]]
"""(host, command) to the command line that runs it there"""


class ProcessRunner:
    """A HostRunner; `enter` is, for a lab, its `command` method."""

    def __init__(self, names: frozenset[str], enter: CommandLine) -> None:
        self._names = names
        self._enter = enter

    def hosts(self) -> frozenset[str]:
        return self._names

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        """As `HostRunner.run`; a command that outlives its time is killed."""
        if host not in self._names:
            raise PermanentError(f"there is no host {host}")
        pipe = asyncio.subprocess.PIPE
        line = self._enter(host, tuple(command))
        try:
            process = await asyncio.create_subprocess_exec(*line, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise PermanentError(f"{host}: {line[0]}: {error.strerror}") from None
        try:
            out, err = await asyncio.wait_for(process.communicate(stdin.encode()), timeout_s)
        except TimeoutError:
            raise TemporaryError(f"{host}: no answer within {timeout_s:g} s") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        return HostResult(process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))
