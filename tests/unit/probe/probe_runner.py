"""A HostRunner whose hosts are this machine: each command is a process here."""

import asyncio
from collections.abc import Callable, Sequence

from rtmctl.base import TemporaryError
from rtmctl.probe import HostResult


class Local:
    def __init__(
        self, *names: str, wrap: Callable[[str, Sequence[str]], Sequence[str]] = lambda _, command: command
    ) -> None:
        self._names = frozenset(names)
        self._wrap = wrap
        self.commands: list[tuple[str, Sequence[str]]] = []

    def hosts(self) -> frozenset[str]:
        return self._names

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        self.commands.append((host, command))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*self._wrap(host, command), stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            out, err = await asyncio.wait_for(process.communicate(stdin.encode()), timeout_s)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise TemporaryError(f"no answer within {timeout_s:g} s") from None
        return HostResult(process.returncode or 0, out.decode(), err.decode())
