"""Copies of the sections' files: kept before a change, installed by it, put back by an undo.

Where the disk is read-only an undo covers the file with its old text by a bind mount, from /run, until a reboot.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Mapping
from typing import Any

from ...onboard.durable import fsync_folder, prepared, read_file, saved, write_file
from ...onboard.programs import last_line
from .device import Device
from .normalform import normal
from .sections import FILES

ABSENT = ".absent"


def keep(device: Device, section: str) -> dict[str, Any] | None:
    path = device.file_of(section)
    try:
        about = os.stat(path)
    except FileNotFoundError:
        return None
    return {"text": read_file(path), "mode": about.st_mode & 0o7777, "uid": about.st_uid, "gid": about.st_gid}


def prepare(device: Device, section: str, text: str, first: bool = True) -> None:
    """The new file beside the old one, and a second name for the old one: neither step later needs disk space.

    `first` False: the second name may be there already, and stands for what was before the first target.
    """
    path = device.file_of(section)
    kept = keep(device, section) or {"mode": 0o640 if section == "frr" else 0o644, "uid": 0, "gid": 0}
    write_file(prepared(path), text, kept["mode"], kept["uid"], kept["gid"])
    if first:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(saved(path))
    with contextlib.suppress(FileNotFoundError, FileExistsError, PermissionError):
        os.link(path, saved(path))


def to_install(device: Device, section: str, text: str) -> bool:
    """Whether the file says something else. A comment is no reason to write it, but in `interfaces`: the notes there
    say what no directive does, of FRR's sessions too.
    """
    have = device.text_of(section)
    if section == "interfaces" and comments(have) != comments(text):
        return True
    return normal(section, have, None) != normal(section, text, None)


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]


def install(device: Device, section: str) -> None:
    path = device.file_of(section)
    os.replace(prepared(path), path)
    fsync_folder(path)


def restore_files(device: Device, pre: Mapping[str, Any]) -> None:
    """Raises OSError when a file can neither be put back nor covered; the others are done all the same."""
    problem: OSError | None = None
    for name, kept in pre["files"].items():
        path = device.file_of(name)
        with contextlib.suppress(OSError):
            os.unlink(prepared(path))
        if keep(device, name) == kept:
            continue
        try:
            put_back(path, kept)
        except OSError:
            try:
                cover(device, name, kept)
            except OSError as error:
                problem = error
    if problem:
        raise problem


def put_back(path: str, kept: Mapping[str, Any] | None) -> None:
    if kept is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return
    try:
        write_file(path, kept["text"], kept["mode"], kept["uid"], kept["gid"])
    except OSError:
        os.replace(saved(path), path)


def cover(device: Device, section: str, kept: Mapping[str, Any] | None) -> None:
    """A file that was not there is covered by an empty one."""
    path, above = device.file_of(section), os.path.join(device.run_dir, "cover", section + ("" if kept else ABSENT))
    kept = kept or {"text": "", "mode": 0o644, "uid": 0, "gid": 0}
    write_file(above, kept["text"], kept["mode"], kept["uid"], kept["gid"], lasting=False)
    result = device.run(["mount", "--bind", above, path])
    if result.rc != 0:
        raise OSError(errno.EROFS, last_line(result), path)


def uncover(device: Device) -> None:
    """Where the disk takes it by now, files that are covered become what covers them. Raises OSError."""
    with open("/proc/self/mountinfo") as file:
        mounted = {fields[4]: fields[3] for fields in map(str.split, file)}
    for name in FILES:
        path = device.file_of(name)
        kept = keep(device, name) if path in mounted else None
        if kept:
            write_file(prepared(path), kept["text"], kept["mode"], kept["uid"], kept["gid"])
            device.run(["umount", path])
            install(device, name)
            if mounted[path].endswith(ABSENT):
                os.unlink(path)


def forget_files(device: Device) -> None:
    for name in FILES:
        folder, base = os.path.split(device.file_of(name))
        for spare in os.listdir(folder) if os.path.isdir(folder) else []:
            if re.fullmatch(rf"\.+{re.escape(base)}(\.rtmctl-(target|pre|new))+", spare):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(folder, spare))
    device.remove("reserve")
