"""The guard of one injection: outlives whoever made the fault, and takes it back when nobody renews."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from itertools import chain, repeat

from ..onboard import guardian
from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from ..onboard.sessions import kill_holder, kill_session
from .lease import ends_at
from .mechanism import Rhythmic
from .record import ACTIVE, AT_WORK, BROKEN, LIVE, REVERTING, Record, load, mechanism_of, name_of, update, wanted_of
from .undo import undo

KILL_AFTER_S = 3.0
"""how long an expired lease waits for a step still in progress before it kills it"""
RETRY_S = 1.0
"""until the next try after something that no undo should meet"""
MEND_S = (2.0, 5.0, 10.0, 20.0, 40.0)
"""between tries of an undo that left something; then once a minute, until somebody forgets the drill"""
UNREADABLE_S = 1.0
"""how long a lease counts that nobody can read: `renew` refuses it too"""
LOOK_S = 0.25


class Guard:
    """Its own copy of the record and of the deadline stand for those that are damaged or gone."""

    def __init__(self, machine: Machine, key: str) -> None:
        self.machine, self.key = machine, key
        self.known: Record = {}
        self.until = machine.now() + UNREADABLE_S
        self.beats_at: float | None = None
        self.mends = chain(MEND_S, repeat(60.0))
        self.mend_at = machine.now() + next(self.mends)

    def looks(self) -> Iterator[float]:
        """For as long as there is something to take back; yields the seconds until the next look."""
        while True:
            try:
                pause = self.look()
            except Exception:  # neither a failing disk nor a defect may end the only one who would undo
                pause = RETRY_S
            if pause is None:
                return
            yield pause

    def record(self) -> Record:
        with contextlib.suppress(AgentError):
            found = load(self.machine, self.key)
            if found:
                self.known = found
                with contextlib.suppress(OSError):
                    self.machine.heal(name_of(self.key))
                return found
        if self.known.get("state") in (*LIVE, BROKEN):
            update(self.machine, self.known)
        return self.known

    def look(self) -> float | None:
        """One look: seconds until the next, or None when the work is done."""
        machine, record = self.machine, self.record()
        if record.get("state") == BROKEN:
            return self.mend()
        if record.get("state") not in LIVE:
            return None
        ends = ends_at(machine, self.key)
        self.until = min(self.until, machine.now() + UNREADABLE_S) if ends is None else ends
        due = float(record.get("undo_until", 0)) if record["state"] == REVERTING else self.until
        expired = record["boot_id"] != machine.boot_id() or machine.now() >= due
        if expired or record["state"] in AT_WORK:
            try:
                with machine.lock(wait_s=KILL_AFTER_S if expired else 0, name=self.key):
                    self.act()
                return 0.0
            except AgentError as failure:
                if failure.code == "busy" and expired:
                    if record["state"] in AT_WORK:
                        kill_session(record)
                    kill_holder(machine.lock_path(self.key))
                    return 0.05
        pause = min(LOOK_S, max(0.01, self.until - machine.now()))
        return min(pause, self.beat(record)) if record["state"] == ACTIVE else pause

    def beat(self, record: Record) -> float:
        """Keep the rhythm of a mechanism that has one; seconds until its next beat."""
        mechanism = mechanism_of(record["mechanism"])
        if not isinstance(mechanism, Rhythmic):
            return LOOK_S
        machine, wanted = self.machine, wanted_of(record)
        if self.beats_at is None:
            self.beats_at = machine.now() + mechanism.first_beat_s(wanted)
        if machine.now() >= self.beats_at:
            with contextlib.suppress(AgentError), machine.lock(wait_s=0, name=self.key):
                if load(machine, self.key).get("state") == ACTIVE:
                    self.beats_at = machine.now() + mechanism.beat(machine, wanted)
        return max(0.01, self.beats_at - machine.now())

    def act(self) -> None:
        """The lock is held, so nobody is at a step: one that is begun belonged to somebody who is dead."""
        machine, record = self.machine, self.record()
        if record.get("state") in AT_WORK:
            kill_session(record)
            undo(machine, record, record.get("cause") or "whoever made the fault died half way")
        elif record.get("state") in LIVE and record["boot_id"] != machine.boot_id():
            undo(machine, record, "the machine rebooted")
        elif record.get("state") in LIVE and machine.now() >= (ends_at(machine, self.key) or self.until):
            undo(machine, record, "the lease ran out")

    def mend(self) -> float:
        """Another try at an undo that left something, unless somebody is at it."""
        if self.machine.now() >= self.mend_at:
            with contextlib.suppress(AgentError), self.machine.lock(wait_s=0, name=self.key):
                record = self.record()
                if record.get("state") == BROKEN:
                    undo(self.machine, record, str(record["cause"]))
            self.mend_at = self.machine.now() + next(self.mends)
        return 0.5


def watch_of(machine: Machine, key: str) -> guardian.Watch:
    """Its process stays in memory and goes before others: the fault may be a machine without either.

    Elsewhere than on this machine it is no unit: what it guards ends with its folder, and no unit may outlive that.
    """
    command = [sys.executable, "-IS", os.path.abspath(sys.argv[0]), "guard", key]
    unit = "rtmctl-drill" if machine.root == "/" else ""
    return guardian.Watch(machine.lock_path(f"{key}.guard"), unit, command, Guard(machine, key).looks, pinned=True)
