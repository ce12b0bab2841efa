"""BGP sessions torn down once; they come back by themselves."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.machine import Machine
from .. import frr
from ..mechanism import Change, Wanted


class BgpReset:
    """Arguments: `peers`, addresses or interfaces as FRR names them, all when empty; `vrf`. Momentary."""

    name = "bgp-reset"
    summary = "BGP sessions are torn down once"

    def unable(self, machine: Machine) -> str | None:
        return frr.unable(machine)

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        vrf = frr.vrf_of(wanted)
        try:
            known = json.loads(frr.execute(machine, f"show bgp vrf {vrf} neighbors json"))
        except (ValueError, AgentError):
            known = {}
        strange = [peer for peer in self._peers(wanted) if peer not in known]
        if strange:
            return f"there is no BGP session with {', '.join(strange)} in VRF {vrf}"
        return None if known else f"there is no BGP session in VRF {vrf}"

    def _peers(self, wanted: Wanted) -> list[str]:
        peers = wanted.arguments.get("peers") or []
        if not isinstance(peers, (list, tuple)) or not all(re.fullmatch(r"[\w.:-]{1,64}", str(p)) for p in peers):
            raise AgentError("usage", "arguments", f"peers are to be addresses or interfaces, not {peers!r}")
        return list(peers)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return {}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        vrf = frr.vrf_of(wanted)
        where = "" if vrf == frr.DEFAULT_VRF else f" vrf {vrf}"
        began = time.time_ns()
        for peer in self._peers(wanted) or ["*"]:
            frr.execute(machine, f"clear bgp{where} {peer}")
        return Change(began, time.time_ns())

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return False

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        """There is nothing to take back."""
