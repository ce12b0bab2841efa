"""SSH to a device: a checked connection, and one exec channel that speaks to the device's agent.

One channel serves a whole session (`agent serve`): starting sudo and an interpreter for every step would cost the
device more than most steps do.
"""

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from typing import Any

import asyncssh

from rtmctl.device import errors
from rtmctl.device.answers import AGENT, MAX_ANSWER, failure_of
from rtmctl.device.endpoint import Endpoint

CONNECT_TIMEOUT_S = 15.0
KEEPALIVE_S = 10

logging.getLogger("asyncssh").setLevel(logging.CRITICAL)


async def open_ssh(endpoint: Endpoint, timeout_s: float = CONNECT_TIMEOUT_S) -> asyncssh.SSHClientConnection:
    """Raises Unreachable, TimedOut, LoginRefused or HostKeyChanged."""
    name = endpoint.name
    for path, what in ((endpoint.known_hosts, "known_hosts"), (endpoint.key, "key")):
        if path is not None and not path.is_file():
            raise errors.LoginRefused(name, "connect", f"there is no {what} file {path}", hint=_HINT_LOGIN)
    hosts = _known_hosts(endpoint)
    try:
        sock = await asyncio.to_thread(endpoint.dial, endpoint.address, endpoint.port) if endpoint.dial else None
        return await asyncssh.connect(
            endpoint.address,
            endpoint.port,
            sock=sock,
            username=endpoint.user,
            client_keys=[str(endpoint.key)] if endpoint.key else None,
            known_hosts=hosts,
            preferred_auth="publickey",
            agent_path=None if endpoint.key else (),
            config=None,
            gss_host=None,
            x509_trusted_certs=None,
            compression_algs=["none"],
            connect_timeout=timeout_s,
            login_timeout=timeout_s,
            keepalive_interval=KEEPALIVE_S,
            keepalive_count_max=3,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        raise _host_key_error(endpoint, hosts, str(error)) from None
    except asyncssh.PermissionDenied:
        text = f"login refused for user {endpoint.user} with key {endpoint.key}"
        raise errors.LoginRefused(name, "login", text, hint=_HINT_LOGIN) from None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise errors.LoginRefused(name, "login", f"key {endpoint.key}: {error}", hint=_HINT_LOGIN) from None
    except TimeoutError:
        text = f"no SSH connection to {endpoint.address} port {endpoint.port} within {timeout_s:g} s"
        raise errors.TimedOut(name, "connect", text, hint=_HINT_REACH) from None
    except (OSError, asyncssh.Error) as error:
        text = f"{endpoint.address} port {endpoint.port}: {_reason(error)}"
        raise errors.Unreachable(name, "connect", text, hint=_HINT_REACH) from None


_HINT_LOGIN = "check the user and key of the site's management section, and authorized_keys on the device"
_HINT_REACH = "check that the device is up and its management address is reachable from here"


@dataclass(frozen=True, slots=True)
class Program:
    """What answers on a device: one file, one sudo rule."""

    what: str
    path: str

    @property
    def hint(self) -> str:
        return f"install the {self.what} as {self.path} with the sudo rule for it, see the docs on preparing a switch"


AGENT_PROGRAM = Program("agent", AGENT)


def _reason(error: Exception) -> str:
    if isinstance(error, asyncssh.Error):
        return str(error.reason) or type(error).__name__
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _known_hosts(endpoint: Endpoint) -> asyncssh.SSHKnownHosts:
    path = endpoint.known_hosts
    try:
        return asyncssh.read_known_hosts(str(path))
    except (OSError, ValueError) as error:
        text = f"the known_hosts file {path} cannot be read: {_reason(error)}"
        raise errors.LoginRefused(endpoint.name, "connect", text, hint="see sshd(8), SSH_KNOWN_HOSTS FORMAT") from None


def _host_key_error(endpoint: Endpoint, hosts: asyncssh.SSHKnownHosts, reason: str) -> errors.HostKeyChanged:
    known = any(hosts.match(endpoint.address, endpoint.address, endpoint.port)[:1])
    what = "shows another host key than the one known" if known else "has no known host key"
    hint = (
        f"somebody may answer in its place; if the device was really replaced or given new keys, "
        f"put its new key for {endpoint.address} into {endpoint.known_hosts}"
    )
    return errors.HostKeyChanged(endpoint.name, "connect", f"{what} ({reason})", hint=hint)


@dataclass(slots=True)
class AgentChannel:
    """Requests to the agent, one after the other. Lost for good after the first error of transport.

    `main`: it opened the connection, and takes it down when it is lost.
    """

    device: str
    connection: asyncssh.SSHClientConnection
    process: "asyncssh.SSHClientProcess[bytes]"
    lock: asyncio.Lock
    main: bool = True
    program: Program = AGENT_PROGRAM

    @classmethod
    async def open(
        cls, endpoint: Endpoint, timeout_s: float = CONNECT_TIMEOUT_S, program: Program = AGENT_PROGRAM
    ) -> "AgentChannel":
        """Raises what `open_ssh` does. Whether the program is there shows with the first request."""
        connection = await open_ssh(endpoint, timeout_s)
        try:
            return await cls._on(connection, endpoint.name, program)
        except errors.Unreachable:
            connection.abort()
            raise

    @classmethod
    async def _on(cls, connection: asyncssh.SSHClientConnection, device: str, program: Program) -> "AgentChannel":
        try:
            process = await connection.create_process(f"sudo -n {program.path} serve", encoding=None)
        except (OSError, asyncssh.Error) as error:
            raise errors.Unreachable(device, "connect", _reason(error), hint=_HINT_REACH) from None
        return cls(device, connection, process, asyncio.Lock(), program=program)

    async def second(self) -> "AgentChannel":
        """Another channel on the same connection: for what must not wait behind a long step. Raises Unreachable."""
        channel = await self._on(self.connection, self.device, self.program)
        channel.main = False
        return channel

    @property
    def at_work(self) -> bool:
        return self.lock.locked()

    def lose(self) -> None:
        if self.main:
            self.connection.abort()
        else:
            self.process.close()

    async def request(self, verb: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """The agent's answer. Raises rtmctl.device.errors; an agent's own failure as the type of its code."""
        async with self.lock:
            try:
                async with asyncio.timeout(timeout_s):
                    answer = await self._exchange(verb, arguments)
            except asyncio.CancelledError:
                self.lose()  # an answer that nobody reads would be taken for the next one's
                raise
            except TimeoutError:
                self.lose()
                text = f"no answer within {timeout_s:g} s"
                raise errors.TimedOut(self.device, verb, text, hint=_HINT_REACH) from None
            except (OSError, asyncssh.Error, asyncio.IncompleteReadError) as error:
                self.lose()
                raise errors.Unreachable(self.device, verb, f"connection lost: {_reason(error)}") from None
        if "error" in answer and "code" in answer:  # a ping's answer has an `error` text too
            raise failure_of(self.device, answer)
        return answer

    async def _exchange(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        request = json.dumps({"verb": verb, "arguments": arguments})
        try:
            self.process.stdin.write(request.encode() + b"\n")
        except BrokenPipeError:
            raise await self._no_agent(verb, b"") from None
        length = await self.process.stdout.readline()
        if not re.fullmatch(rb"\d{1,12}\n", length) or int(length) > MAX_ANSWER:
            raise await self._no_agent(verb, length)
        body = await self.process.stdout.readexactly(int(length) + 1)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise self._garbage(verb, body) from None
        if not isinstance(answer, dict):
            raise self._garbage(verb, body)
        return answer

    def _garbage(self, verb: str, text: bytes) -> errors.Garbage:
        seen = text[:80].decode("utf-8", "replace").strip()
        what, hint = self.program.what, self.program.hint
        return errors.Garbage(self.device, verb, f"not an answer of the {what}: {seen!r}", hint=hint)

    async def _no_agent(self, verb: str, seen: bytes) -> errors.DeviceError:
        """Why the channel ended or babbled: what sudo and the shell said."""
        if seen.strip() and self.process.exit_status is None:
            self.lose()
            return self._garbage(verb, seen)
        said = (seen + await self.process.stderr.read()).decode("utf-8", "replace").strip()
        self.lose()
        last = said.splitlines()[-1] if said else ""
        what, hint = self.program.what, self.program.hint
        if "command not found" in said or "No such file" in said:
            return errors.AgentMissing(self.device, verb, f"no {what} on the device ({last})", hint=hint)
        if "sudo" in said or "password" in said or "not allowed" in said:
            return errors.SudoRefused(self.device, verb, f"sudo refused: {last}", hint=hint)
        if said:
            return errors.Garbage(self.device, verb, f"not an answer of the {what}: {last[:120]!r}", hint=hint)
        return errors.Unreachable(self.device, verb, "the connection ended before the answer", hint=_HINT_REACH)

    async def close(self) -> None:
        self.connection.close()
        try:
            async with asyncio.timeout(5):
                await self.connection.wait_closed()
        except TimeoutError:
            self.connection.abort()
