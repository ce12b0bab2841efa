"""The record of the one transaction a device can have, and what its state forbids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...onboard.errors import AgentError
from .device import Device

PENDING = ("armed", "applied")


def update(device: Device, anyway: bool = False, **changes: Any) -> dict[str, Any]:
    """`anyway`: also when the disk takes nothing, because an undo must go on."""
    record = {**device.load("record.json"), **changes}
    device.save("record.json", record, anyway)
    return record


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
