"""Taking a fault back, and proving it."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from ..onboard.sessions import session_of_this
from .mechanism import Slow
from .record import BROKEN, RESTORED, REVERTING, Record, hash_of, mechanism_of, state_of, update, wanted_of

UNDO_S = 30.0
"""longest time of an undo; then the guard ends it and does it itself. Of one that dies it knows by the lock"""
SHOWN = 300
"""characters of a value in a message"""
PAUSES_S = (0.05, 0.3, 1.0)
"""between tries: a daemon that comes up, an address that the kernel makes"""


def undo(machine: Machine, record: Record, why: str) -> Record:
    """The injection's lock is held. Leaves `restored`, or `broken` with what differs.

    While it is at work the record says so: should it die, the guard does it again.
    """
    until = machine.now() + patience_s(record)
    record = {**record, "state": REVERTING, "cause": why, "undo_until": until, **session_of_this()}
    with contextlib.suppress(OSError):  # nothing can be written anywhere: the fault must go all the same
        update(machine, record)
    for pause in (0.0, *PAUSES_S):
        time.sleep(pause)
        problems = take_back(machine, record)
        gone = time.time_ns()
        left, after = remains(machine, record)
        if not left and not problems:  # a tool that fails may have nothing to show of what it should have removed
            return update(machine, record, state=RESTORED, after=after, failure="", reverted_ns=gone)
    text = "; ".join([*left[:8], *problems])
    return update(machine, record, state=BROKEN, after=after, failure=f"after the revert ({why}): {text}")


def patience_s(record: Record) -> float:
    mechanism = mechanism_of(record["mechanism"])
    return mechanism.undo_s if isinstance(mechanism, Slow) else UNDO_S


def take_back(machine: Machine, record: Record) -> list[str]:
    try:
        mechanism_of(record["mechanism"]).revert(machine, wanted_of(record))
    except AgentError as error:
        return [f"{error.step}: {error.message}"]
    except Exception as error:  # a defect too: what it left is told, and it is tried again
        return [f"{type(error).__name__}: {error}"]
    return []


def remains(machine: Machine, record: Record) -> tuple[list[str], str]:
    """What is not as before, and the hash of what is."""
    try:
        now = state_of(machine, record)
    except Exception as error:
        return [str(error) or type(error).__name__], ""
    found = []
    for part, was in record["before"].items():
        for name in sorted(was.keys() | now[part].keys()):
            if was.get(name) != now[part].get(name):
                found.append(difference(name, was.get(name), now[part].get(name)))
    after = hash_of(now)
    if not found and after != record["hash"]:
        found = ["the record of what was before is damaged"]
    return found, after


def difference(name: str, was: Any, now: Any) -> str:
    """In a line; of texts only how much, because a configuration holds secrets."""
    if isinstance(was, str) and isinstance(now, str) and "\n" in was + now:
        gone, new = set(was.splitlines()) - set(now.splitlines()), set(now.splitlines()) - set(was.splitlines())
        return f"{name}: {len(gone)} lines are missing and {len(new)} are new"
    return f"{name} was {shown(was)}, is {shown(now)}"


def shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
