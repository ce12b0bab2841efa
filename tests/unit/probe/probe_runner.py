"""A HostRunner whose hosts are this machine: each command is a process here."""

from collections.abc import Callable, Sequence

from rtmctl.probe import ProcessRunner


class Local(ProcessRunner):
    def __init__(self, *names: str, wrap: Callable[[str, Sequence[str]], Sequence[str]] = lambda _, line: line) -> None:
        self.commands: list[tuple[str, Sequence[str]]] = []

        def enter(host: str, command: tuple[str, ...]) -> Sequence[str]:
            self.commands.append((host, command))
            return wrap(host, command)

        super().__init__(frozenset(names), enter)
