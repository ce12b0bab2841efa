"""A share of the IP packets of interfaces comes with a broken header.

IPv4: the header's checksum is overwritten; IPv6, which has none: the version. The next router or host that reads the
header finds it wrong and throws the packet away (IpExtInCsumErrors, Ip6InHdrErrors), as it would after a flipped bit. A
flipped bit in the payload could not be shown: between virtual interfaces nobody computes checksums of UDP and TCP.
"""

from __future__ import annotations

from typing import Any

from ...onboard.machine import Machine
from .. import tables
from ..mechanism import Change, Wanted
from .loss import share_of

CHECKSUM = "@nh,80,16 set 0xdead"
VERSION = "@nh,0,8 set 0xf0"


def rules(share: str) -> list[str]:
    return [
        f"meta protocol ip {share} {CHECKSUM} counter accept",
        f"meta protocol ip6 {share} {VERSION} counter accept",
    ]


class Corrupt:
    """Arguments: `interfaces`; `percent`; `direction`: both, out or in, as the interface sees it."""

    name = "corrupt"
    summary = "a share of the IP packets of interfaces has a broken header"

    def unable(self, machine: Machine) -> str | None:
        return tables.unable(machine, rules("numgen random mod 1000000 < 10000"))

    def check(self, machine: Machine, wanted: Wanted) -> str | None:
        share_of(wanted)
        return tables.check(machine, wanted)

    def owned(self, machine: Machine, wanted: Wanted) -> dict[str, Any]:
        return tables.owned(machine, wanted)

    def inject(self, machine: Machine, wanted: Wanted) -> Change:
        return tables.load(machine, wanted, rules(share_of(wanted)))

    def is_active(self, machine: Machine, wanted: Wanted) -> bool:
        return tables.is_loaded(machine, wanted)

    def revert(self, machine: Machine, wanted: Wanted) -> None:
        tables.remove(machine, wanted.before)
