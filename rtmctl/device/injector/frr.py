"""FRR's running configuration, changed and looked at through vtysh; frr.conf is never written."""

from __future__ import annotations

import re

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from .interfaces import lacks
from .mechanism import Wanted

RUNNING = "frr running-config"
DEFAULT_VRF = "default"


def unable(machine: Machine) -> str | None:
    missing = lacks("vtysh")
    if missing is None and machine.run(["vtysh", "-c", "show version"], timeout=10).rc != 0:
        return "FRR does not answer"
    return missing


def running(machine: Machine) -> str:
    """Raises AgentError while a daemon does not answer."""
    result = machine.run(["vtysh", "-c", "show running-config no-header"], timeout=20)
    if result.rc != 0:
        raise AgentError("frr", "vtysh", "FRR does not tell what runs", permanent=False)
    return result.out


def execute(machine: Machine, *lines: str) -> str:
    """Raises AgentError with what FRR complains of; vtysh itself ends with 0 after many an error."""
    result = machine.run(["vtysh", *(word for line in lines for word in ("-c", line))], timeout=20)
    complaints = [x.strip() for x in (result.out + result.err).splitlines() if x.lstrip().startswith("%")]
    if result.rc != 0 or complaints:
        raise AgentError("frr", "vtysh", f"`{lines[-1]}`: {'; '.join(complaints[:2]) or 'refused'}", permanent=False)
    return result.out


def configure(machine: Machine, context: tuple[str, ...], line: str) -> None:
    execute(machine, "configure terminal", *context, line)


def vrf_of(wanted: Wanted) -> str:
    name = wanted.arguments.get("vrf", DEFAULT_VRF)
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]{1,64}", name):
        raise AgentError("usage", "arguments", f"vrf is to be the name of one, not {name!r}")
    return name


def bgp_instance(text: str, vrf: str) -> str | None:
    """Its line in the configuration, `router bgp 65001 vrf blue`."""
    end = "" if vrf == DEFAULT_VRF else f" vrf {re.escape(vrf)}"
    found = re.search(rf"^router bgp \S+{end}$", text, re.MULTILINE)
    return found[0] if found else None


def block(text: str, first: str) -> list[str]:
    """Lines of one top-level block, its first line included."""
    lines = text.splitlines()
    if first not in lines:
        return []
    begin = lines.index(first)
    return [lines[begin], *(line for line in _until_end(lines[begin + 1 :]))]


def _until_end(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        if line and not line.startswith((" ", "!")):
            break
        found.append(line.strip())
    return found
