"""A switch announces a prefix that is another's, into one VRF's BGP."""

from __future__ import annotations

import time
from typing import Any

from ...onboard.machine import Machine
from .. import frr
from ..mechanism import Change, Wanted
from .wrong_route import prefixes_of

UNCHECKED = "no bgp network import-check"
"""else FRR announces only what its routing table holds"""


class LeakedPrefix:
    """Arguments: `prefixes`; `vrf`."""

    name = "leaked-prefix"
    summary = "prefixes of others are announced"

    def unable(self, machine: Machine) -> str | None:
        return frr.unable(machine)

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        text, vrf = frr.running(machine), frr.vrf_of(wanted)
        instance = frr.bgp_instance(text, vrf)
        if instance is None:
            return f"there is no BGP in VRF {vrf}"
        own = [prefix for prefix in prefixes_of(wanted) if f"network {prefix}" in frr.block(text, instance)]
        return f"{', '.join(own)} is announced already" if own else None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return {frr.RUNNING: frr.running(machine)}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        began = time.time_ns()
        instance = self._instance(wanted)
        if UNCHECKED not in frr.block(wanted.before[frr.RUNNING], instance):
            frr.configure(machine, (instance,), UNCHECKED)
        for prefix in prefixes_of(wanted):
            frr.configure(machine, (instance, family(prefix)), f"network {prefix}")
        return Change(began, time.time_ns())

    def _instance(self, wanted: Wanted) -> str:
        return frr.bgp_instance(wanted.before[frr.RUNNING], frr.vrf_of(wanted)) or ""

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        lines = frr.block(frr.running(machine), self._instance(wanted))
        return all(f"network {prefix}" in lines for prefix in prefixes_of(wanted))

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        instance = self._instance(wanted)
        lines, was = frr.block(frr.running(machine), instance), frr.block(wanted.before[frr.RUNNING], instance)
        for prefix in prefixes_of(wanted):
            if f"network {prefix}" in lines:
                frr.configure(machine, (instance, family(prefix)), f"no network {prefix}")
        if UNCHECKED in lines and UNCHECKED not in was:
            frr.configure(machine, (instance,), UNCHECKED[len("no ") :])


def family(prefix: str) -> str:
    return f"address-family {'ipv6' if ':' in prefix else 'ipv4'} unicast"
