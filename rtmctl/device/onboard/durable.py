"""Files that are either the old or the new one after a crash, and the names of those beside them."""

from __future__ import annotations

import contextlib
import os


def fsync_folder(path: str) -> None:
    fd = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_file(path: str, text: str, mode: int = 0o600, uid: int = 0, gid: int = 0, lasting: bool = True) -> None:
    """Replace a file so that after a crash it is either the old or the new one.

    `lasting` False: of the process, not of the machine; nothing is synced.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.rtmctl-new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(fd, mode)
        with contextlib.suppress(PermissionError):
            os.fchown(fd, uid, gid)
        data = text.encode("utf-8", "surrogateescape")
        while data:
            data = data[os.write(fd, data) :]
        if lasting:
            os.fsync(fd)
    except OSError:
        os.close(fd)
        os.unlink(temporary)
        raise
    os.close(fd)
    os.replace(temporary, path)
    if lasting:
        fsync_folder(path)


def read_file(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def prepared(path: str) -> str:
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.rtmctl-target")


def saved(path: str) -> str:
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.rtmctl-pre")
