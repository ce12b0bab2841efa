"""The `dhcp-relay` section read back."""

import re
from ipaddress import ip_address

from rtmctl.model.types import DhcpRelay

_LINE = re.compile(
    r"^(?P<svi>\S+) vrf \S+ link (?P<link>\S+) source (?P<source>\S+) servers (?P<servers>\S+(?: \S+)*)$"
)


def read_relays(text: str) -> dict[str, tuple[DhcpRelay, ...]]:
    """SVI to its relays. Raises ValueError naming the line."""
    found: dict[str, tuple[DhcpRelay, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line.strip())
        if match is None:
            raise ValueError(f"dhcp-relay:{number}: not understood: {line.strip()!r}")
        try:
            servers = tuple(ip_address(server) for server in match["servers"].split())
            relay = DhcpRelay(ip_address(match["link"]), ip_address(match["source"]), servers)
        except ValueError as error:
            raise ValueError(f"dhcp-relay:{number}: {error}") from None
        found[match["svi"]] = (*found.get(match["svi"], ()), relay)
    return found
