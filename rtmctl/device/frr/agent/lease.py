"""The lease and its fence number: who may change this device."""

from __future__ import annotations

from typing import Any

from ...onboard.errors import AgentError
from .device import Device


def lease_state(device: Device) -> dict[str, Any] | None:
    """The lease in force. One from an earlier boot is over: its change has been undone by `boot`."""
    lease = device.load("lease.json")
    if not lease.get("holder") or lease["boot_id"] != device.boot_id():
        return None
    left = lease["until"] - device.now()
    if left <= 0:
        return None
    return {k: lease[k] for k in ("holder", "fence", "purpose")} | {"expires_in_s": round(left, 3)}


def take(device: Device, holder: str, ttl_s: float, purpose: str = "") -> dict[str, Any]:
    """Take, or renew one's own, beside whatever step is running.

    The fence number grows with each new holder or interruption, and never repeats.
    """
    if not holder or ttl_s <= 0:
        raise AgentError("usage", "lease", "a lease needs a holder and a time to live above 0")
    with device.lock(name="lease"):
        held = held_by(device, holder)
        if held:
            return grant(device, holder, held["fence"], ttl_s, purpose)
    with device.lock(), device.lock(name="lease"):  # a former holder's step ends before the next may look
        held = held_by(device, holder)
        return grant(device, holder, held["fence"] if held else next_fence(device), ttl_s, purpose)


def held_by(device: Device, holder: str) -> dict[str, Any] | None:
    """The holder's lease in force, None when there is none. Raises AgentError `locked` when it is another's."""
    held = lease_state(device)
    if held and held["holder"] != holder:
        text = f"held by {held['holder']} for {held['expires_in_s']:.0f} s more ({held['purpose'] or '-'})"
        raise AgentError("locked", "lease", text, permanent=False, lease=held)
    return held


def next_fence(device: Device) -> int:
    """Above every number given before; above the clock's seconds too, should both copies of the last one be gone."""
    return max(int(device.load("lease.json").get("fence", 0)), int(device.wall())) + 1


def grant(device: Device, holder: str, fence: int, ttl_s: float, purpose: str) -> dict[str, Any]:
    until = device.now() + ttl_s
    lease = {"holder": holder, "fence": fence, "purpose": purpose, "until": until, "boot_id": device.boot_id()}
    device.save("lease.json", lease, anyway=True)
    return {"lease": lease_state(device)}


def release(device: Device, fence: int) -> dict[str, Any]:
    with device.lock(name="lease"):
        lease = device.load("lease.json")
        if lease.get("fence") == fence and lease.get("holder"):
            device.save("lease.json", {**lease, "holder": ""}, anyway=True)
        return {"lease": lease_state(device)}


def check_fence(device: Device, fence: int, step: str, alive: bool = False) -> None:
    """Refuse a step of a former holder; `alive`: the lease must not have run out either."""
    lease = device.load("lease.json")
    newest = lease.get("fence", 0)
    if fence != newest or not lease.get("holder"):
        raise AgentError("fenced", step, f"fence {fence} is not the newest ({newest}): the lease was lost", lease=lease)
    if alive and lease_state(device) is None:
        raise AgentError("fenced", step, f"the lease with fence {fence} has run out; take it again")
