"""The device: its files, programs and clocks, the documents kept on it, and its locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator

from .clock import boot_id, boottime
from .documents import Documents
from .durable import read_file
from .errors import AgentError
from .programs import Result, run
from .sections import FILES


class Device(Documents):
    """Everything but the state directory comes in as an argument, so that the logic is tested without a device.

    `watch(device, transaction)` starts the revert timer and returns once it runs; raises AgentError when it does not.
    """

    def __init__(
        self,
        watch: Callable[[Device, str], None],
        root: str = "/",
        execute: Callable[..., Result] = run,
        now: Callable[[], float] = boottime,
        boot: Callable[[], str] = boot_id,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(root)
        self.root, self.run, self.now, self.boot_id, self.wall = root, execute, now, boot, wall
        self.watch = watch

    def file_of(self, section: str) -> str:
        return os.path.join(self.root, FILES[section])

    def text_of(self, section: str) -> str:
        try:
            return read_file(self.file_of(section))
        except FileNotFoundError:
            return ""

    @contextlib.contextmanager
    def lock(self, wait_s: float = 10.0, name: str = "lock") -> Iterator[None]:
        """The one lock of all that changes something, or `lease`, under which a lease is renewed beside a long step.

        Its file names the process that holds it. Raises AgentError `busy`.
        """
        fd = os.open(os.path.join(self.run_dir, name), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = self.now() + wait_s
            while True:
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if self.now() >= deadline:
                        raise AgentError("busy", "lock", "another step is running on the device", False) from None
                    time.sleep(0.02)
            os.ftruncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(fd)

    def namespaces(self) -> list[str]:
        """Network namespaces that stand for VRFs (zebra -n)."""
        try:
            return sorted(os.listdir(os.path.join(self.root, "run/netns")))
        except OSError:
            return []
