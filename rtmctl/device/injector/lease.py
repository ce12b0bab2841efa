"""The lease of one injection: a deadline in memory, renewed by overwriting what was set aside when it was armed."""

from __future__ import annotations

import contextlib
import json
import os

from ..onboard.errors import AgentError
from ..onboard.machine import Machine

SIZE = 128
"""bytes; one page of memory, taken once"""


def lease_path(machine: Machine, key: str) -> str:
    return os.path.join(machine.run_dir, f"{key}.lease")


def extend(machine: Machine, key: str, lease_s: float) -> float:
    """Lasts so long from now on; returns when it ends. Waits for no step, and needs no room."""
    if not 0 < lease_s <= 86400:
        raise AgentError("usage", "lease", f"a lease lasts up to a day, not {lease_s!r} s")
    until = machine.now() + lease_s
    text = json.dumps({"until": until, "boot_id": machine.boot_id()}).ljust(SIZE)
    fd = os.open(lease_path(machine, key), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(fd, text.encode(), 0)
    finally:
        os.close(fd)
    return until


def ends_at(machine: Machine, key: str) -> float | None:
    """None when it cannot be read; 0 when it is of an earlier boot."""
    try:
        with open(lease_path(machine, key)) as file:
            lease = json.loads(file.read(SIZE))
        return float(lease["until"]) if lease["boot_id"] == machine.boot_id() else 0.0
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(machine: Machine, key: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(lease_path(machine, key))
