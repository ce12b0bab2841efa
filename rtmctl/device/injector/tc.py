"""A queueing discipline in the place of an interface's own."""

from __future__ import annotations

import json
from typing import Any

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from ..onboard.programs import last_line
from .interfaces import Place, inside, lacks, no_interface, places_of
from .mechanism import Change, Wanted, changed, must


def unable(machine: Machine, qdisc: list[str]) -> str | None:
    """What the kernel says to it, in a network namespace of its own that nobody keeps."""
    missing = lacks("tc") or lacks("unshare")
    if missing:
        return missing
    result = machine.run(["unshare", "-n", "tc", "qdisc", "add", "dev", "lo", "root", *qdisc], timeout=10)
    return None if result.rc == 0 else f"this kernel has no {qdisc[0]}: {last_line(result)}"


def check(machine: Machine, wanted: Wanted) -> str | None:
    missing = no_interface(machine, wanted)
    if missing:
        return missing
    for place in places_of(machine, wanted):
        root = root_of(machine, place)
        if root.get("handle", "0:") != "0:":
            return f"{place} has a queueing discipline that somebody gave it ({root['kind']}), and would lose it"
    return None


def root_of(machine: Machine, place: Place) -> dict[str, Any]:
    result = must(machine, "tc", [*inside(place.space), "tc", "-j", "qdisc", "show", "dev", place.name])
    try:
        found = [qdisc for qdisc in json.loads(result.out or "[]") if qdisc.get("root")]
    except ValueError:
        raise AgentError("failed", "tc", "its answer is not JSON", permanent=False) from None
    return found[0] if found else {}


def owned(machine: Machine, wanted: Wanted) -> dict[str, Any]:
    return {
        f"qdisc {place}": {"kind": root.get("kind"), "options": root.get("options", {})}
        for place in places_of(machine, wanted)
        for root in [root_of(machine, place)]
    }


def replace(machine: Machine, wanted: Wanted, qdisc: list[str]) -> Change:
    changes = [
        changed(machine, "tc", [*inside(p.space), "tc", "qdisc", "replace", "dev", p.name, "root", *qdisc])
        for p in places_of(machine, wanted)
    ]
    return changes[0]


def is_active(machine: Machine, wanted: Wanted, kind: str) -> bool:
    return all(root_of(machine, place).get("kind") == kind for place in places_of(machine, wanted))


def restore(machine: Machine, wanted: Wanted, kind: str) -> None:
    """Without a root of somebody's the kernel gives an interface its own again."""
    for place in places_of(machine, wanted):
        if root_of(machine, place).get("kind") == kind:
            must(machine, "tc", [*inside(place.space), "tc", "qdisc", "del", "dev", place.name, "root"])
