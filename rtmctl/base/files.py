"""Whole files: replaced and never half written, read and never without end."""

import errno
import os
import stat
import tempfile
from pathlib import Path


def read_regular(path: Path, limit: int) -> bytes:
    """A file's bytes, unless it is larger than `limit`; a pipe would block, a device never ends.

    Raises:
        OSError: what the system says; EISDIR for a folder, EINVAL for what else is no regular file, EFBIG.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, "this is a folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "this is no regular file", str(path))
    if status.st_size <= limit:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
        if len(raw) <= limit:
            return raw
    raise OSError(errno.EFBIG, f"{status.st_size:,} bytes are more than {limit:,}", str(path))


def replace_file(path: Path, text: str, mode: int) -> None:
    """Write a file in one step: a reader, and a power cut, find the old one or the new one, never a part.

    Raises:
        OSError: as the system says, naming `path`; what stood there stands there still.
    """
    try:
        _replace(path, text, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # a full disk names no file


def _replace(path: Path, text: str, mode: int) -> None:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
