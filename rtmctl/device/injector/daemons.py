"""A daemon of FRR: whether it runs, as what, and how it is started again with the configuration it had."""

from __future__ import annotations

import os
import re
import time
from typing import Any

from ..onboard.durable import write_file
from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from . import frr, instances
from .mechanism import Wanted, must

KEEPER = "watchfrr"
"""starts dead daemons again, where it runs"""
KEEPER_S = 20.0
ANSWERS_S = 10.0


def daemon_of(wanted: Wanted) -> str:
    name = wanted.arguments.get("daemon")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]{2,30}", name):
        raise AgentError("usage", "arguments", f"daemon is to be the name of one, not {name!r}")
    return name


def check(machine: Machine, wanted: Wanted) -> str | None:
    name = daemon_of(wanted)
    found = instances.named(name)
    if len(found) != 1:
        return f"{name} does not run" if not found else f"{name} runs {len(found)} times"
    if not found[0].command[0].startswith("/"):
        return f"{name} was not started by its whole path, so that it could not be started again"
    return None


def owned(machine: Machine, wanted: Wanted) -> dict[str, Any]:
    """How it runs, and what FRR is configured to do, which lacks what a dead daemon was told."""
    name = daemon_of(wanted)
    running = [{"command": p.command, "nice": p.nice, "oom_score_adj": p.oom_score_adj} for p in instances.named(name)]
    return {f"daemon {name}": running, frr.RUNNING: frr.running(machine)}


def bring_back(machine: Machine, wanted: Wanted) -> None:
    """Start it unless it runs; give it what it was told. Raises AgentError."""
    name = daemon_of(wanted)
    if instances.named(KEEPER) and name != KEEPER:
        until = machine.now() + KEEPER_S
        while not instances.named(name) and machine.now() < until:
            time.sleep(0.1)
    if not instances.named(name):
        for was in wanted.before[f"daemon {name}"]:
            instances.start(was["command"], was["nice"], was["oom_score_adj"])
    if name == KEEPER:
        return
    until = machine.now() + ANSWERS_S
    while machine.run(["vtysh", "-d", name, "-c", "show version"], timeout=5).rc != 0 and machine.now() < until:
        time.sleep(0.05)
    text = wanted.before[frr.RUNNING]
    if frr.running(machine) == text:
        return
    path = os.path.join(machine.run_dir, f"{wanted.key}.frr")
    write_file(path, text, lasting=False)
    try:
        must(machine, "vtysh", ["vtysh", "-d", name, "-f", path], timeout=60)
    finally:
        os.unlink(path)
