"""A folder that is full: a small file system of its own is mounted over it and filled, the machine's are not touched.

It lives in memory (tmpfs): a program meets the same ENOSPC as on a disk, and no loop device is needed, which containers
do not have. What was opened on it stays usable until it is closed, and is gone then.
"""

from __future__ import annotations

import os
import time
from typing import Any

from ...onboard.durable import read_file
from ...onboard.machine import Machine
from ..folders import folder_of
from ..interfaces import lacks
from ..mechanism import Change, Wanted, must, number_of

FILLED = "filled by a drill of rtmctl"


class DiskFull:
    """Arguments: `folder`, an empty one, or to be made in one that is there; `size_mb`."""

    name = "disk-full"
    summary = "a folder that is full"

    def unable(self, machine: Machine) -> str | None:
        if "tmpfs" not in read_file("/proc/filesystems").split():
            return "the kernel has no tmpfs"
        return lacks("mount") or lacks("umount")

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        folder = folder_of(wanted)
        number_of(wanted, "size_mb", 1, 1024)
        if os.path.realpath(folder) != folder:
            return f"{folder} is behind a symbolic link: {os.path.realpath(folder)}"
        if not os.path.isdir(os.path.dirname(folder)):
            return f"{os.path.dirname(folder)} is no folder"
        if os.path.lexists(folder) and not os.path.isdir(folder):
            return f"{folder} is no folder"
        if os.path.ismount(folder):
            return f"{folder} is a mount point already"
        return f"{folder} is not empty" if os.path.isdir(folder) and os.listdir(folder) else None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        """Of a folder that holds something now, only that it is there: a drill's own was empty."""
        folder = folder_of(wanted)
        return {f"folder {folder}": os.path.isdir(folder), f"mount {folder}": _mounts(folder)}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        folder, size = folder_of(wanted), int(number_of(wanted, "size_mb", 1, 1024)) << 20
        began = time.time_ns()
        os.makedirs(folder, 0o755, exist_ok=True)
        status = os.stat(folder)
        options = f"size={size},mode={status.st_mode & 0o7777:o},uid={status.st_uid},gid={status.st_gid}"
        must(machine, "mount", ["mount", "-t", "tmpfs", "-o", f"nosuid,nodev,{options}", "rtmctl-drill", folder])
        _fill(os.path.join(folder, FILLED))
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        folder = folder_of(wanted)
        return bool(_mounts(folder)) and os.statvfs(folder).f_bavail == 0

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        folder = folder_of(wanted)
        for mount in _mounts(folder):
            if mount == "rtmctl-drill":  # in use it cannot be unmounted, but taken off its folder
                must(machine, "umount", ["umount", "--lazy", folder])
        if not wanted.before.get(f"folder {folder}", True) and os.path.isdir(folder) and not _mounts(folder):
            os.rmdir(folder)


def _fill(path: str) -> None:
    """Every block of the file system it stands on, and one block less would be no full disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        space = os.fstatvfs(fd)
        os.posix_fallocate(fd, 0, space.f_bavail * space.f_frsize)
    finally:
        os.close(fd)


def _mounts(folder: str) -> list[str]:
    """Sources of what is mounted there, the lowest first (proc(5), mountinfo)."""
    found = []
    for line in read_file("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        if _unescaped(left.split()[4]) == folder:
            found.append(right.split()[1])
    return found


def _unescaped(path: str) -> str:
    for octal in ("040", "011", "012", "134"):
        path = path.replace(f"\\{octal}", chr(int(octal, 8)))
    return path
