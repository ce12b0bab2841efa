"""The agent over paramiko, for programs without an event loop (NAPALM). Raises napalm's exceptions."""

import json
from typing import Any

import paramiko
from napalm.base import exceptions as napalm

from rtmctl.device.answers import AGENT, MAX_ANSWER, failure_of

CONFLICTS = ("locked", "fenced")


class AgentClient:
    """One SSH connection, one channel with `agent serve`. Host keys are checked unless told otherwise."""

    def __init__(self, hostname: str, username: str, password: str, timeout: int, options: dict[str, Any]) -> None:
        self._name = hostname
        self._arguments: dict[str, Any] = {
            "username": username,
            "password": password or None,
            "port": int(options.get("port", 22)),
            "key_filename": options.get("key_file"),
            "passphrase": options.get("passphrase"),
            "look_for_keys": bool(options.get("use_keys", not options.get("key_file") and not password)),
            "allow_agent": bool(options.get("allow_agent", False)),
            "timeout": timeout,
            "banner_timeout": timeout,
            "auth_timeout": timeout,
        }
        self._options = options
        self._timeout = timeout
        self._ssh: paramiko.SSHClient | None = None
        self._channel: paramiko.Channel | None = None
        self._file: Any = None

    def open(self) -> None:
        ssh = paramiko.SSHClient()
        if self._options.get("ssh_strict", True):
            ssh.set_missing_host_key_policy(paramiko.RejectPolicy())
        else:
            ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        known_hosts = self._options.get("alt_host_keys_file") or self._options.get("ssh_known_hosts_file")
        dial = self._options.get("dial")
        try:
            if known_hosts:
                ssh.load_host_keys(str(known_hosts))
            else:
                ssh.load_system_host_keys()
            sock = dial(self._name, self._arguments["port"]) if dial else self._options.get("sock")
            ssh.connect(self._name, sock=sock, **self._arguments)
            transport = ssh.get_transport()
            assert transport is not None
            self._channel = transport.open_session(timeout=self._timeout)
            self._channel.exec_command(f"sudo -n {AGENT} serve")
        except paramiko.AuthenticationException as error:
            ssh.close()
            raise napalm.ConnectAuthError(f"{self._name}: login refused: {error}") from None
        except paramiko.BadHostKeyException:
            ssh.close()
            raise napalm.ConnectionException(f"{self._name}: shows another host key than the one known") from None
        except TimeoutError:
            ssh.close()
            raise napalm.ConnectTimeoutError(f"{self._name}: no SSH connection within {self._timeout} s") from None
        except (OSError, paramiko.SSHException, EOFError) as error:
            ssh.close()
            raise napalm.ConnectionException(f"{self._name}: {error}") from None
        self._ssh = ssh
        self._file = self._channel.makefile("rb", -1)

    def close(self) -> None:
        if self._ssh is not None:
            self._ssh.close()
        self._ssh = self._channel = self._file = None

    @property
    def alive(self) -> bool:
        transport = self._ssh.get_transport() if self._ssh else None
        return bool(transport and transport.is_active() and self._channel and not self._channel.closed)

    def request(self, verb: str, timeout_s: float = 0, /, **arguments: Any) -> dict[str, Any]:
        """The agent's answer; raises ConnectionClosedException, LockError or CommandErrorException."""
        if self._channel is None:
            raise napalm.ConnectionClosedException(f"{self._name}: the connection is not open")
        self._channel.settimeout(timeout_s or self._timeout)
        try:
            self._channel.sendall(json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n")
            length = self._file.readline()
            body = self._file.read(int(length)) if length.strip().isdigit() and int(length) < MAX_ANSWER else b""
            self._file.readline()
        except TimeoutError as error:
            self.close()
            raise napalm.ConnectionClosedException(f"{self._name}: {verb}: no answer in time") from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            self.close()
            raise napalm.ConnectionClosedException(f"{self._name}: {verb}: {error}") from None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            said = self._said(length)
            self.close()
            raise napalm.ConnectionException(f"{self._name}: no agent answers: {said}")
        if "error" in answer:
            kind = napalm.LockError if answer.get("code") in CONFLICTS else napalm.CommandErrorException
            raise kind(failure_of(self._name, answer).message)
        return answer

    def _said(self, seen: bytes) -> str:
        try:
            assert self._channel is not None
            self._channel.settimeout(2)
            seen += self._channel.recv_stderr(4096)
        except (OSError, AssertionError):
            pass
        lines = seen.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "nothing was said"
