"""A switch drops what it should route: a static route to nowhere, which beats what BGP says."""

from __future__ import annotations

import time
from ipaddress import ip_network
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.machine import Machine
from .. import frr
from ..mechanism import Change, Wanted, words_of


def prefixes_of(wanted: Wanted) -> list[str]:
    """Raises AgentError `usage`."""
    try:
        return [str(ip_network(text)) for text in words_of(wanted, "prefixes")]
    except ValueError as error:
        raise AgentError("usage", "arguments", str(error)) from None


class WrongRoute:
    """Arguments: `prefixes`; `vrf`."""

    name = "wrong-route"
    summary = "what should be routed to prefixes is dropped"

    def unable(self, machine: Machine) -> str | None:
        return frr.unable(machine)

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        prefixes, text = prefixes_of(wanted), frr.running(machine)
        there = [prefix for prefix in prefixes if f" route {prefix} " in text]
        if there:
            return f"there is a static route to {', '.join(there)} already"
        vrf = frr.vrf_of(wanted)
        known = machine.run(["vtysh", "-c", "show vrf"], timeout=10).out.split()
        return None if vrf == frr.DEFAULT_VRF or vrf in known else f"FRR knows no VRF {vrf}"

    def _lines(self, wanted: Wanted) -> dict[str, str]:
        """Prefix to its line of configuration."""
        vrf = frr.vrf_of(wanted)
        where = "" if vrf == frr.DEFAULT_VRF else f" vrf {vrf}"
        return {p: f"{'ipv6' if ':' in p else 'ip'} route {p} blackhole{where}" for p in prefixes_of(wanted)}

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return {frr.RUNNING: frr.running(machine)}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        began = time.time_ns()
        for line in self._lines(wanted).values():
            frr.configure(machine, (), line)
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return all(f" route {prefix} blackhole" in frr.running(machine) for prefix in prefixes_of(wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        text = frr.running(machine)
        for prefix, line in self._lines(wanted).items():
            if f" route {prefix} blackhole" in text:
                frr.configure(machine, (), f"no {line}")
