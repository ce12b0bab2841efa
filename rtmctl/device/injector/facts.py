"""What a link has that its fall takes away, read before and given back after.

A link that is set down loses its IPv6 addresses, the routes that somebody added over it and permanent neighbours, and
so do VLANs on top of it; an MTU below 1280 takes IPv6 away too, and caps that of the links above. What zebra or the
kernel made comes back by itself and is not looked at (FRR's routes, connected routes, addresses from advertisements).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..onboard.machine import Machine
from .interfaces import Place, batch, ip, links_of
from .mechanism import must

Facts = dict[str, Any]
_BY_HAND = ("3", "4")
"""protocols of rtnetlink(7): boot, static"""


def read(machine: Machine, places: list[Place], routes: bool = True) -> Facts:
    """Name of each link and of those above it (and its master, for MTU and flags) to what it has."""
    found: Facts = {}
    for space in sorted({place.space for place in places}):
        links = {link["ifname"]: link for link in links_of(machine, space)}
        names = [place.name for place in places if place.space == space]
        mine = with_uppers(links, names)
        masters = {links[name]["master"] for name in mine if links[name].get("master") in links} - mine
        paths = paths_of(machine, space) if routes else []
        neighbours = permanent(machine, space) if routes else []
        for name in sorted(mine | masters):
            link = links[name]
            fact: Facts = {"up": "UP" in link["flags"], "mtu": link["mtu"]}
            if name in mine:
                fact["addresses"] = sorted(spelled(a, name) for a in link["addr_info"] if fixed(a))
                fact["routes"] = sorted(path for path in paths if f" dev {name} " in f"{path} ")
                fact["neighbours"] = sorted(n for n in neighbours if f" dev {name} " in f"{n} ")
            found[f"link {Place(space, name)}"] = fact
    return found


def with_uppers(links: Mapping[str, Mapping[str, Any]], names: list[str]) -> set[str]:
    """Those named that are there, and whatever stands on them: VLANs, macvlans."""
    found = {name for name in names if name in links}
    while True:
        above = {name for name, link in links.items() if link.get("link") in found and not link.get("link_netnsid")}
        if above <= found:
            return found
        found |= above


def fixed(address: Mapping[str, Any]) -> bool:
    return "local" in address and not address.get("dynamic") and not address.get("temporary")


def spelled(address: Mapping[str, Any], name: str) -> str:
    """As `ip addr add` takes it; primary addresses sort before secondary ones of their network."""
    words = [f"{address['local']}/{address['prefixlen']}"]
    if "address" in address:
        words = [address["local"], "peer", f"{address['address']}/{address['prefixlen']}"]
    words += ["broadcast", address["broadcast"]] if "broadcast" in address else []
    words += ["label", address["label"]] if address.get("label", name) != name else []
    words += ["scope", address["scope"]] if address.get("scope", "global") != "global" else []
    words += [flag for flag in ("noprefixroute", "nodad", "home") if address.get(flag)]
    return f"{2 if address.get('secondary') else 1} {' '.join(words)}"


def paths_of(machine: Machine, space: str) -> list[str]:
    """Routes that somebody added, as `ip route replace` takes them."""
    found = []
    for family in ("-4", "-6"):
        result = must(machine, "routes", [*ip(space), "-N", "-o", family, "route", "show", "table", "all"])
        for line in result.out.splitlines():
            words = [
                w for w in line.replace("\\", " ").split() if w not in ("linkdown", "dead", "offload", "pervasive")
            ]
            protocol = words[words.index("proto") + 1] if "proto" in words else "3"
            if protocol in _BY_HAND and "nhid" not in words and "expires" not in words:
                found.append(f"{family} {' '.join(words)}")
    return found


def permanent(machine: Machine, space: str) -> list[str]:
    result = must(machine, "neighbours", [*ip(space), "neigh", "show", "nud", "permanent"])
    return [
        line.replace(" PERMANENT", " nud permanent").strip()
        for line in result.out.splitlines()
        if "lladdr" in line and "extern_learn" not in line and "proto" not in line.split()
    ]


def restore(machine: Machine, before: Mapping[str, Any]) -> None:
    """Give back what is missing, in the order in which one thing needs the other. Raises AgentError."""
    facts = {place_in(name): fact for name, fact in before.items() if name.startswith("link ")}
    for space in sorted({place.space for place in facts}):
        mine = {place.name: fact for place, fact in facts.items() if place.space == space}
        links = {name: fact for name, fact in mine.items() if "addresses" in fact}
        restore_links(machine, space, links)
        restore_links(machine, space, mine)  # a bridge follows its ports' MTU by itself, until it is told one
        restore_attached(machine, space, links)


def restore_links(machine: Machine, space: str, mine: Mapping[str, Facts]) -> None:
    here = {link["ifname"]: link for link in links_of(machine, space) if link["ifname"] in mine}
    lines = [f"link set {name} mtu {mine[name]['mtu']}" for name, x in here.items() if x["mtu"] != mine[name]["mtu"]]
    for name, link in here.items():
        if ("UP" in link["flags"]) != mine[name]["up"]:
            lines.append(f"link set {name} {'up' if mine[name]['up'] else 'down'}")
    batch(machine, space, lines, "links")


def restore_attached(machine: Machine, space: str, mine: Mapping[str, Facts]) -> None:
    missing: dict[str, list[str]] = {"addresses": [], "routes": [], "neighbours": []}
    now = read(machine, [Place(space, name) for name in mine])
    for name, fact in mine.items():
        has = now.get(f"link {Place(space, name)}", {})
        for kind, lines in missing.items():
            lines += [added(kind, text, name) for text in fact[kind] if text not in has.get(kind, [])]
    batch(machine, space, missing["addresses"], "addresses")
    for family in ("-4", "-6"):
        lines = [line[3:] for line in missing["routes"] if line.startswith(family)]
        batch(machine, space, lines, "routes", family)
    batch(machine, space, missing["neighbours"], "neighbours")


def added(kind: str, text: str, name: str) -> str:
    if kind == "addresses":
        return f"addr add {text[2:]} dev {name}"
    return f"{text[:2]} route replace {text[3:]}" if kind == "routes" else f"neigh replace {text}"


def place_in(fact: str) -> Place:
    space, _, name = fact[len("link ") :].rpartition("/")
    return Place(space, name)
