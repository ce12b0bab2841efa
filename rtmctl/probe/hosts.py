"""How a command is run on a host of the site. The room that has the hosts implements it: a lab by entering the node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HostResult:
    exit_code: int
    stdout: str
    stderr: str


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
