"""Putting the pre-image back, and proving it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.sessions import session_of_this
from .device import Device
from .frrtext import differences
from .load import load_frr, load_interfaces, load_lldp, load_nft
from .record import update
from .relay import load_relay, relay_section
from .running import running, vtysh
from .sections import normal_lines
from .snapshot import mend_links, remove_leftovers, snapshot
from .spare import forget_files, restore_files
from .sysctl import read_sysctl, write_sysctl
from .wake import wake

LIMIT_S = 600.0
"""after it the watchdog kills whoever is at an undo and does it itself"""
COMMAND_S = 10.0
"""for `ifreload` within an undo, or three times as long as the change took; the rest does not wait for a hanging one"""


def revert(device: Device, why: str) -> None:
    """Put the pre-image back and prove it. The lock is held. Leaves `reverted`, or `broken` with what differs.

    While it is at work the record says `armed`: should it die, the watchdog or a reboot does it again.
    """
    at_work = {"state": "armed", "step": "revert", "deadline": device.now() + LIMIT_S, **session_of_this()}
    update(device, anyway=True, cause=why, failure=why, **at_work)
    pre = device.load("pre.json")
    patience = max(COMMAND_S, 3 * float(device.load("record.json").get("took_s", 2 * COMMAND_S)))
    problems: list[str] = []
    for attempt in range(3):
        problems = restore(device, pre, patience)
        if not problems:
            break
        time.sleep(0.3 * 3**attempt)
    if problems:
        text = f"{why}; after the revert: {'; '.join(problems[:8])}"
        update(device, anyway=True, state="broken", failure=text)
        raise AgentError("broken", "revert", "; ".join(problems[:8]), cause=why)
    update(device, anyway=True, state="reverted", step="reverted")
    forget_files(device)
    wake(device)


def restore(device: Device, pre: Mapping[str, Any], patience: float) -> list[str]:
    """One try; returns what is not as before, and then also which steps failed."""
    problems: list[str] = []

    def attempt(step: Callable[[], None]) -> None:
        try:
            step()
        except (AgentError, OSError) as error:
            problems.append(f"{error.step}: {error.message}" if isinstance(error, AgentError) else str(error))

    old_interfaces = device.text_of("interfaces")
    attempt(lambda: restore_files(device, pre))
    before = (pre["files"]["interfaces"] or {"text": ""})["text"]
    if old_interfaces != before or snapshot(device) != pre["kernel"]:
        attempt(lambda: load_interfaces(device, patience))
        attempt(lambda: remove_leftovers(device, pre))
        attempt(lambda: mend_links(device, pre))
    attempt(lambda: restore_frr(device, pre["frr"]))
    nft = (pre["files"]["nftables"] or {"text": ""})["text"]
    attempt(lambda: load_nft(device, nft, pre["tables"]) if pre["tables"] else None)
    attempt(lambda: load_lldp(device))
    attempt(lambda: restore_relay(device, pre.get("relay", "")))
    for key, value in pre["sysctl"].items():
        if read_sysctl(device, key) not in (value, None):
            write_sysctl(device, key, value)
    try:
        left = remains(device, pre)
    except AgentError as failure:
        left = [f"{failure.step}: {failure.message}"]
    return left and [*left, *problems]


def restore_frr(device: Device, text: str) -> None:
    running = vtysh(device, "show running-config no-header")
    if differences(text, running):
        load_frr(device, text, running)


def restore_relay(device: Device, served: str) -> None:
    """One that is to be gone is ended even when it is dead now: systemd may be about to start it again."""
    if not normal_lines(served) or normal_lines(relay_section(device)) != normal_lines(served):
        load_relay(device, served)


def remains(device: Device, pre: Mapping[str, Any]) -> list[str]:
    """What tells the device from what it was: kernel objects, then configuration."""
    was, now = pre["kernel"], snapshot(device)
    names = sorted(set(was) | set(now))
    found = [
        f"{name.strip('/')} was {' '.join(was.get(name, ['absent']))}, is {' '.join(now.get(name, ['absent']))}"
        for name in names
        if was.get(name) != now.get(name)
    ]
    now_hash = running(device)["hash"]
    if now_hash != pre["hash"]:
        found += differences(pre["frr"], vtysh(device, "show running-config no-header")) or [
            "configuration hash differs"
        ]
    return found
