"""Send when it is due, read what came, and speak with the caller in between."""

from __future__ import annotations

import select
import time
from typing import Any

from .control import Control
from .effort import Keeper, Steps
from .sockets import Receiver, Sender
from .tally import Received

READ_NS = 5_000_000
TELL_NS = 100_000_000
STEP_NS = 1_000_000_000
BURST = 64
"""packets of one flow before others have their turn, and the caller is heard"""
FLOWS_A_LINE = 40
"""keeps an interim line below PIPE_BUF"""


class Loop:
    def __init__(
        self,
        senders: list[Sender],
        receivers: list[Receiver],
        flows: dict[int, Received],
        keeper: Keeper,
        control: Control,
        *,
        echo: bool,
    ) -> None:
        self.senders, self.receivers, self.flows = senders, receivers, flows
        self.keeper, self.control, self.echo = keeper, control, echo
        self.awake_on = [r.sock for r in receivers] + [s.sock for s in senders]
        self.steps = Steps()
        self.began_wall = 0
        self.next_read = self.next_tell = self.next_step = 0

    def send_until(self, begin_ns: int, end_ns: int) -> int:
        """Send and read until the end, or until told to stop; returns when that was (CLOCK_MONOTONIC, ns)."""
        clock = time.monotonic_ns
        self.began_wall = begin_ns + self.steps.offset
        for sender in self.senders:
            sender.start(begin_ns, self.began_wall)
        while True:
            now = clock()
            for sender in self.senders:
                sender.send_due(min(now, end_ns - 1), BURST)
            if now >= end_ns or self.attend(now) == "stop":
                return now
            due = min((s.due for s in self.senders), default=end_ns)
            self.pause(min(due, self.next_read, end_ns))

    def listen_until(self, word: str) -> None:
        """Read what still comes until the caller says so."""
        while self.attend(time.monotonic_ns()) != word:
            self.pause(self.next_read)

    def attend(self, now: int) -> str:
        """Read, tell, and hear what it is time for; the caller's last word."""
        word = ""
        if self.echo or now >= self.next_read:
            self.read()
        if now >= self.next_read:
            self.next_read = now + READ_NS
            word = (self.control.words() or [""])[-1]
        if now >= self.next_tell:
            self.next_tell = now + TELL_NS
            self.tell()
        if now >= self.next_step:
            self.next_step = now + STEP_NS
            self.steps.look()
        return word

    def read(self) -> None:
        for receiver in self.receivers:
            receiver.drain()
        for sender in self.senders:
            sender.read_stamps()
            if self.echo:
                sender.read_echoes()

    def pause(self, until_ns: int) -> None:
        left = (until_ns - time.monotonic_ns()) / 1e9
        if left <= 0:
            return
        if self.echo:
            select.select(self.awake_on, [], [], left)
        else:
            time.sleep(left)

    def tell(self) -> None:
        """How it stands: of each flow that is to arrive here its number, packets, and ms since the last one."""
        now = time.time_ns()
        rows: list[Any] = []
        for flow, found in self.flows.items():
            silent = now - (found.last_ns or self.began_wall)
            rows.append([flow, found.count, round(silent / 1e6, 1)])
        late = round(self.keeper.worst_ns / 1e6, 3)
        for at in range(0, max(len(rows), 1), FLOWS_A_LINE):
            part = rows[at : at + FLOWS_A_LINE]
            more = at + FLOWS_A_LINE < len(rows)
            self.control.tell({"type": "now", "at_ns": now, "late_ms": late, "flows": part, "more": more})
