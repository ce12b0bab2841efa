"""The machine: its programs and clocks, the documents kept on it, and its locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator

from .clock import boot_id, boottime
from .documents import Documents
from .errors import AgentError
from .programs import Result, run
from .sessions import sign


class Machine(Documents):
    """What is outside comes in as an argument, so that logic is tested without a machine.

    Attributes:
        now: seconds that no clock step moves, only compared within one `boot_id`.
        wall: seconds since the epoch.
    """

    def __init__(
        self,
        root: str = "/",
        execute: Callable[..., Result] = run,
        now: Callable[[], float] = boottime,
        boot: Callable[[], str] = boot_id,
        wall: Callable[[], float] = time.time,
        part: str = "",
    ) -> None:
        super().__init__(root, part)
        self.root, self.run, self.now, self.boot_id, self.wall = root, execute, now, boot, wall

    def lock_path(self, name: str = "lock") -> str:
        return os.path.join(self.run_dir, name)

    @contextlib.contextmanager
    def lock(self, wait_s: float = 10.0, name: str = "lock") -> Iterator[None]:
        """Excludes other steps under that name; its file names the process that holds it.

        Raises AgentError `busy`.
        """
        os.makedirs(self.run_dir, 0o700, exist_ok=True)
        fd = os.open(self.lock_path(name), os.O_RDWR | os.O_CREAT, 0o600)
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
            sign(fd)
            yield
        finally:
            os.close(fd)

    def namespaces(self) -> list[str]:
        """Network namespaces that stand for VRFs (zebra -n)."""
        try:
            return sorted(os.listdir(os.path.join(self.root, "run/netns")))
        except OSError:
            return []
