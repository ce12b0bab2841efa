"""How a command is run on a host of the site: by entering a node of a lab, or over SSH."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HostResult:
    exit_code: int
    stdout: str
    stderr: str


class HostProcess(Protocol):
    """A command under way on a host. Its standard input ends with this process, and with the way to the host."""

    async def write(self, text: str) -> None:
        """To its standard input. Raises TemporaryError when it takes no more."""
        ...

    async def readline(self) -> str:
        """The next line of its standard output with its newline; empty at the end."""
        ...

    async def wait(self) -> HostResult:
        """Close its standard input and wait for its end; `stdout` is what was not read as lines."""
        ...

    async def kill(self) -> None:
        """End it whatever state it is in; returns when nothing of it is left here."""
        ...


class HostRunner(Protocol):
    """Runs commands on hosts by name, as root there or as a user that may open ICMP sockets."""

    def hosts(self) -> frozenset[str]:
        """The hosts that can be entered."""
        ...

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        """Run one command to its end.

        Raises:
            TemporaryError: the host did not answer, or the command outlived `timeout_s` (and was killed).
            PermanentError: there is no such host.
        """
        ...

    async def start(self, host: str, command: Sequence[str]) -> HostProcess:
        """Begin a command and speak with it while it runs.

        Raises:
            TemporaryError: the host did not answer.
            PermanentError: there is no such host.
        """
        ...
