"""A disk kept busy by writes that are synced, over and over into files of a fixed size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from ...onboard.machine import Machine
from .. import workers
from ..folders import folder_of
from ..mechanism import Change, Wanted, number_of

BLOCK = 1 << 20
SPARE = 1.25
"""so much room is to be there for what is asked"""


class DiskIoPressure:
    """Arguments: `folder` on the file system that is meant; `size_mb` of each file; `workers`, each with its file."""

    name = "disk-io-pressure"
    summary = "a disk kept busy by synced writes"

    def unable(self, machine: Machine) -> str | None:
        return None

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        folder, size, count = folder_of(wanted), _size(wanted), _count(wanted)
        if not os.path.isdir(folder):
            return f"{folder} is no folder"
        space = os.statvfs(folder)
        free, needed = space.f_bavail * space.f_frsize, size * count * SPARE
        return None if free >= needed else f"{folder} has {free >> 20} MiB left, {int(needed) >> 20} MiB are wanted"

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        left = [path for path in _files(wanted) if os.path.lexists(path)]
        return {**workers.owned(wanted), f"files in {folder_of(wanted)}": left}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return workers.start(machine, wanted, [partial(write, path, _size(wanted)) for path in _files(wanted)])

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return len(workers.workers(wanted)) == _count(wanted)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        workers.stop(machine, wanted)
        for path in _files(wanted):
            if os.path.lexists(path):
                os.unlink(path)


def write(path: str, size: int) -> Iterator[None]:
    """The file has no name once it is open, so that nothing is left of it whoever is killed."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_DSYNC, 0o600)
    os.unlink(path)
    block = os.urandom(BLOCK)
    while True:
        for at in range(0, size, BLOCK):
            os.pwrite(fd, block[: size - at], at)
            yield


def _files(wanted: Wanted) -> list[str]:
    return [os.path.join(folder_of(wanted), f".rtmctl-drill-{wanted.key}-{n}") for n in range(_count(wanted))]


def _size(wanted: Wanted) -> int:
    return int(number_of(wanted, "size_mb", 1, 65536)) << 20


def _count(wanted: Wanted) -> int:
    return int(number_of(wanted, "workers", 1, 64))
