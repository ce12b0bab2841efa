"""The text of a new site: small, commented, and valid at once."""

import re

from rtmctl.base import Exit, PermanentError
from rtmctl.intent.json_schema import EDITOR_HINT

MAX_SPINES = 64
MAX_LEAFS = 512
LARGEST_24 = 120
"""racks whose hosts, one a rack in each segment, leave a /24 half empty"""
DEFAULT_UPLINKS = 8
"""fabric ports of a leaf when the site does not say"""


def new_site(name: str, spines: int, leafs: int) -> str:
    """The text of a `site.yaml` with this many spines, leafs in racks of two, and a host on every leaf.

    Raises:
        PermanentError: a number outside 1..64 spines or 1..512 leafs (exit code 2).
    """
    if not (1 <= spines <= MAX_SPINES and 1 <= leafs <= MAX_LEAFS):
        message = (
            f"{spines} spines and {leafs} leafs: a new site has 1 to {MAX_SPINES} spines and 1 to {MAX_LEAFS} leafs"
        )
        raise PermanentError(message, hint="for example 2x4", exit=Exit.USAGE)
    name = re.sub(r"[^a-z0-9]+", "-", name.lower())[:32].strip("-") or "site"
    racks = (leafs + 1) // 2
    small = racks <= LARGEST_24
    lines = [
        EDITOR_HINT,
        "# What the network should be; rtmctl works out the rest. `rtmctl validate` proves it.",
        f"site: {name}",
        "",
    ]
    if spines > DEFAULT_UPLINKS:
        lines += ["roles:", f"  leaf: {{fabric_ports: {spines}}} # one uplink to every spine", ""]
    lines += [
        "switches: # two leafs of one rack are a redundant pair",
        f"  {_range('spine', 1, spines)}: {{role: spine}}",
    ]
    lines += [
        f"  {_range('leaf', 2 * rack - 1, min(2 * rack, leafs))}: {{role: leaf, rack: r{rack}}}"
        for rack in range(1, racks + 1)
    ]
    lines += [
        "",
        "tenants: # one VRF each",
        "  events: {policy: flows} # only what `flows` lists passes between its segments",
        "",
        "segments: # a VLAN, a VNI, subnets and an anycast gateway each",
        f"  collect: {{tenant: events, vlan: 10, subnets: [10.10.{10 if small else 0}.0/{24 if small else 22}]}}",
        f"  stream: {{tenant: events, vlan: 20, subnets: [10.10.20.0/{24 if small else 22}]}}",
        "",
        "hosts: # one on every leaf; what is left out is allocated: here address and port",
    ]
    for rack in range(1, racks + 1):
        first, second = 2 * rack - 1, min(2 * rack, leafs)
        lines += [
            f"  collector{rack}: {{rack: r{rack}, leaf: leaf{first}, segment: collect}}",
            f"  broker{rack}: {{rack: r{rack}, leaf: leaf{second}, segment: stream}}",
        ]
    lines += [
        "",
        "flows: # the way back is derived",
        "  - {from: collect, to: stream, protocol: tcp, ports: [9092]}",
        "  - {from: collect, to: stream, protocol: icmp}",
    ]
    return "\n".join(lines) + "\n"


def _range(stem: str, first: int, last: int) -> str:
    return f"{stem}{first}" if first == last else f"{stem}[{first}-{last}]"
