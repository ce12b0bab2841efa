"""Hosts over SSH, as the user of the site's management section: a connection a command.

Where that user may use sudo without a password, commands run as root: only root may have real-time scheduling.
"""

import asyncio
import contextlib
import shlex
from collections.abc import Mapping, Sequence

import asyncssh

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.hosts import HostResult
from rtmctl.device.ssh import open_ssh

CLOSE_S = 2.0
AS_ROOT_IF_ALLOWED = 'if sudo -n true 2>/dev/null; then exec sudo -n "$@"; else exec "$@"; fi'
WINDOW = 16 << 20
"""bytes under way, so that no line is cut at the end of a window"""


class SshHosts:
    """A HostRunner."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = endpoints

    def hosts(self) -> frozenset[str]:
        return frozenset(self._endpoints)

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        """As `HostRunner.run`; raises what `open_ssh` does too."""
        process = await self.start(host, command)
        try:
            async with asyncio.timeout(timeout_s):
                await process.write(stdin)
                return await process.wait()
        except TimeoutError:
            raise TemporaryError(f"{host}: no answer within {timeout_s:g} s") from None
        finally:
            await process.kill()

    async def start(self, host: str, command: Sequence[str]) -> "SshProcess":
        """As `HostRunner.start`; raises what `open_ssh` does too."""
        if host not in self._endpoints:
            raise PermanentError(f"there is no host {host}")
        connection = await open_ssh(self._endpoints[host])
        try:
            line = shlex.join(("sh", "-c", AS_ROOT_IF_ALLOWED, "sh", *command))
            process = await connection.create_process(line, errors="replace", window=WINDOW)
        except (OSError, asyncssh.Error) as error:
            connection.abort()
            raise TemporaryError(f"{host}: {error}") from None
        except asyncio.CancelledError:
            connection.abort()
            raise
        return SshProcess(host, connection, process)


class SshProcess:
    """A HostProcess. When the connection is lost, the host's sshd ends the command's standard input."""

    def __init__(
        self, host: str, connection: asyncssh.SSHClientConnection, process: "asyncssh.SSHClientProcess[str]"
    ) -> None:
        self._host, self._connection, self._process = host, connection, process

    async def write(self, text: str) -> None:
        try:
            self._process.stdin.write(text)
            await self._process.stdin.drain()
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error) from None

    async def readline(self) -> str:
        try:
            return await self._process.stdout.readline()
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error) from None

    async def wait(self) -> HostResult:
        try:
            with contextlib.suppress(OSError):
                self._process.stdin.write_eof()
            done = await self._process.wait()
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error) from None
        finally:
            self._connection.close()
        if done.returncode is None:
            raise TemporaryError(f"{self._host}: the connection was lost before the command ended")
        return HostResult(done.returncode, str(done.stdout or ""), str(done.stderr or ""))

    async def kill(self) -> None:
        with contextlib.suppress(OSError, asyncssh.Error):
            self._process.kill()
        self._process.close()
        self._connection.close()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._connection.wait_closed()
        except TimeoutError:
            self._connection.abort()

    def _lost(self, error: Exception) -> TemporaryError:
        return TemporaryError(f"{self._host}: the connection was lost: {error or type(error).__name__}")
