"""The front: one verb as a command line, or many over standard input."""

from __future__ import annotations

import json
import sys
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.guardian import guard
from ...onboard.programs import as_json
from ...onboard.serving import serve, settle
from .device import Device
from .guarding import start_watchdog, watch_of
from .verbs import answer_to


def parse_arguments(words: list[str]) -> dict[str, Any]:
    """NAME=VALUE; a value that reads as JSON number, boolean or object is one; NAME=- is read from stdin."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise AgentError("usage", "arguments", f"{word!r} is not NAME=VALUE")
        if text == "-":
            found[name] = sys.stdin.read()
            continue
        value = as_json(text)
        found[name] = text if value is None or name in ("transaction", "pre_hash", "holder", "target") else value
    return found


def main(argv: list[str]) -> int:
    settle()  # the umask is that of ifreload and what it starts too; what is secret gets its mode by name
    verb = argv[1] if len(argv) > 1 else ""
    try:
        device = Device(start_watchdog)
        if verb == "serve":
            return serve(lambda name, words: answer_to(device, name, words))
        arguments = parse_arguments(argv[2:])
        if verb == "watchdog":
            guard(watch_of(device, arguments["transaction"], int(arguments["starter"])))
            return 0
        reply = answer_to(device, verb, arguments)
    except AgentError as failure:
        reply = failure.to_json()
    except OSError as error:
        reply = AgentError("os", verb, str(error)).to_json()
    print(json.dumps(reply))
    return 1 if "error" in reply else 0
