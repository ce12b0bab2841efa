"""What a change resets and whom it may touch, in the words of the plan."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rtmctl.change.plan_types import SectionDiff
from rtmctl.model.config import DeviceConfig
from rtmctl.model.diff import diff_models
from rtmctl.model.types import DeviceModel

HARMLESS_SECTIONS = frozenset({"lldpd", "sysctl", "dhcp-relay"})
"""a change of these resets no session"""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Effect:
    resets: tuple[str, ...] = ()
    impact: tuple[str, ...] = ()


def device_effect(
    current: DeviceModel | None,
    target: DeviceModel | None,
    diffs: Iterable[SectionDiff],
    texts: tuple[DeviceConfig, DeviceConfig],
) -> Effect:
    """The effect of going from one model to the other; by `texts` (before, after) where what runs is no model."""
    if {diff.section for diff in diffs} <= HARMLESS_SECTIONS:
        return Effect()
    if current is None or target is None:
        return Effect(text_resets(*texts))
    found = diff_models(current, target)
    resets = tuple(
        f"BGP session {reset.vrf} {reset.neighbor}"
        + (f" to {reset.remote_device}" if reset.remote_device else "")
        + f": {', '.join(reset.reasons)}"
        for reset in found.resets
    )
    impact = []
    if found.whole_device:
        impact.append("everything through this device")
    impact += _named("hosts", found.hosts) + _named("segments", found.segments)
    return Effect(resets, tuple(impact))


def _named(what: str, names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{what} {', '.join(names[:_SHOWN])}{more}"]


_SESSION = re.compile(
    r"^(?:no )?neighbor (\S+) "
    r"(remote-as|local-as|password|bfd|update-source|ebgp-multihop|interface|activate|peer-group)"
)
_INSTANCE = re.compile(r"^(router bgp \d+|bgp router-id|bgp graceful-restart|bgp cluster-id)")


def text_resets(before: DeviceConfig, after: DeviceConfig) -> tuple[str, ...]:
    """Resets as FRR and ifupdown2 text shows them: what OPEN or the transport of a running session rests on.

    Coarser than the model's analysis: it knows no VRF backend and no other platform, and names lines, not reasons.
    """
    was, now = set(line_paths(before.get("frr"))), set(line_paths(after.get("frr")))
    found = []
    for path in sorted(was - now):
        if match := _SESSION.match(path[-1]):
            found.append(f"BGP session {match[1]}: {match[2]} changes")
        elif _INSTANCE.match(path[-1]):
            found.append(f"all sessions under {path[0]}: {path[-1]} changes")
    peers = {m[1] for path in was if (m := _SESSION.match(path[-1]))}
    for path in sorted(now - was):
        if (match := _SESSION.match(path[-1])) and match[1] in peers:
            found.append(f"BGP session {match[1]}: {match[2]} changes")
    old, new = stanzas(before.get("interfaces")), stanzas(after.get("interfaces"))
    for name, lines in old.items():
        if name.startswith(("swp", "lo")) and name in new and _transport(lines) != _transport(new[name]):
            found.append(f"interface {name}: address, MTU or VRF changes")
    return tuple(dict.fromkeys(found))


def line_paths(text: str) -> list[tuple[str, ...]]:
    """Each line with the lines it stands under, as indentation shows them."""
    stack: list[tuple[int, str]] = []
    found = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        depth = len(line) - len(line.lstrip())
        while stack and stack[-1][0] >= depth:
            stack.pop()
        stack.append((depth, stripped))
        found.append(tuple(word for _, word in stack))
    return found


def stanzas(text: str) -> dict[str, set[str]]:
    """ifupdown2 text as interface to the lines under it."""
    found: dict[str, set[str]] = {}
    for path in line_paths(text):
        head = path[0].split()
        if len(path) > 1 and head[0] == "iface":
            found.setdefault(head[1], set()).add(path[-1])
    return found


def _transport(lines: set[str]) -> set[str]:
    return {line for line in lines if line.split()[0] in ("address", "mtu", "vrf", "vrf-netns", "link-down")}
