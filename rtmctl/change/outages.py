"""What a change cannot do without an outage, and the order that avoids one where there is a way. Pure.

A session whose parameters change at both ends is down from the first end's change to the second's. Where every switch
keeps another uplink meanwhile that is hitless: the upper end changes first, drained. Where one does not, and `phases`
finds no way in stages, the outage is named, and everybody concerned changes at once, so that it is as short as can be.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rtmctl.change.drains import stranded
from rtmctl.change.ends import Step, both_ends
from rtmctl.change.impact import line_paths
from rtmctl.fabric.types import Fabric, Role
from rtmctl.model.overlay import overlay_moves

UPPER = frozenset({Role.SPINE, Role.SUPER_SPINE})


@dataclass(frozen=True, slots=True)
class Order:
    outages: tuple[str, ...] = ()
    together: frozenset[str] = frozenset()
    """devices that change in one wave, for their outage lasts until all have"""
    first: frozenset[str] = frozenset()
    """upper ends that change before all others"""
    waits: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """for each device its sessions, as health names them, that come back when the device named has changed"""


def order_of(fabric: Fabric, steps: Mapping[str, Step], empty: Collection[str] = ()) -> Order:
    """Judge a plan's changes, or those of one of its stages.

    Args:
        steps: every changing device that carries traffic.
        empty: devices that carry none while this happens: drained before, and after.
    """
    both = both_ends(steps)
    cut = sorted(name for name in both.devices - set(empty) if not _keeps_an_uplink(fabric, name, both.pairs))
    outages = []
    together: frozenset[str] = frozenset()
    if cut:
        reasons = ", ".join(sorted(set(both.pairs.values())))
        outages.append(
            f"{reasons} at both ends of {len(both.pairs)} links: "
            f"{', '.join(cut)} lose every uplink until both ends have it"
        )
        together = both.devices
    forms = sorted(name for name, step in steps.items() if _overlay_moves(step))
    if forms:
        outages.append(f"the overlay moves to other sessions on {', '.join(forms)}: EVPN routes are learnt anew")
        together |= frozenset(forms)
    for name, step in sorted(steps.items()):
        if alone := stranded(fabric, name, ()):
            up = _all_uplinks(fabric, name)
            if why := _moves(step):
                outages.append(f"{name}: {why}; cut meanwhile: {'; '.join(alone)}")
            elif name not in together and up and up <= both.resets[name] - set(empty):
                outages.append(f"{name}: every uplink's session is reset at once; cut meanwhile: {'; '.join(alone)}")
    first = frozenset(name for name in both.devices if fabric.device(name).role in UPPER) - together
    return Order(tuple(outages), together, first, both.waits)


def _all_uplinks(fabric: Fabric, name: str) -> set[str]:
    return {link.far(name).device for link in fabric.links if name == link.b.device}


def _keeps_an_uplink(fabric: Fabric, name: str, both: Collection[tuple[str, str]]) -> bool:
    """Devices without uplinks are kept by nothing but their peers, and their traffic can be moved away first."""
    up = _all_uplinks(fabric, name)
    return not up or any((min(name, far), max(name, far)) not in both for far in up)


def _overlay_moves(step: Step) -> bool:
    """EVPN runs before and after, and no session has it in both."""
    if step.old is not None:
        return overlay_moves(step.old, step.new)
    was, now = (
        {
            path[-1]
            for path in line_paths(config.get("frr"))
            if path[-2:-1] == ("address-family l2vpn evpn",) and path[-1].endswith(" activate")
        }
        for config in (step.before, step.after)
    )
    return bool(was) and bool(now) and not was & now


_TUNNEL = re.compile(r"^\s+vxlan-local-tunnelip (\S+)", re.MULTILINE)


def _moves(step: Step) -> str:
    """Why others must learn anew where this device is."""
    if step.old is not None:
        was, now = ({str(m.vtep)} if m.vtep and m.mac_vrfs else set() for m in (step.old, step.new))
    else:
        was, now = ({*_TUNNEL.findall(config.get("interfaces"))} for config in (step.before, step.after))
    if was and now and not was & now:
        return f"its VTEP changes from {', '.join(sorted(was))} to {', '.join(sorted(now))}"
    return ""
