"""From what the kernel has to what the file says: pure."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from .kernel import MAIN, Links, addresses_of, kind_of, same_device
from .wanted import KINDS, Wanted

CHANGING = {"learning": True, "neigh_suppress": False}
"""bridge port settings this program manages, with the kernel's defaults"""


class Changes:
    """ip(8) batches: removals and moves by the namespace they start in, creations in the main one, then settings.

    `last`: VXLAN devices go up when everything else stands. zebra decides at that moment which VRF a VNI is in; what
    it then does not know yet (the bridge, its SVI) it does not look for again.
    """

    def __init__(self) -> None:
        self.removals: dict[str, list[str]] = {}
        self.creations: list[str] = []
        self.settings: dict[str, list[str]] = {}
        self.last: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self.removals or self.creations or self.settings or self.last)


def plan(want: dict[str, Wanted], kernel: dict[str, Links]) -> Changes:
    """All changes that lead from the kernel's state to the file's; empty when they agree."""
    changes = Changes()
    here = {w.name: w for w in want.values() if w.name != "lo"}
    stays: Links = {}
    for space, links in kernel.items():
        for name, link in links.items():
            if name == "lo":
                if f"{space}/lo" not in want and space != MAIN and addresses_of(link):
                    changes.removals.setdefault(space, []).append("addr flush dev lo scope global")
                continue
            lines, left = removal(link, space, here.get(name))
            if lines:
                changes.removals.setdefault(space, []).extend(lines)
            if left is not None:
                stays[name] = left
    for wish in sorted(here.values(), key=lambda w: w.kind == "vxlan"):
        if wish.name not in stays and wish.kind:
            changes.creations.append(creation(wish))
            stays[wish.name] = {}
    for wish in want.values():
        have = kernel.get(wish.space, {}).get("lo", {}) if wish.name == "lo" else stays.get(wish.name)
        if have is None:
            print(f"ifreload: {wish.name}: there is no such interface", file=sys.stderr)
            continue
        for line in settings(wish, have):
            batch = changes.last if wish.kind == "vxlan" and line.endswith(" up") else changes.settings
            batch.setdefault(wish.space, []).append(line)
    return changes


def removal(link: dict[str, Any], space: str, wish: Wanted | None) -> tuple[list[str], dict[str, Any] | None]:
    """What must go from a link before anything is made, and the link as it is left; None when nothing is."""
    name = link["ifname"]
    if wish and wish.space == space and same_device(link, wish):
        return [], link
    if kind_of(link) in KINDS:
        return [f"link del {name}"], None
    if kind_of(link) != "veth":
        return [], None
    home = wish.space if wish else MAIN
    if home != space:
        moved = {"flags": [], "mtu": link["mtu"], "address": link["address"]}
        return [f"link set {name} down nomaster netns {home or 1}"], moved
    if "UP" in link["flags"] or link.get("master") or addresses_of(link):
        return [f"addr flush dev {name}", f"link set {name} down nomaster"], None
    return [], None


def creation(wish: Wanted) -> str:
    """`ip link add`, run in the main namespace so that a VXLAN's underlay is there."""
    where = f" netns {wish.space}" if wish.space else ""
    mac = f" address {wish.mac}" if wish.mac else ""
    head = f"link add {wish.name}{mac}{where}"
    if wish.kind == "vxlan":
        vni, local, port = wish.vxlan
        return f"{head} type vxlan id {vni}{f' local {local}' if local else ''} dstport {port} nolearning"
    if wish.kind == "vlan":
        return f"link add link {wish.vlan[0]} name {wish.name}{mac}{where} type vlan id {wish.vlan[1]}"
    return f"{head} type {wish.kind}"


def settings(wish: Wanted, link: dict[str, Any]) -> Iterator[str]:
    """What has to be set on an interface that exists (an empty `link`: it was made just now)."""
    name = wish.name
    if wish.mac and link.get("address") != wish.mac and link:
        yield f"link set {name} address {wish.mac}"
    if wish.pinned and (not link or wish.master != link.get("master", "")):
        yield f"link set {name} addrgenmode none"  # ip does not tell the mode back, so it is set at the beginning
    if wish.master != link.get("master", ""):
        yield f"link set {name} master {wish.master}" if wish.master else f"link set {name} nomaster"
    if wish.mtu and link.get("mtu") != wish.mtu:
        yield f"link set {name} mtu {wish.mtu}"
    if wish.alias and link.get("ifalias") != wish.alias:
        yield f"link set {name} alias {json.dumps(wish.alias)}"
    if wish.master:
        now = link.get("linkinfo", {}).get("info_slave_data", {}) if link.get("master") == wish.master else {}
        words = [f"{k} {'on' if v else 'off'}" for k, v in wish.port if now.get(k, CHANGING[k]) != v]
        if words:
            yield f"link set {name} type bridge_slave {' '.join(words)}"
    if ("UP" in link.get("flags", ())) == wish.down:
        yield f"link set {name} {'down' if wish.down else 'up'}"
    yield from address_settings(wish, addresses_of(link))


def address_settings(wish: Wanted, have: set[str]) -> Iterator[str]:
    """Addresses to add and to remove; the default route is set with the first address."""
    name = wish.name
    for address in wish.addresses:
        if address not in have:
            yield f"addr add {address} dev {name}{' nodad' if ':' in address else ''}"
    for address in sorted(have - set(wish.addresses)):
        yield f"addr del {address} dev {name}"
    if not have and wish.addresses:
        for gateway in wish.gateways:
            yield f"route replace {'::/0' if ':' in gateway else '0.0.0.0/0'} via {gateway} dev {name}"
