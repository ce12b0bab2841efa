"""nft tables of the netdev family: rules that meet packets of an interface before anything else does.

On the way in they stand behind packet sockets (lldpd and tcpdump see what is dropped) and before bridge, ARP and IP; on
the way out they stand before packet sockets and the queue, and meet every frame. Egress: Linux 5.16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..onboard.errors import AgentError
from ..onboard.machine import Machine
from ..onboard.programs import last_line
from .interfaces import Place, by_space, inside, lacks, no_interface, places_of
from .mechanism import Change, Wanted, changed, choice_of, must

DIRECTIONS = ("both", "out", "in")
"""as the interface sees them"""
HOOKS = {"both": ("ingress", "egress"), "in": ("ingress",), "out": ("egress",)}
PRIORITY = -500
"""before whatever else filters there"""


def table_of(wanted: Wanted) -> str:
    return f"rtmctl_drill_{wanted.key}"


def ruleset(table: str, interfaces: list[str], direction: str, rules: list[str]) -> str:
    """One table with a chain a hook, each with the same rules."""
    devices = ", ".join(f'"{name}"' for name in interfaces)
    lines = [f"table netdev {table} {{"]
    for hook in HOOKS[direction]:
        lines.append(f" chain {hook} {{ type filter hook {hook} devices = {{ {devices} }} priority {PRIORITY};")
        lines += [f"  {rule};" for rule in rules] + [" }"]
    return "\n".join([*lines, "}", ""])


def unable(machine: Machine, rules: list[str]) -> str | None:
    """What nft and the kernel say to such rules on a loopback interface; nothing is kept."""
    missing = lacks("nft") or lacks("ip")
    if missing:
        return missing
    result = machine.run(
        ["nft", "-c", "-f", "-"], text=ruleset("rtmctl_drill_check", ["lo"], "both", rules), timeout=10
    )
    return None if result.rc == 0 else f"nft refuses such rules here: {last_line(result)}"


def check(machine: Machine, wanted: Wanted) -> str | None:
    choice_of(wanted, "direction", DIRECTIONS)
    return no_interface(machine, wanted)


def listed(machine: Machine, space: str, table: str, family: str = "netdev") -> str | None:
    """None when the kernel has no such table; that nft cannot be asked says nothing of it, and raises AgentError."""
    if space and space not in machine.namespaces():
        return None
    result = machine.run([*inside(space), "nft", "-s", "list", "table", family, table], timeout=10)
    if result.rc == 0:
        return result.out
    if "No such file or directory" in result.err:
        return None
    raise AgentError("failed", "nft", last_line(result), permanent=False)


def owned(machine: Machine, wanted: Wanted) -> dict[str, Any]:
    """The table in each namespace that has one of the interfaces: None where there is none."""
    table = table_of(wanted)
    return {f"nft {Place(space, table)}": listed(machine, space, table) for space in spaces_of(machine, wanted)}


def spaces_of(machine: Machine, wanted: Wanted) -> list[str]:
    """Those of the record; before there is one, those of the interfaces."""
    if wanted.before:
        return sorted({name[len("nft ") :].rpartition("/")[0] for name in wanted.before if name.startswith("nft ")})
    return sorted({place.space for place in places_of(machine, wanted)})


def load(machine: Machine, wanted: Wanted, rules: list[str]) -> Change:
    """Each namespace's interfaces in one transaction."""
    direction = choice_of(wanted, "direction", DIRECTIONS)
    changes = [
        changed(machine, "nft", [*inside(space), "nft", "-f", "-"], ruleset(table_of(wanted), names, direction, rules))
        for space, names in by_space(places_of(machine, wanted)).items()
    ]
    return changes[0]


def is_loaded(machine: Machine, wanted: Wanted) -> bool:
    return all(value is not None for value in owned(machine, wanted).values())


def remove(machine: Machine, before: Mapping[str, Any]) -> None:
    """Named before it is deleted, so that one that is not there is no error."""
    for name in before:
        if name.startswith("nft "):
            space, _, table = name[len("nft ") :].rpartition("/")
            if listed(machine, space, table) is None:
                continue
            text = f"table netdev {table}\ndelete table netdev {table}\n"
            must(machine, "nft", [*inside(space), "nft", "-f", "-"], text)
