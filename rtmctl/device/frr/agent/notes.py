"""Small documents kept on the device."""

from __future__ import annotations

import re
from typing import Any

from ...onboard.errors import AgentError, disk_failure
from .device import Device
from .lease import check_fence


def note(device: Device, action: str, key: str = "", value: Any = None, fence: int = 0) -> dict[str, Any]:
    """Small documents kept on the device: drain markers, decisions, audit anchors (these need no lease)."""
    if action not in ("get", "set", "del", "list") or not re.fullmatch(r"[\w.-]{0,80}", key):
        raise AgentError("usage", "note", "note get|set|del KEY or note list; a key has letters, digits, . _ -")
    if action == "list":
        return {"keys": device.names("notes")}
    name = f"notes/{key}.json"
    if action == "get":
        return {"value": device.load(name).get("value")}
    with device.lock():
        if not key.startswith("audit"):
            check_fence(device, fence, "note")
        if action == "del":
            device.remove(name)
            return {"value": None}
        try:
            device.save(name, {"value": value})
        except OSError as error:
            raise disk_failure("note", error) from None
        return {"value": value}
