"""The record of the one transaction a device can have, and what its state forbids."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .clock import start_of
from .device import Device
from .errors import AgentError

PENDING = ("armed", "applied")


def update(device: Device, anyway: bool = False, **changes: Any) -> dict[str, Any]:
    """`anyway`: also when the disk takes nothing, because an undo must go on."""
    record = {**device.load("record.json"), **changes}
    device.save("record.json", record, anyway)
    return record


def session_of_this() -> dict[str, Any]:
    """Who is at work, so that a watchdog can kill what is left of it."""
    return {"session": os.getsid(0), "session_start": start_of(os.getsid(0))}


def own_record(device: Device, transaction: str, step: str) -> dict[str, Any]:
    record = device.load("record.json")
    if record.get("transaction") != transaction:
        raise AgentError("state", step, f"transaction {transaction} is not the one on the device")
    return record


def refuse_pending(device: Device, transaction: str, step: str) -> None:
    record = device.load("record.json")
    if record.get("state") in PENDING and record["transaction"] != transaction:
        text = f"transaction {record['transaction']} is {record['state']} and neither confirmed nor reverted"
        raise AgentError("pending", step, text)
    if record.get("state") == "broken" and record["transaction"] != transaction:
        raise AgentError(
            "broken", step, f"the revert of transaction {record['transaction']} failed: {record['failure']}"
        )


def refuse_expired(device: Device, record: Mapping[str, Any], step: str) -> None:
    if record["state"] != "applied":
        text = f"transaction {record['transaction']} is {record['state']}: {record.get('failure') or record['step']}"
        raise AgentError(record["state"], step, text)
    if record["boot_id"] != device.boot_id() or device.now() >= record["deadline"]:
        raise AgentError("reverted", step, "the revert timer has run out; the device goes back by itself")
