"""Who may make a fault here: one drill at a time, and no change of the switch beside it."""

from __future__ import annotations

import json
import os

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from .record import BROKEN, LIVE, load_all

AGENT = "usr/local/lib/rtmctl/agent"
PENDING = ("armed", "applied")


def refuse_other_drills(machine: Machine, drill: str) -> None:
    for record in load_all(machine):
        if record["state"] in (*LIVE, BROKEN) and record["drill"] != drill:
            text = f"{record['mechanism']} of drill {record['drill']} is {record['state']} here"
            raise AgentError("locked", "arm", text, permanent=False)


def refuse_changes(machine: Machine, holder: str, fence: int) -> None:
    """The agent's lease must be the drill's own, or nobody's, and then nothing may wait for its confirmation.

    `fence` 0: whichever the holder was given.
    """
    path = os.path.join(machine.root, AGENT)
    if not os.path.exists(path):
        return
    result = machine.run([path, "status"], timeout=30)
    try:
        status = json.loads(result.out)
        lease, state = status["lease"], status["state"]
    except (ValueError, KeyError, TypeError):
        raise AgentError("locked", "arm", "the agent does not say who holds the lease", permanent=False) from None
    mine = bool(lease) and lease["holder"] == holder and fence in (0, lease["fence"])
    if lease and not mine:
        text = f"held by {lease['holder']} for {lease['expires_in_s']:.0f} s more ({lease['purpose'] or '-'})"
        raise AgentError("locked", "arm", text, permanent=False)
    if fence and not mine:
        raise AgentError("fenced", "arm", f"the lease with fence {fence} has run out; take it again")
    if state in PENDING and not mine:
        text = f"transaction {status['transaction']} is {state} and neither confirmed nor reverted"
        raise AgentError("pending", "arm", text)
