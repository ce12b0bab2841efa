"""What may be asked of the injector, and how a failure is answered."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..onboard import guardian
from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from ..onboard.serving import serve, settle
from ..onboard.sessions import own_session
from .guard import watch_of
from .record import PART
from .steps import arm, boot, check, gc, hello, inject, renew, revert, status

VERBS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "hello": hello,
    "check": check,
    "arm": arm,
    "inject": inject,
    "renew": renew,
    "revert": revert,
    "status": status,
    "boot": boot,
    "gc": gc,
}


def answer_to(machine: Machine, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Never raises: a defect of the injector is reported like any failure."""
    try:
        if verb not in VERBS:
            raise AgentError("usage", verb, f"unknown verb; known: {', '.join(sorted(VERBS))}")
        return VERBS[verb](machine, **arguments)
    except AgentError as failure:
        return failure.to_json()
    except OSError as error:
        return AgentError("os", verb, str(error)).to_json()
    except Exception as error:
        return AgentError("defect", verb, f"{type(error).__name__}: {error}").to_json()


def main(argv: list[str]) -> int:
    return run(Machine(part=PART), argv[1:])


def run(machine: Machine, words: list[str]) -> int:
    """One call of the program; the exit code."""
    settle()
    # without /usr/local: programs there may stand before the real ones and do more (a lab's nft loads rules everywhere)
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    verb = words[0] if words else ""
    if verb == "guard":
        guardian.guard(watch_of(machine, words[1]))
        return 0
    own_session()
    if verb == "serve":
        return serve(lambda name, wanted: answer_to(machine, name, wanted))
    text = "" if sys.stdin.isatty() else sys.stdin.read()
    try:
        arguments = json.loads(text or "{}")
    except ValueError as error:
        arguments = {"": error}
    reply = answer_to(machine, verb, arguments)
    print(json.dumps(reply))
    return 1 if "error" in reply else 0
