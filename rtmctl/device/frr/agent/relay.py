"""The DHCP relay, a program of its own (rtmctl.device.frr.relay): what it serves, how it is started and ended."""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import Any

from ...onboard.durable import read_file
from ...onboard.errors import AgentError
from ...onboard.programs import last_line
from .device import Device
from .sections import normal_lines

SECTION = "dhcp-relay"
PROGRAM = "/usr/local/lib/rtmctl/dhcp-relay"
UNIT = "rtmctl-dhcp-relay.service"
_LISTENS_WITHIN_S = 5.0
"""it looks for new interfaces once a second"""


def relay_state(device: Device) -> dict[str, Any]:
    """What it says of itself; empty when none runs, which its lock tells and not what it once wrote."""
    try:
        lock = os.open(os.path.join(device.run_dir, "dhcp-relay.lock"), os.O_RDWR)
    except FileNotFoundError:
        return {}
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return {}
    except BlockingIOError:
        pass
    finally:
        os.close(lock)
    try:
        found = json.loads(read_file(os.path.join(device.run_dir, "dhcp-relay.json")))
    except (FileNotFoundError, ValueError):
        return {"file": "", "relays": []}
    return found if isinstance(found, dict) else {}


def relay_section(device: Device) -> str:
    """What is relayed now: the file, unless the process serves something else or is dead."""
    text, served = device.text_of(SECTION), str(relay_state(device).get("file", ""))
    return text if normal_lines(text) == normal_lines(served) else served


def check_relay(device: Device, text: str) -> None:
    result = device.run([PROGRAM, "check"], text=text)
    if result.rc != 0:
        raise AgentError("syntax", SECTION, last_line(result))


def load_relay(device: Device, text: str) -> None:
    """Make the process serve the installed file, or end it where `text` asks for no relay."""
    wanted = bool(normal_lines(text))
    ran = os.path.exists(os.path.join(device.run_dir, "dhcp-relay.lock"))
    if not wanted and not ran:  # one that was killed is dead until systemd starts it again
        return
    if os.path.isdir(os.path.join(device.root, "run/systemd/system")):
        command = ["systemctl", "restart" if wanted else "stop", UNIT]
    else:
        command = [PROGRAM, "start" if wanted else "stop"]
    result = device.run(command, timeout=30)
    if result.rc != 0:
        raise AgentError("apply", SECTION, last_line(result))
    if command[0] == "systemctl" and not wanted:  # one that was killed before stays a failed unit, though it is ended
        device.run(["systemctl", "reset-failed", UNIT])


def wrong_relays(device: Device, text: str) -> list[str]:
    """What of a target is not relayed, after the time that it may take."""
    wanted = normal_lines(text)
    deadline = device.now() + _LISTENS_WITHIN_S
    while True:
        state = relay_state(device)
        wrong = [f"{x['interface']} does not listen" for x in state.get("relays", []) if not x["listening"]]
        if normal_lines(str(state.get("file", ""))) != wanted:
            wrong = ["the relay does not serve its file"]
        if not wrong or device.now() > deadline:
            return wrong
        time.sleep(0.05)
