"""What may be asked of the agent, and how a failure is answered."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ...onboard.errors import AgentError
from .bundle import show, state
from .device import Device
from .lease import release, take
from .notes import note
from .probes import ping, traceroute
from .running import frr_version, running, startup
from .staging import check, stage
from .system import system
from .transaction import boot, commit, confirm, extend, gc, status, undo

VERSION = 1


def hello(device: Device) -> dict[str, Any]:
    return {
        "agent": VERSION,
        "frr": frr_version(device),
        "boot_id": device.boot_id(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "capabilities": {"revert_timer": True, "granularity_s": 1, "extendable": True, "survives_reboot": True},
        "verbs": sorted(VERBS),
    }


VERBS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "lease": take,
    "release": release,
    "running": running,
    "hello": hello,
    "status": status,
    "check": check,
    "stage": stage,
    "commit": commit,
    "extend": extend,
    "confirm": confirm,
    "revert": undo,
    "boot": boot,
    "gc": gc,
    "show": show,
    "state": state,
    "system": system,
    "startup": startup,
    "ping": ping,
    "traceroute": traceroute,
    "note": note,
}


def call(device: Device, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if verb not in VERBS:
        raise AgentError("usage", verb, f"unknown verb; known: {', '.join(sorted(VERBS))}")
    try:
        answer = VERBS[verb](device, **arguments)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise AgentError("usage", verb, str(error).partition(" ")[2]) from None
    except OSError as error:
        raise AgentError("os", verb, str(error), permanent=error.errno == errno.EROFS) from None
    assert isinstance(answer, dict)
    return answer


def answer_to(device: Device, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Never raises: a defect of the agent is reported like any failure."""
    try:
        return call(device, verb, arguments)
    except AgentError as failure:
        return failure.to_json()
    except Exception as error:
        return AgentError("defect", verb, f"{type(error).__name__}: {error}").to_json()
