"""Standard output and standard error as they are given to us: closed, full, or with nobody at the other end."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heard_or_not() -> Iterator[None]:
    """What is said inside may go unheard: a closed pipe or a full disk must not end a change half way."""
    try:
        yield
    except OSError:
        mute()


def mute() -> None:
    """Send what is left to say on a stream that takes no more to nowhere."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def open_streams() -> None:
    """Streams that take every character, and stand although the caller closed them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
