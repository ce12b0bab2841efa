"""The record of one injection: all that its undo needs, and how far it has come."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from .mechanism import Mechanism, Wanted
from .mechanisms import MECHANISMS

ARMED, INJECTING, ACTIVE, REVERTING = "armed", "injecting", "active", "reverting"
RESTORED, BROKEN = "restored", "broken"
AT_WORK = (INJECTING, REVERTING)
"""somebody holds the injection's lock; found without it, whoever that was is dead"""
LIVE = (ARMED, ACTIVE, *AT_WORK)
PART = "drill"
"""folder of the documents"""
CONFIGURATION = (
    "etc/frr/frr.conf",
    "etc/frr/daemons",
    "etc/network/interfaces",
    "etc/nftables.conf",
    "etc/sysctl.d/90-rtmctl.conf",
    "etc/lldpd.d/rtmctl.conf",
    "etc/rtmctl/dhcp-relay.conf",
)
"""files that must hold the same bytes after a drill"""
RESERVE = 256 * 1024
"""bytes kept aside on the disk of the records, given up when one would not fit otherwise"""

Record = dict[str, Any]


def key_of(mechanism: str, arguments: Mapping[str, Any]) -> str:
    """The same injection has the same key wherever it is asked from."""
    return hashlib.sha256(canonical([mechanism, arguments]).encode()).hexdigest()[:12]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def hash_of(state: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(state).encode()).hexdigest()


def mechanism_of(name: str) -> Mechanism:
    found = next((mechanism for mechanism in MECHANISMS if mechanism.name == name), None)
    if found is None:
        text = f"there is no mechanism {name!r}; known: {', '.join(sorted(m.name for m in MECHANISMS))}"
        raise AgentError("usage", "arguments", text)
    return found


def wanted_of(record: Mapping[str, Any]) -> Wanted:
    return Wanted(record["key"], record["arguments"], record.get("before", {}).get("owned", {}))


def state_of(machine: Machine, record: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same before and after: configuration bytes, and the objects that the fault owns."""
    files = {}
    for path in CONFIGURATION:
        try:
            with open(os.path.join(machine.root, path), "rb") as file:
                files[path] = hashlib.sha256(file.read()).hexdigest()
        except OSError:
            continue
    owned = mechanism_of(record["mechanism"]).owned(machine, wanted_of(record))
    return {"files": files, "owned": owned}


def name_of(key: str) -> str:
    return f"{key}.json"


def load(machine: Machine, key: str) -> Record:
    """Empty when there is none. Raises AgentError `state` when it is damaged."""
    return machine.load(name_of(key))


def load_all(machine: Machine) -> list[Record]:
    """Those that can be read."""
    found = []
    for key in machine.names(""):
        try:
            record = load(machine, key)
        except AgentError:
            continue
        if "mechanism" in record:
            found.append(record)
    return found


def update(machine: Machine, record: Mapping[str, Any], anyway: bool = True, **changes: Any) -> Record:
    """Write it with changes; `anyway`: also when the disk takes nothing, because an undo must go on."""
    changed = {**record, **changes}
    machine.save(name_of(record["key"]), changed, anyway)
    return changed


def reserve(machine: Machine) -> None:
    """Set space aside. Raises OSError."""
    os.makedirs(machine.state_dir, 0o700, exist_ok=True)
    fd = os.open(machine.path("reserve"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(fd, 0, RESERVE)
    finally:
        os.close(fd)


def held(machine: Machine, record: Mapping[str, Any], until: float | None) -> dict[str, Any]:
    """What the drill is told of it."""
    live = record["state"] in LIVE
    left = max(0.0, round((until or 0.0) - machine.now(), 3)) if live else None
    told = ("key", "mechanism", "arguments", "drill", "began_ns", "done_ns", "reverted_ns")
    return {
        **{name: record.get(name) for name in told},
        "state": ACTIVE if record["state"] in AT_WORK else record["state"],
        "expires_in_s": left,
        "before": record.get("hash", ""),
        "after": record.get("after", ""),
        "failure": record.get("failure") or "",
    }
