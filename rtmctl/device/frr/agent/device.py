"""The device: a machine with the files of its sections, and the two locks of what changes it.

`lock`, the one of all that changes something, and `lease`, under which a lease is renewed beside a long step.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ...onboard.clock import boot_id, boottime
from ...onboard.durable import read_file
from ...onboard.machine import Machine
from ...onboard.programs import Result, run
from .sections import FILES


class Device(Machine):
    """`watch(device, transaction)` starts the revert timer and returns once it runs; raises AgentError when not."""

    def __init__(
        self,
        watch: Callable[[Device, str], None],
        root: str = "/",
        execute: Callable[..., Result] = run,
        now: Callable[[], float] = boottime,
        boot: Callable[[], str] = boot_id,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(root, execute, now, boot, wall)
        self.watch = watch

    def file_of(self, section: str) -> str:
        return os.path.join(self.root, FILES[section])

    def text_of(self, section: str) -> str:
        try:
            return read_file(self.file_of(section))
        except FileNotFoundError:
            return ""
