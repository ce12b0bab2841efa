"""Children, and the words that may be given to them."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any, NamedTuple

from .errors import AgentError

COMMAND_TIMEOUT_S = 120.0


class Result(NamedTuple):
    rc: int
    out: str
    err: str


def run(argv: list[str], text: str | None = None, timeout: float = COMMAND_TIMEOUT_S) -> Result:
    """A child that cannot hold our locks and pipes open. A missing program is rc 127, a hanging one rc 124."""
    try:
        done = subprocess.run(
            argv,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            timeout=timeout,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        return Result(127, "", f"{argv[0]}: not found")
    except subprocess.TimeoutExpired:
        return Result(124, "", f"{argv[0]}: no answer within {timeout:g} s")
    return Result(done.returncode, done.stdout, done.stderr)


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
