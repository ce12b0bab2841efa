"""The hosts of a lab, as verify and the probes enter them."""

import asyncio
from collections.abc import Sequence

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.lab.blueprint import NodeKind
from rtmctl.lab.driver import Lab
from rtmctl.probe.hosts import HostResult


class LabHosts:
    """`rtmctl.probe.hosts.HostRunner` over a running lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._names = frozenset(
            node.name for node in lab.status().nodes if node.running and node.kind is not NodeKind.SWITCH
        )

    def hosts(self) -> frozenset[str]:
        return self._names

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        if host not in self._names:
            raise PermanentError(f"the lab has no running host {host!r}", hint=", ".join(sorted(self._names)))
        process = await asyncio.create_subprocess_exec(
            *self._lab.command(host, tuple(command)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(timeout_s):
                out, err = await process.communicate(stdin.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise TemporaryError(f"{host}: no end of {command[0]} within {timeout_s:g} s") from None
        return HostResult(process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))
