"""Children, and the words that may be given to them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from typing import Any, NamedTuple

from .clock import parents
from .errors import AgentError

COMMAND_TIMEOUT_S = 120.0


class Result(NamedTuple):
    rc: int
    out: str
    err: str


def run(argv: list[str], text: str | None = None, timeout: float = COMMAND_TIMEOUT_S) -> Result:
    """A child that cannot hold our locks open. A missing program is rc 127, a hanging one rc 124.

    One that hangs is killed with whatever it has started, and its output is not waited for: a descendant that
    nobody found may keep that open for ever.
    """
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError:
        return Result(127, "", f"{argv[0]}: not found")
    try:
        out, err = child.communicate(text, timeout)
    except subprocess.TimeoutExpired:
        kill_tree(child.pid)
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        return Result(124, "", f"{argv[0]}: no answer within {timeout:g} s")
    return Result(child.returncode, out, err)


def kill_tree(pid: int) -> None:
    """SIGKILL a process and all its descendants; each is stopped first, so that none is born meanwhile."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            os.kill(parent, signal.SIGSTOP)
        found += [child for child, of in parents().items() if of == parent]
    for process in found:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)


def last_line(result: Result) -> str:
    lines = [line for line in (result.err or result.out).strip().splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else f"exit status {result.rc}"


def plain(word: str) -> str:
    """A name or address that no program can take for an option."""
    if not re.fullmatch(r"[\w:][\w:.%/-]*", word):
        raise AgentError("usage", "arguments", f"{word!r} is neither a name nor an address")
    return word


def as_json(text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
