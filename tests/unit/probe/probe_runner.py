"""A HostRunner whose hosts are this machine: each command is a process here."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from rtmctl.probe import ProcessRunner


class Local(ProcessRunner):
    def __init__(self, *names: str, wrap: Callable[[str, Sequence[str]], Sequence[str]] = lambda _, line: line) -> None:
        self.commands: list[tuple[str, Sequence[str]]] = []

        def enter(host: str, command: tuple[str, ...]) -> Sequence[str]:
            self.commands.append((host, command))
            return wrap(host, command)

        super().__init__(frozenset(names), enter)


def agents() -> list[int]:
    """Processes of probe agents that this process began."""
    found: list[int] = []
    for thread in Path("/proc/self/task").iterdir():
        found += map(int, (thread / "children").read_text().split())
    return [p for p in found if b"RTMCTL_PROBE" in Path(f"/proc/{p}/cmdline").read_bytes()]


def signal_agents(sign: signal.Signals) -> list[int]:
    found = agents()
    assert found
    for pid in found:
        os.kill(pid, sign)
    return found
