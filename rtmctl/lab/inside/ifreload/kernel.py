"""What the kernel has: links with their addresses, a namespace each."""

import json
import os
import subprocess
from collections.abc import Iterable
from typing import Any

from .wanted import Wanted

SPACES = "/run/netns"
MAIN = ""
"""the node's own namespace"""

Links = dict[str, dict[str, Any]]
"""interface to what `ip -j -d addr show` tells of it"""


def spaces_now() -> list[str]:
    return sorted(os.listdir(SPACES)) if os.path.isdir(SPACES) else []


def read_kernel(spaces: Iterable[str]) -> dict[str, Links]:
    """All links with their addresses, a namespace each; the readers run side by side."""
    running = {}
    for space in (MAIN, *spaces):
        command = ["ip", *(["-n", space] if space else []), "-j", "-d", "addr", "show"]
        running[space] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = {}
    for space, process in running.items():
        text, _ = process.communicate()
        found[space] = {link["ifname"]: link for link in json.loads(text or b"[]") if "ifname" in link}
    return found


def kind_of(link: dict[str, Any]) -> str:
    return str(link.get("linkinfo", {}).get("info_kind", ""))


def addresses_of(link: dict[str, Any]) -> set[str]:
    """Those somebody gave it: not the link-local one the kernel made, not 127.0.0.1 and ::1."""
    return {
        f"{a['local']}/{a['prefixlen']}"
        for a in link.get("addr_info", [])
        if "local" in a and a.get("protocol") != "kernel_ll" and a.get("scope") != "host" and not _made(a)
    }


def _made(address: dict[str, Any]) -> bool:
    return address["family"] == "inet6" and address.get("scope") == "link"


def same_device(link: dict[str, Any], want: Wanted) -> bool:
    """An existing link can serve as what is wanted without being made anew."""
    if want.kind in ("", "lo"):
        return True
    if kind_of(link) != want.kind:
        return False
    data = link.get("linkinfo", {}).get("info_data", {})
    if want.kind == "vxlan":
        return bool(data.get("id") == want.vxlan[0] and data.get("local", "") == want.vxlan[1])
    if want.kind == "vlan":
        return bool(link.get("link") == want.vlan[0] and data.get("id") == want.vlan[1])
    return True
