"""The kernel's links and rules: looked at before a change, compared with after an undo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .device import Device
from .stanzas import stanzas


def has(addresses: set[str], wanted: str) -> bool:
    """Spelling of IPv6 addresses differs between files and kernel."""
    if wanted in addresses:
        return True
    from ipaddress import ip_interface  # noqa: PLC0415 - costs 5 ms, seldom needed

    return ip_interface(wanted) in {ip_interface(a) for a in addresses}


def read_links(device: Device) -> dict[str, dict[str, Any]]:
    """All links by `namespace/name`; the main namespace has an empty name."""
    found: dict[str, dict[str, Any]] = {}
    for space in ["", *device.namespaces()]:
        result = device.run(["ip", *(["-n", space] if space else []), "-j", "-d", "addr"])
        for link in json.loads(result.out or "[]") if result.rc == 0 else []:
            found[f"{space}/{link['ifname']}"] = link
    return found


def wrong_interfaces(device: Device, text: str) -> list[str]:
    """ifupdown2 ends with 0 after a failed MTU or address: look at the kernel instead."""
    links = read_links(device)
    spaces = set(device.namespaces())
    by_name: dict[str, list[dict[str, Any]]] = {}
    for name, link in links.items():
        space, _, short = name.partition("/")
        by_name.setdefault(short, []).append(link)
        if space in spaces:
            by_name.setdefault(space, []).append(link)
    wrong = []
    for name, stanza in stanzas(text).items():
        have = by_name.get(name, [])
        if not have and name not in spaces:
            wrong += [f"{name} does not exist"] if stanza.auto else []
            continue
        own = [x for x in have if x["ifname"] == name and not (name in spaces and f"/{name}" not in links)]
        if own and stanza.auto and not any("UP" in x["flags"] for x in own) and stanza.values("link-down") != ["yes"]:
            wrong.append(f"{name} is not up")
        for mtu in stanza.values("mtu"):
            if own and not any(str(x["mtu"]) == mtu for x in own):
                wrong.append(f"{name} has mtu {own[0]['mtu']}, not {mtu}")
        addresses = {f"{a['local']}/{a['prefixlen']}" for x in have for a in x["addr_info"] if "local" in a}
        wrong += [f"{name} lacks {a}" for a in stanza.values("address") if "/" in a and not has(addresses, a)]
    return wrong


def snapshot(device: Device) -> dict[str, list[str]]:
    """What a revert must leave: links with their kind, master and addresses, and policy rules."""
    found: dict[str, list[str]] = {}
    for name, link in read_links(device).items():
        kind = link.get("linkinfo", {}).get("info_kind", "")
        fixed = [a for a in link["addr_info"] if a.get("scope") != "link" and not a.get("dynamic") and "local" in a]
        facts = [f"kind {kind}", f"master {link.get('master', '')}", f"mtu {link['mtu']}"]
        facts.append("admin up" if "UP" in link["flags"] else "admin down")
        found[name] = facts + sorted(f"{a['local']}/{a['prefixlen']}" for a in fixed)
    for family in ("-4", "-6"):
        result = device.run(["ip", family, "rule"])
        found[f"rules {family}"] = sorted(" ".join(x.split()) for x in result.out.splitlines())
    return found


def remove_leftovers(device: Device, pre: Mapping[str, Any]) -> None:
    """Links that the target named and that were not there before, should ifupdown2 have lost track of them."""
    for name, link in read_links(device).items():
        space, _, short = name.partition("/")
        if name in pre["kernel"] or short not in pre["new_interfaces"]:
            continue
        if link.get("linkinfo", {}).get("info_kind", "") in ("bridge", "vxlan", "vrf", "vlan", "dummy", "macvlan"):
            device.run(["ip", *(["-n", space] if space else []), "link", "del", short])


def mend_links(device: Device, pre: Mapping[str, Any], only: tuple[str, ...] = ()) -> None:
    """What ifupdown2 leaves on a port that its file no longer names: MTU, addresses, whether it is up."""
    now = snapshot(device)
    for name, was in pre["kernel"].items():
        if "/" not in name or name not in now or now[name] == was:
            continue
        space, _, short = name.partition("/")
        ip = ["ip", *(["-n", space] if space else [])]
        had = {fact for fact in was if not only or fact.split(" ")[0] in only}
        has_now = {fact for fact in now[name] if not only or fact.split(" ")[0] in only}
        for fact in sorted(has_now - had):
            if "/" in fact:
                device.run([*ip, "addr", "del", fact, "dev", short])
        for fact in sorted(had - has_now):
            what, _, value = fact.partition(" ")
            if what == "mtu":
                device.run([*ip, "link", "set", short, "mtu", value])
            elif what == "admin":
                device.run([*ip, "link", "set", short, value])
            elif what == "master":
                device.run([*ip, "link", "set", short, *(["master", value] if value else ["nomaster"])])
            elif what != "kind":
                device.run([*ip, "addr", "add", fact, "dev", short])
