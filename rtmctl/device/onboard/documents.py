"""Documents kept twice: on disk, where a reboot finds them, and in /run, where no failing disk can take them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Mapping
from typing import Any

from .durable import read_file, write_file
from .errors import AgentError


class Documents:
    """Of the two copies the one with the higher `serial` counts, so neither a read-only nor an emptied disk rules.

    Attributes:
        state_dir: the copies on disk, and the reserve of space that is given up for them.
        run_dir: in memory, empty after a reboot.
    """

    def __init__(self, root: str, part: str = "") -> None:
        """`part`: a folder of its own below both."""
        self.state_dir = os.path.join(root, "var/lib/rtmctl", part).rstrip("/")
        self.run_dir = os.path.join(root, "run/rtmctl", part).rstrip("/")
        os.makedirs(self.run_dir, 0o700, exist_ok=True)

    def path(self, name: str) -> str:
        return os.path.join(self.state_dir, name)

    def second_path(self, name: str) -> str:
        return os.path.join(self.run_dir, "state", name)

    def load(self, name: str) -> dict[str, Any]:
        """Empty when there is none. Raises AgentError `state` when no copy can be read."""
        found: list[dict[str, Any]] = []
        damage = ""
        for path in (self.path(name), self.second_path(name)):
            try:
                document = json.loads(read_file(path))
                found += [document] if isinstance(document, dict) else []
            except FileNotFoundError:
                continue
            except (ValueError, OSError) as error:
                damage = f"{path} is damaged: {error}"
        if damage and not found:
            raise AgentError("state", "read", damage)
        return max(found, key=lambda document: int(document.get("serial", 0)), default={})

    def save(self, name: str, document: Mapping[str, Any], anyway: bool = False) -> None:
        """Raises OSError when the disk does not take it; `anyway`: then the copy in memory must do."""
        try:
            serial = int(self.load(name).get("serial", 0)) + 1
        except AgentError:
            serial = 1
        text = json.dumps({**document, "serial": serial})
        try:
            self._to_disk(name, text)
        except OSError:
            if not anyway:
                raise
            write_file(self.second_path(name), text, lasting=False)
        else:
            with contextlib.suppress(OSError):
                write_file(self.second_path(name), text, lasting=False)

    def _to_disk(self, name: str, text: str) -> None:
        os.makedirs(self.state_dir, 0o700, exist_ok=True)
        try:
            write_file(self.path(name), text)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not os.path.exists(self.path("reserve")):
                raise
            os.unlink(self.path("reserve"))
            write_file(self.path(name), text)

    def heal(self, *names: str) -> None:
        """Write to disk what somebody removed there. Raises OSError."""
        for name in names:
            if not os.path.exists(self.path(name)) and os.path.exists(self.second_path(name)):
                self._to_disk(name, read_file(self.second_path(name)))

    def remove(self, name: str) -> None:
        """A disk that is read-only keeps its copy."""
        for path in (self.path(name), self.second_path(name)):
            with contextlib.suppress(OSError):
                os.unlink(path)

    def names(self, folder: str) -> list[str]:
        """Documents in a folder, without the ending."""
        found: set[str] = set()
        for path in (self.path(folder), self.second_path(folder)):
            with contextlib.suppress(OSError):
                found |= {x[:-5] for x in os.listdir(path) if x.endswith(".json") and not x.startswith(".")}
        return sorted(found)
