"""Which files make a site, and their text. The only module of the room that touches the disk.

A site folder holds `site.yaml` and, where the site is large, any number of `*.yaml` files below `site.d/`.
Nothing else in the folder (the lock file, known_hosts, other YAML) is read.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rtmctl.base import Finding, Position, Severity
from rtmctl.base.files import read_regular
from rtmctl.intent.text import ENDS_LINE

MAIN = "site.yaml"
PARTS = "site.d"

MAX_BYTES = 8 * 1024 * 1024
"""All files together. 2 spines, 512 leafs and 2,048 hosts written out one by one are about 0.3 MB."""

MAX_FILES = 1000

NOT_A_FILE = "put a YAML file of this name there, or take it away"
UNREADABLE = "who runs rtmctl must be able to read it: ls -l shows who can"


@dataclass(frozen=True, slots=True)
class SourceFile:
    name: str
    """below the site's folder, with `/` on every system"""
    text: str


def read_files(root: Path) -> tuple[tuple[SourceFile, ...], tuple[Finding, ...]]:
    """The site's files in a fixed order, `site.yaml` first, and a finding for each that cannot be had."""
    findings: list[Finding] = []
    sources: list[SourceFile] = []
    left = MAX_BYTES
    try:
        names = _names(root)
    except _Unusable as problem:
        return (), (problem.finding,)
    for name in names:
        try:
            raw = _read(root / name, name, left)
            left -= len(raw)
            sources.append(SourceFile(name, _decode(raw, name)))
        except _Unusable as problem:
            findings.append(problem.finding)
    return tuple(sources), tuple(findings)


def read_sources(root: Path, findings: Iterable[Finding]) -> dict[str, str]:
    """File name to text for every file that a finding names, to show its lines; what cannot be read is left out."""
    sources: dict[str, str] = {}
    for name in sorted({place.file for f in findings for place in (f.where, *f.also) if place is not None}):
        with suppress(_Unusable):
            sources[name] = _decode(_read(root / name, name, MAX_BYTES), name)
    return sources


def read_one(path: Path) -> tuple[SourceFile | None, tuple[Finding, ...]]:
    """A file of any kind, named as given; None and a finding when it cannot be had."""
    try:
        return SourceFile(str(path), _decode(_read(path, str(path), MAX_BYTES), str(path))), ()
    except _Unusable as problem:
        return None, (problem.finding,)


class _Unusable(Exception):
    def __init__(self, code: str, message: str, where: Position, hint: str = "") -> None:
        super().__init__(message)
        self.finding = Finding(code, message, where, hint)


def _names(root: Path) -> list[str]:
    try:
        mode = root.stat().st_mode
    except OSError as error:
        hint = f"`rtmctl init {root}` writes a new site there" if isinstance(error, FileNotFoundError) else ""
        raise _Unusable("site-missing", f"no site folder: {_reason(error)}", _top(str(root)), hint) from None
    if not stat.S_ISDIR(mode):
        hint = f"give the folder that holds it: --site {root.parent}"
        raise _Unusable("site-missing", "a site is a folder, and this is none", _top(str(root)), hint)
    parts = sorted(_below(root, root / PARTS))
    if len(parts) > MAX_FILES:
        message = f"{len(parts)} files below {PARTS}/, the limit is {MAX_FILES}"
        raise _Unusable("too-large", message, _top(PARTS))
    try:
        (root / MAIN).lstat()
    except FileNotFoundError:
        if not parts:
            others = sorted(p.name for p in root.glob("*.y*ml") if not p.name.endswith(".lock.yaml"))
            hint = f"rename {others[0]} to {MAIN}" if others else f"`rtmctl init {root}` writes one"
            raise _Unusable("site-missing", f"the folder holds no {MAIN}", _top(MAIN), hint) from None
        return parts
    except OSError:
        pass
    return [MAIN, *parts]


def _below(root: Path, folder: Path) -> Iterator[str]:
    # os.walk follows no link to a folder, so a loop of links ends here
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                yield (Path(path) / name).relative_to(root).as_posix()


def _read(path: Path, name: str, left: int) -> bytes:
    try:
        return read_regular(path, left)
    except OSError as error:
        match error.errno:
            case errno.EISDIR:
                message = "a folder stands where a site file is expected"
                raise _Unusable("not-a-file", message, _top(name), NOT_A_FILE) from None
            case errno.EINVAL:
                raise _Unusable("not-a-file", _reason(error), _top(name), NOT_A_FILE) from None
            case errno.EFBIG:
                message = f"{_reason(error)}; all files of a site may have {MAX_BYTES // 1024 // 1024} MiB"
                raise _Unusable("too-large", message, _top(name), "is this the file you meant?") from None
        raise _Unusable("unreadable", f"cannot be read: {_reason(error)}", _top(name), UNREADABLE) from None


def _decode(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        head = raw[: error.start].decode("utf-8-sig", errors="replace")
        lines = ENDS_LINE.split(head)
        where = Position(name, len(lines), len(lines[-1]) + 1)
        message = f"byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8"
        hint = "save the file as UTF-8"
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            hint = "this looks like UTF-16: save the file as UTF-8"
        raise _Unusable("bad-encoding", message, where, hint) from None


def _top(name: str) -> Position:
    return Position(name, 1, 1)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def empty(name: str, hint: str, *, whole: bool) -> Finding:
    """`whole`: there is no other file that could make up for it."""
    severity = Severity.ERROR if whole else Severity.WARNING
    return Finding("empty-file", "the file holds nothing", _top(name), hint, severity)
