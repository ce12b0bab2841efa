"""The relay's file: one line an SVI and IP version.

vlan20 vrf prod link 10.2.0.1 source 10.255.16.3 servers 10.9.0.9 10.9.0.10
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

FILE = "etc/rtmctl/dhcp-relay.conf"


class Relay(NamedTuple):
    """Addresses are canonical texts of one IP version."""

    interface: str
    vrf: str
    link: str
    """the SVI's own address: by it the server picks the subnet (RFC 3527; RFC 8415 §19.1.1, link-address)"""
    source: str
    """the leaf's loopback in the VRF: giaddr and source of what goes to the servers"""
    servers: tuple[str, ...]

    @property
    def version(self) -> int:
        return ip_address(self.source).version

    @property
    def line(self) -> str:
        servers = " ".join(self.servers)
        return f"{self.interface} vrf {self.vrf} link {self.link} source {self.source} servers {servers}"


def read_lines(text: str) -> tuple[Relay, ...]:
    """Raises ValueError naming the line."""
    found: dict[tuple[str, str, int], Relay] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            relay = _read(words)
            if found.setdefault((relay.vrf, relay.interface, relay.version), relay) is not relay:
                raise ValueError(f"{relay.interface} is relayed twice in IPv{relay.version}")
        except ValueError as error:
            raise ValueError(f"line {number}: {error}: {line.strip()!r}") from None
    return tuple(found.values())


def _read(words: list[str]) -> Relay:
    if len(words) < 9 or (words[1], words[3], words[5], words[7]) != ("vrf", "link", "source", "servers"):
        raise ValueError("not `SVI vrf NAME link ADDRESS source ADDRESS servers ADDRESS...`")
    interface, vrf = words[0], words[2]
    link, source, *servers = (ip_address(word) for word in (words[4], words[6], *words[8:]))
    if {address.version for address in (link, *servers)} != {source.version}:
        raise ValueError("addresses of both IP versions")
    return Relay(interface, vrf, str(link), str(source), tuple(map(str, servers)))
