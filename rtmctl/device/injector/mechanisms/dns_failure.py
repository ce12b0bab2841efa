"""Name servers out of reach: questions are dropped on their way out, resolv.conf stays as it is."""

from __future__ import annotations

from typing import Any

from ...onboard.machine import Machine
from ...onboard.programs import last_line
from ..interfaces import lacks
from ..mechanism import Change, Wanted, changed, must
from ..tables import listed

PRIORITY = -350
"""before connection tracking and NAT, which may send a question elsewhere"""


class DnsFailure:
    """No arguments. UDP and TCP port 53, and 853 (RFC 7858), of all programs, also toward a resolver on the host."""

    name = "dns-failure"
    summary = "name servers out of reach"

    def unable(self, machine: Machine) -> str | None:
        missing = lacks("nft")
        if missing:
            return missing
        result = machine.run(["nft", "-c", "-f", "-"], text=ruleset("rtmctl_drill_check"), timeout=10)
        return None if result.rc == 0 else f"nft refuses such rules here: {last_line(result)}"

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        return None

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return {f"nft inet {_table(wanted)}": _listed(machine, wanted)}

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return changed(machine, "nft", ["nft", "-f", "-"], ruleset(_table(wanted)))

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return _listed(machine, wanted) is not None

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        """Named before it is deleted, so that one that is not there is no error."""
        table = _table(wanted)
        must(machine, "nft", ["nft", "-f", "-"], f"table inet {table}\ndelete table inet {table}\n")


def ruleset(table: str) -> str:
    return f"""table inet {table} {{
 chain output {{ type filter hook output priority {PRIORITY};
  meta l4proto {{ tcp, udp }} th dport {{ 53, 853 }} counter drop;
 }}
}}
"""


def _table(wanted: Wanted) -> str:
    return f"rtmctl_drill_{wanted.key}"


def _listed(machine: Machine, wanted: Wanted) -> str | None:
    return listed(machine, "", _table(wanted), "inet")
