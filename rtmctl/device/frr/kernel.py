"""What the Linux kernel of a switch reports by `ip -j` and `bridge -j`, with VRF names as in the model.

A VRF is a device of kind `vrf`, or a network namespace of the VRF's name; in a namespace `lo` stands for the device.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from rtmctl.base.net import Address
from rtmctl.device.state import ArpEntry, LinkState, MacEntry, NextHop, Route
from rtmctl.model.types import DEFAULT_VRF

Json = Mapping[str, Any]
MAIN_TABLE = 254
_VLAN = re.compile(r"vlan(\d+)")
_GROUP_MAC = re.compile(r"^(33:33|01:00:5e|01:80:c2)")
_FLOOD = "00:00:00:00:00:00"
DISCARDS = ("blackhole", "unreachable", "prohibit")
UNNUMBERED = "169.254.0.1"
"""zebra's stand-in for an IPv6 link-local next hop of an IPv4 route"""


def kind(link: Json) -> str:
    return str(link.get("linkinfo", {}).get("info_kind", ""))


class Kernel:
    """`spaces`: namespace name ('' is the main one) to its tables `links`, `routes`, `routes6`, `neighbors`, `fdb`."""

    def __init__(self, spaces: Mapping[str, Json]) -> None:
        self._spaces = spaces
        self._links = [(space, link) for space, tables in spaces.items() for link in tables.get("links") or []]
        self._vrf_tables = {
            int(link["linkinfo"]["info_data"]["table"]): str(link["ifname"])
            for _, link in self._links
            if kind(link) == "vrf"
        }
        self._vxlans = {
            int(link["linkinfo"]["info_data"]["id"]): (space, link)
            for space, link in self._links
            if kind(link) == "vxlan"
        }

    def _rows(self, table: str) -> Iterator[tuple[str, Json]]:
        for space, tables in self._spaces.items():
            rows = tables.get(table) or []
            if isinstance(rows, str):
                raise ValueError(rows.splitlines()[0])
            for row in rows:
                yield space, row

    def vrf_of(self, space: str, name: str) -> str:
        """VRF of an interface: its namespace, or the `vrf` device that it or its master belongs to."""
        if space:
            return space
        by_name = {link["ifname"]: link for s, link in self._links if s == space}
        seen: set[str] = set()
        while name in by_name and name not in seen:
            if kind(by_name[name]) == "vrf":
                return name
            seen.add(name)
            name = str(by_name[name].get("master", ""))
        return DEFAULT_VRF

    def link_states(self) -> Iterator[LinkState]:
        for space, link in self._rows("links"):
            name = str(link["ifname"])
            stats = link.get("stats64") or link.get("stats") or {}
            rx, tx = stats.get("rx", {}), stats.get("tx", {})
            flags = link.get("flags", [])
            yield LinkState(
                name=space if space and name == "lo" else name,
                vrf=self.vrf_of(space, name),
                admin_up="UP" in flags,
                oper_up="UP" in flags and "LOWER_UP" in flags and link.get("operstate") in ("UP", "UNKNOWN"),
                mtu=int(link["mtu"]),
                mac=str(link.get("address", "")),
                addresses=tuple(
                    ip_interface(f"{a['local']}/{a['prefixlen']}")
                    for a in link.get("addr_info", [])
                    if "local" in a and a.get("scope") != "host"
                ),
                rx_packets=rx.get("packets", 0),
                tx_packets=tx.get("packets", 0),
                rx_bytes=rx.get("bytes", 0),
                tx_bytes=tx.get("bytes", 0),
                rx_errors=rx.get("errors", 0),
                tx_errors=tx.get("errors", 0),
            )

    def routes(self) -> Iterator[Route]:
        """Routes of the main table and of the VRFs' tables; dead next hops are left out."""
        for table in ("routes", "routes6"):
            for space, row in self._rows(table):
                number = row.get("table", MAIN_TABLE)
                number = int(number) if str(number).isdigit() else number
                kind_of = row.get("type", "unicast")
                if kind_of not in ("unicast", *DISCARDS) or number == "local":
                    continue
                vrf = space or (self._vrf_tables.get(number) if isinstance(number, int) else None) or DEFAULT_VRF
                if isinstance(number, str) and number in self._vrf_tables.values():
                    vrf = number
                anywhere = "0.0.0.0/0" if table == "routes" else "::/0"
                hops = [] if kind_of in DISCARDS else row.get("nexthops") or [row]
                yield Route(
                    vrf=vrf,
                    prefix=ip_network(anywhere if row["dst"] == "default" else row["dst"]),
                    protocol=str(row.get("protocol", "")),
                    next_hops=tuple(next_hop(h) for h in hops if not {"dead", "linkdown"} & set(h.get("flags", []))),
                    discards=kind_of if kind_of in DISCARDS else "",
                )

    def arp(self) -> Iterator[ArpEntry]:
        for space, row in self._rows("neighbors"):
            if "lladdr" not in row or row["dst"] == UNNUMBERED or "FAILED" in row.get("state", []):
                continue
            vrf = self.vrf_of(space, str(row["dev"]))
            remote = "extern_learn" in row or "extern_learn" in row.get("flags", []) or row.get("protocol") == "zebra"
            yield ArpEntry(vrf, str(row["dev"]), ip_address(row["dst"]), str(row["lladdr"]), remote)

    def macs(self, vnis: Mapping[str, int]) -> Iterator[MacEntry]:
        """Learnt addresses; `vnis` (from FRR) tells the VNI where the kernel's tables do not."""
        vni_of_device = {(space, link["ifname"]): number for number, (space, link) in self._vxlans.items()}
        bridged = self._bridged_vnis()
        found: dict[tuple[str, int | None, str | None], MacEntry] = {}
        for space, row in self._rows("fdb"):
            mac = str(row["mac"])
            own = row.get("state") in ("permanent", "static") and "dst" not in row
            if own or mac == _FLOOD or _GROUP_MAC.match(mac):
                continue
            number = vni_of_device.get((space, row["ifname"]))
            dst = ip_address(row["dst"]) if "dst" in row else None
            if number is not None and dst is None:
                continue  # the bridge's half of a remote entry; the VXLAN device's half has the VTEP
            vlan = row.get("vlan") or self._vlan_of(space, row)
            entry = MacEntry(
                vlan=int(vlan) if vlan else None,
                vni=number if number is not None else vnis.get(mac, bridged.get((space, str(row.get("master"))))),
                mac=mac,
                port=None if dst else str(row["ifname"]),
                remote_vtep=dst,
            )
            found[(mac, entry.vni, entry.port)] = entry
        yield from found.values()

    def _bridged_vnis(self) -> dict[tuple[str, str], int]:
        """Bridges with exactly one VXLAN device: the traditional form, in which the bridge is the segment."""
        members: dict[tuple[str, str], list[int]] = {}
        for number, (space, link) in self._vxlans.items():
            members.setdefault((space, str(link.get("master"))), []).append(number)
        return {place: numbers[0] for place, numbers in members.items() if len(numbers) == 1}

    def _vlan_of(self, space: str, row: Json) -> str | None:
        """VLAN of a traditional bridge, which is named after it."""
        master = row.get("master")
        if master is None:
            master = next(
                (x.get("master") for s, x in self._links if s == space and x["ifname"] == row["ifname"]), None
            )
        match = _VLAN.fullmatch(str(master))
        return match[1] if match else None

    def vxlan_device(self, vni: int) -> str | None:
        found = self._vxlans.get(vni)
        return str(found[1]["ifname"]) if found else None

    def vrf_of_vni(self, vni: int) -> str:
        """VRF of the gateway of an L2 VNI: where its bridge, or the SVI of the bridge, is."""
        found = self._vxlans.get(vni)
        return self.vrf_of(found[0], str(found[1].get("master", ""))) if found else DEFAULT_VRF

    def vteps(self, vni: int) -> tuple[Address, ...]:
        """All destinations in the forwarding table of the VNI's device: flood list and unicast entries."""
        found = self._vxlans.get(vni)
        if found is None:
            return ()
        place = (found[0], found[1]["ifname"])
        rows = (row for space, row in self._rows("fdb") if (space, row["ifname"]) == place and "dst" in row)
        return tuple(sorted({ip_address(row["dst"]) for row in rows}, key=str))


def next_hop(row: Json) -> NextHop:
    via = row.get("gateway") or row.get("via", {}).get("host")
    return NextHop(ip_address(via) if via else None, row.get("dev"))
