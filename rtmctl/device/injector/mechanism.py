"""What a mechanism is: one way to break a machine, and the way back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from ..onboard.programs import Result, last_line


class Wanted(NamedTuple):
    """One injection as a mechanism sees it.

    Attributes:
        key: names what the mechanism makes, so that its undo finds it: a table, a process, a file.
        before: what `owned` said before the first change; empty until then.
    """

    key: str
    arguments: Mapping[str, Any]
    before: Mapping[str, Any] = {}


class Change(NamedTuple):
    """CLOCK_REALTIME in ns right before the first change of an injection, and right after it."""

    began_ns: int
    done_ns: int


class Mechanism(Protocol):
    """All methods raise AgentError; none keeps anything between two calls, which two processes may make.

    `revert` must work from `wanted` alone, however little or much of `inject` was done, any number of times, and needs
    no memory, disk or tool that the fault takes away. It returns when the machine is as before or cannot be now: what
    it left is told by `owned`, and it is called again.
    """

    name: str
    summary: str

    def unable(self, machine: Machine) -> str | None:
        """Why no injection of this kind can be made here: a tool or a part of the kernel that is missing."""
        ...

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        """Why this one cannot; changes nothing. Called after `unable`."""
        ...

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        """Objects that the fault changes or makes, by name, as JSON: links, tables, programs that run.

        Never what is learnt or counted, and nothing of the process or boot: hashed before and after.
        """
        ...

    def inject(self, machine: Machine, wanted: Wanted) -> Change: ...
    def is_active(self, machine: Machine, wanted: Wanted) -> bool: ...
    def revert(self, machine: Machine, wanted: Wanted) -> None: ...


@runtime_checkable
class Rhythmic(Protocol):
    """A mechanism that goes on working while it is active: its guard keeps the rhythm."""

    def first_beat_s(self, wanted: Wanted) -> float:
        """From the injection to the first beat."""
        ...

    def beat(self, machine: Machine, wanted: Wanted) -> float:
        """Do the next part; returns the seconds until the one after it."""
        ...


@runtime_checkable
class Slow(Protocol):
    """A mechanism whose undo takes longer than those of others, because something has to boot."""

    undo_s: float
    """longest time of it"""


def must(machine: Machine, step: str, argv: list[str], text: str | None = None, timeout: float = 10.0) -> Result:
    """Run a program; raises AgentError with its last line when it fails."""
    result = machine.run(argv, text=text, timeout=timeout)
    if result.rc != 0:
        raise AgentError("failed", step, f"{argv[0]}: {last_line(result)}", permanent=False)
    return result


def changed(machine: Machine, step: str, argv: list[str], text: str | None = None) -> Change:
    """The same, as the first change of an injection."""
    began = time.time_ns()
    must(machine, step, argv, text)
    return Change(began, time.time_ns())


def words_of(wanted: Wanted, name: str) -> list[str]:
    """An argument that is a list of words. Raises AgentError `usage`."""
    value = wanted.arguments.get(name)
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(word, str) and word for word in value):
        raise AgentError("usage", "arguments", f"{name} is to be a list of names")
    return sorted(set(value))


def number_of(wanted: Wanted, name: str, low: float, high: float) -> float:
    """An argument that is a number within bounds. Raises AgentError `usage`."""
    value = wanted.arguments.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise AgentError("usage", "arguments", f"{name} is to be a number from {low:g} to {high:g}, not {value!r}")
    return float(value)


def choice_of(wanted: Wanted, name: str, known: tuple[str, ...]) -> str:
    """An argument that is one of some words, the first when it is left out. Raises AgentError `usage`."""
    value = wanted.arguments.get(name, known[0])
    if value not in known:
        raise AgentError("usage", "arguments", f"{name} is to be one of {', '.join(known)}, not {value!r}")
    return str(value)
