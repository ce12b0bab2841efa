"""A machine without power, switched by somebody who does not need it: a program beside the injector.

No machine can hold its own power-off, so this is refused wherever that program is missing. A lab has it
(rtmctl.lab.power), and runs this injector outside of its nodes. It is called as

    power status NODE     one JSON object: {"on": bool, and what the node has while it is on}
    power off NODE        returns when nothing of the node runs: {"began_ns": wall-clock time right before it}
    power on NODE         returns when its boot is over
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.machine import Machine
from ...onboard.programs import last_line
from ..mechanism import Change, Wanted, choice_of

PROGRAM = "usr/local/lib/rtmctl/power"
BOOT_S = 180.0
"""longest boot of a node on a busy machine"""
SETTLE_S = 10.0
"""after a boot, until what the node has is as it was: daemons that take their configuration, addresses in VRFs"""
LOOK_S = 0.5


class Power:
    """Arguments: `node`; `action`: off, or reboot: off and on again at once."""

    name = "power"
    summary = "a node without power, or powered off and on again"
    undo_s = BOOT_S + SETTLE_S

    def unable(self, machine: Machine) -> str | None:
        if os.access(_program(machine), os.X_OK):
            return None
        return "nobody but the machine itself holds its power here: no BMC or PDU with a timer of its own is known"

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        _action(wanted)
        try:
            return None if _status(machine, wanted)["on"] else f"{_node(wanted)} is off already"
        except AgentError as error:
            return error.message

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return {f"node {_node(wanted)}": _status(machine, wanted)}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        began = int(_answer(machine, "off", wanted)["began_ns"])
        if _action(wanted) == "reboot":
            _switched(machine, "on", wanted)
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        """A reboot is over as soon as the node is back."""
        return not _status(machine, wanted)["on"]

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        if _status(machine, wanted)["on"]:
            return
        _switched(machine, "on", wanted)
        until = machine.now() + SETTLE_S
        while self.owned(machine, wanted) != wanted.before and machine.now() < until:
            time.sleep(LOOK_S)


def _program(machine: Machine) -> str:
    return os.path.join(machine.root, PROGRAM)


def _action(wanted: Wanted) -> str:
    return choice_of(wanted, "action", ("off", "reboot"))


def _node(wanted: Wanted) -> str:
    node = wanted.arguments.get("node")
    if not isinstance(node, str) or not node or node.startswith("-"):
        raise AgentError("usage", "arguments", f"node is to be a name, not {node!r}")
    return node


def _status(machine: Machine, wanted: Wanted) -> dict[str, Any]:
    found = _answer(machine, "status", wanted)
    return {**found, "on": bool(found.get("on"))}


def _answer(machine: Machine, verb: str, wanted: Wanted) -> dict[str, Any]:
    said = _switched(machine, verb, wanted)
    try:
        return dict(json.loads(said))
    except (ValueError, TypeError):
        raise AgentError("failed", f"power {verb}", f"no answer but {said[:80]!r}", permanent=False) from None


def _switched(machine: Machine, verb: str, wanted: Wanted) -> str:
    result = machine.run([_program(machine), verb, _node(wanted)], timeout=BOOT_S)
    if result.rc != 0:
        raise AgentError("failed", f"power {verb}", last_line(result), permanent=False)
    return result.out
