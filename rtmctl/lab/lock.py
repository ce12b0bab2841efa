"""One command at a time changes a lab."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rtmctl.base import Exit, TemporaryError

TIMEOUT_S = 30.0


@contextmanager
def locked(path: Path, lab: str, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the lock file; who holds it may remove it. It goes with its process, however that ends.

    Raises:
        TemporaryError: another command has it still after the timeout (exit 9); the message names it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _taken(path, lab, time.monotonic() + timeout_s)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _taken(path: Path, lab: str, deadline: float) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.read(descriptor, 20).decode() or "unknown"
                os.close(descriptor)
                raise TemporaryError(
                    f"another command works on lab {lab} (process {holder})",
                    hint="wait for it, or stop it: what it has begun is completed by `up` and removed by `down`",
                    exit=Exit.LOCKED,
                ) from None
            time.sleep(0.05)
        os.close(descriptor)
