"""The watchdog of a change as the pair that keeps itself alive."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from ...onboard import guardian
from ...onboard.clock import start_of
from .device import Device
from .watchdog import Watchdog

LOCK = "watchdog.lock"


def watch_of(device: Device, transaction: str, starter: int) -> guardian.Watch:
    """`starter`: the process that arms the change."""
    command = [os.path.abspath(sys.argv[0]), "watchdog", f"transaction={transaction}", f"starter={starter}"]
    begun = start_of(starter)
    lock = device.lock_path(LOCK)
    return guardian.Watch(
        lock, "rtmctl-watchdog", command, lambda: Watchdog(device, transaction, starter, begun).looks()
    )


def start_watchdog(device: Device, transaction: str) -> None:
    """Returns once the watchdog runs; raises AgentError when it does not come up."""
    guardian.start(watch_of(device, transaction, os.getpid()))


def ensure_watchdog(device: Device, record: Mapping[str, Any]) -> None:
    """A pending change always has a watchdog that runs."""
    if guardian.alive(device.lock_path(LOCK)):
        guardian.ensure(watch_of(device, record["transaction"], os.getpid()))
    else:
        device.watch(device, record["transaction"])
