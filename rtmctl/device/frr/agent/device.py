"""The device: its disk, programs and clocks, and the documents kept in the state directory."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .clock import boot_id, boottime
from .durable import read_file, write_file
from .errors import AgentError
from .programs import Result, run
from .sections import FILES


class Device:
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
    ) -> None:
        self.root, self.run, self.now, self.boot_id = root, execute, now, boot
        self.state_dir = os.path.join(root, "var/lib/rtmctl")
        self.run_dir = os.path.join(root, "run/rtmctl")
        self.watch = watch
        os.makedirs(self.run_dir, 0o700, exist_ok=True)

    def path(self, name: str) -> str:
        return os.path.join(self.state_dir, name)

    def file_of(self, section: str) -> str:
        return os.path.join(self.root, FILES[section])

    def text_of(self, section: str) -> str:
        try:
            return read_file(self.file_of(section))
        except FileNotFoundError:
            return ""

    def load(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(read_file(self.path(name)))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise AgentError("state", "read", f"{self.path(name)} is damaged: {error}") from None
        return found if isinstance(found, dict) else {}

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        os.makedirs(self.state_dir, 0o700, exist_ok=True)
        text = json.dumps(document)
        try:
            write_file(self.path(name), text)
        except OSError as error:
            if error.errno != errno.ENOSPC or not os.path.exists(self.path("reserve")):
                raise
            os.unlink(self.path("reserve"))
            write_file(self.path(name), text)

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name))

    @contextlib.contextmanager
    def lock(self, wait_s: float = 10.0) -> Iterator[None]:
        """The one lock of all that changes something. Raises AgentError `busy`."""
        fd = os.open(os.path.join(self.run_dir, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
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
            yield
        finally:
            os.close(fd)

    def namespaces(self) -> list[str]:
        """Network namespaces that stand for VRFs (zebra -n)."""
        try:
            return sorted(os.listdir(os.path.join(self.root, "run/netns")))
        except OSError:
            return []
