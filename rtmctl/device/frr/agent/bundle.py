"""One bundle of all that FRR and the kernel report; read by rtmctl.device.frr.state."""

from __future__ import annotations

import os
import re
from typing import Any

from ...onboard.durable import read_file
from ...onboard.errors import AgentError
from ...onboard.programs import as_json, last_line
from .device import Device
from .relay import relay_state
from .running import vtysh

BUNDLE = {
    "version": "show version",
    "daemons": "show daemons",
    "vrfs": "show vrf",
    "bgp": "show bgp vrf all neighbors json",
    "bfd": "show bfd peers json",
    "vnis": "show evpn vni detail json",
    "evpn": "show bgp l2vpn evpn route json",
    "evpn_macs": "show evpn mac vni all json",
    "evpn_arp": "show evpn arp-cache vni all json",
}
"""what `state` asks FRR for"""
OWN = ("local", "broadcast", "multicast", "anycast")
"""routes to the device itself"""


def echoed(text: str, commands: list[str]) -> dict[str, str]:
    """Output of `vtysh -E`, which puts a line `HOST# COMMAND` before each output, as command to its output."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        command = line.partition("# ")[2]
        if command in commands and command not in found:
            current = found[command] = []
        else:
            current.append(line)
    return {command: "\n".join(lines) for command, lines in found.items()}


def asked(device: Device, commands: list[str]) -> dict[str, str]:
    """Command to its output. vtysh ends at the first command whose daemon does not run: the rest is asked anew."""
    found: dict[str, str] = {}
    while commands:
        result = device.run(["vtysh", "-E", *(word for c in commands for word in ("-c", c))], timeout=60)
        answers = echoed(result.out, commands)
        found.update(answers)
        commands = [c for c in commands if c not in answers] if answers else commands[1:]
    return found


def show(device: Device, command: str) -> dict[str, Any]:
    if not re.fullmatch(r"show [ -~]+", command) or re.search(r"[|<>;`]", command):
        raise AgentError("usage", "show", "only a single `show` command without pipes is run")
    return {"output": vtysh(device, command)}


def state(device: Device) -> dict[str, Any]:
    """Everything rtmctl.device.frr.state reads, raw; FRR's documents as JSON where they are JSON."""
    outputs = asked(device, list(BUNDLE.values()))
    frr = {name: as_json(outputs.get(command, "")) for name, command in BUNDLE.items()}
    spaces = {space: kernel_tables(device, space) for space in ["", *device.namespaces()]}
    lldp = device.run(["lldpcli", "-f", "json0", "show", "neighbors"], timeout=10)
    return {
        "hostname": os.uname().nodename,
        "boot_id": device.boot_id(),
        "frr": frr,
        "enabled": enabled(device),
        "spaces": spaces,
        "lldp": as_json(lldp.out) if lldp.rc == 0 else last_line(lldp),
        "dhcp_relay": relay_state(device),
    }


def enabled(device: Device) -> list[str]:
    """The daemons that the device is to run, by /etc/frr/daemons."""
    try:
        text = read_file(os.path.join(device.root, "etc/frr/daemons"))
    except OSError:
        return []
    return re.findall(r"^(\w+d|zebra)=yes\s*$", text, re.MULTILINE)


def kernel_tables(device: Device, space: str) -> dict[str, Any]:
    ip = ["ip", *(["-n", space] if space else [])]
    tables = {
        "links": [*ip, "-j", "-s", "-d", "addr"],
        "routes": [*ip, "-j", "-4", "route", "show", "table", "all"],
        "routes6": [*ip, "-j", "-6", "route", "show", "table", "all"],
        "neighbors": [*ip, "-j", "neigh"],
        "fdb": ["bridge", *ip[1:], "-j", "fdb"],
        "vlans": ["bridge", *ip[1:], "-j", "vlan"],
    }
    found = {name: as_json(device.run(command).out) for name, command in tables.items()}
    for name in ("routes", "routes6"):
        if isinstance(found[name], list):
            found[name] = [x for x in found[name] if x.get("type", "unicast") not in OWN]
    if isinstance(found["fdb"], list):
        found["fdb"] = [x for x in found["fdb"] if not x["mac"].startswith(("33:33:", "01:00:5e:", "01:80:c2:"))]
    return found
