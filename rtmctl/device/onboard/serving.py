"""The front of a program: one verb as a command line, or many over standard input."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .errors import AgentError

Answer = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""(verb, arguments) to one JSON object"""


def settle(umask: int = 0o022) -> None:
    """Words of known programs in a known language; a session's end does not end a step half way."""
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["LC_ALL"] = "C.UTF-8"
    os.umask(umask)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def serve(answer: Answer) -> int:
    """Requests {"verb": ..., "arguments": {...}} until end of input; answers are `LENGTH`, line feed, JSON, line feed.

    Saves starting sudo and an interpreter for every step.
    """
    for line in sys.stdin:
        try:
            request = json.loads(line)
            reply = answer(request["verb"], request.get("arguments", {}))
        except (ValueError, KeyError, TypeError) as error:
            reply = AgentError("usage", "serve", f"not a request: {error}").to_json()
        text = json.dumps(reply)
        sys.stdout.write(f"{len(text)}\n{text}\n")
        sys.stdout.flush()
    return 0
