"""The life of a change: commit, extend, confirm, revert, and what a reboot makes of it."""

from __future__ import annotations

import os
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.programs import COMMAND_TIMEOUT_S
from .device import Device
from .guarding import ensure_watchdog
from .lease import check_fence, lease_state
from .load import apply, compare
from .normalform import normal
from .preimage import arm, arm_over
from .record import PENDING, own_record, refuse_expired, refuse_pending, update
from .running import mask_key, read_sections
from .sections import FILES, hash_of
from .snapshot import mend_links
from .spare import forget_files, restore_files
from .undo import revert


def status(device: Device) -> dict[str, Any]:
    record = device.load("record.json")
    if record.get("state") in PENDING:
        ensure_watchdog(device, record)
    staged = device.load("staged.json")
    if staged and staged["transaction"] != record.get("transaction"):
        record = {"transaction": staged["transaction"], "state": "staged", "target_hash": staged["hash"]}
    reverts = None
    if record.get("state") in PENDING:
        reverts = max(0.0, record["deadline"] - device.now()) if record["boot_id"] == device.boot_id() else 0.0
    keys = ("transaction", "pre_hash", "target_hash", "failure", "step")
    return {
        "boot_id": device.boot_id(),
        "lease": lease_state(device),
        "state": record.get("state", "none"),
        "reverts_in_s": reverts,
        **{key: record.get(key) for key in keys},
    }


def commit(
    device: Device, transaction: str, fence: int, pre_hash: str, revert_in_s: float, again: bool = False
) -> dict[str, Any]:
    """Save, arm, apply, compare. When any step fails the device is reverted before this returns.

    `again`: the transaction has been here before. After its revert it is applied anew (it was decided); while it
    is applied, another target staged for it is applied over the first one, whose pre-image stays (drain first).
    """
    if revert_in_s <= 0:
        raise AgentError("usage", "commit", "the revert timer needs a time above 0")
    with device.lock():
        record = device.load("record.json")
        staged = device.load("staged.json")
        state = record.get("state") if record.get("transaction") == transaction else None
        over = again and state == "applied" and staged.get("hash") != record["target_hash"]
        if state in ("applied", "confirmed") and not over:
            return status(device)
        if state in ("armed", "reverted", "broken") and not (again and state == "reverted"):
            text = f"transaction {transaction} is already {record['state']} here: {record.get('failure') or ''}"
            raise AgentError(record["state"], "commit", text)
        check_fence(device, fence, "commit", alive=True)
        refuse_pending(device, transaction, "commit")
        if staged.get("transaction") != transaction:
            raise AgentError("state", "commit", f"transaction {transaction} is not staged here")
        raw, found = read_sections(device), mask_key(device)
        now_hash = hash_of({name: normal(name, raw[name], found) for name in FILES})
        if over:
            refuse_expired(device, record, "commit")
        elif now_hash != pre_hash:
            raise AgentError("stale", "commit", "the device has changed since the plan was made", hash=now_hash)
        target = {name: staged["sections"].get(name, raw[name]) for name in FILES}
        if over:
            arm_over(device, record, raw, target, revert_in_s)
        else:
            arm(device, transaction, fence, now_hash, raw, target, revert_in_s)
        begun = device.now()
        try:
            apply(device, raw, target)
            compare(device, target)
        except Exception as error:
            failure = (
                error
                if isinstance(error, AgentError)
                else AgentError("apply", device.load("record.json")["step"], str(error))
            )
            revert(device, f"{failure.step}: {failure.message}")
            raise AgentError("reverted", failure.step, f"{failure.message} (reverted, as before)") from None
        update(device, state="applied", step="applied", took_s=round(device.now() - begun, 3))
        return status(device)


def extend(device: Device, transaction: str, fence: int, revert_in_s: float) -> dict[str, Any]:
    with device.lock():
        check_fence(device, fence, "extend")
        refuse_expired(device, own_record(device, transaction, "extend"), "extend")
        update(device, deadline=device.now() + revert_in_s)
        return status(device)


def confirm(device: Device, transaction: str, fence: int) -> dict[str, Any]:
    with device.lock():
        check_fence(device, fence, "confirm")
        record = own_record(device, transaction, "confirm")
        if record["state"] != "confirmed":
            refuse_expired(device, record, "confirm")
            update(device, state="confirmed", step="confirmed")
            forget_files(device)
            device.remove("staged.json")
        return status(device)


def undo(device: Device, transaction: str, fence: int) -> dict[str, Any]:
    """Undo now: a pending change, a broken revert, or a confirmed one whose pre-image is still here."""
    with device.lock(wait_s=COMMAND_TIMEOUT_S):
        check_fence(device, fence, "revert")
        staged = device.load("staged.json")
        record = device.load("record.json")
        if record.get("transaction") != transaction:
            if staged.get("transaction") == transaction:
                device.remove("staged.json")
                return status(device)
            raise AgentError("state", "revert", f"transaction {transaction} is not the one on the device")
        if record["state"] == "reverted":
            return status(device)
        if device.load("pre.json").get("transaction") != transaction:
            raise AgentError("state", "revert", f"the pre-image of transaction {transaction} is gone")
        revert(device, "asked to")
        return status(device)


def boot(device: Device) -> dict[str, Any]:
    """Before networking starts: an unconfirmed change does not survive a reboot."""
    with device.lock():
        record = device.load("record.json")
        if record.get("state") not in (*PENDING, "broken") or record.get("boot_id") == device.boot_id():
            return {"restored": False}
        pre = device.load("pre.json")
        if pre.get("transaction") != record["transaction"]:
            text = "the device rebooted and its pre-image is gone"
            update(device, anyway=True, state="broken", step="boot", failure=text, cause=text)
            return {"restored": False}
        why = f"{record.get('failure') or ''} the device rebooted before the change was confirmed".strip()
        try:
            restore_files(device, pre)
        except OSError as error:
            update(device, anyway=True, state="broken", step="boot", failure=f"{why}; {error}", cause=why)
            device.watch(device, record["transaction"])  # goes on trying
            raise
        device.remove("nft.json")
        mend_links(device, pre, only=("mtu",))  # a port may keep its MTU over a warm start
        update(device, anyway=True, state="reverted", step="boot", failure=why)
        forget_files(device)
        return {"restored": True}


def gc(device: Device) -> dict[str, Any]:
    """Throw away what a finished transaction left: its pre-image, its target, its spare files."""
    with device.lock():
        record = device.load("record.json")
        if record.get("state") in (*PENDING, "broken"):
            return {"removed": []}
        names = [name for name in ("pre.json", "staged.json", "reserve") if os.path.exists(device.path(name))]
        for name in names:
            device.remove(name)
        forget_files(device)
        return {"removed": names}
