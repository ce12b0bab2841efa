"""The longest loss that what is deployed explains, part by part, and the part to change. Pure.

Traffic is back when the fault is seen, everybody who must choose another way has chosen, and the kernel has it. The
figures of FRR are constants of its source; what the rest of a device takes is an allowance over what was measured
(docs/decisions.md, Drills).
"""

from collections.abc import Iterable, Iterator, Mapping

from rtmctl.device.state import DeviceState
from rtmctl.drill.classes import Reaction
from rtmctl.drill.timers import Part, Timers
from rtmctl.drill.types import Bound, Detection, FlowClass, Surroundings

__all__ = ["bound_of", "derive_bounds", "explain"]

CARRIER_MS = 5.0
"""one kernel event: the kernel itself leaves a next hop out whose carrier is gone (`ignore_routes_with_linkdown`)"""
CLEAR_MS = 10.0
"""FRR bgpd/bgp_route.c, bgp_clear_node_queue_init: a dead peer's routes wait so long"""
BGPD_MS = 50.0
"""FRR bgpd/bgp_route.c, bgp_process_queue_init: `spec.hold`, between a change and the choice of the best path"""
ZEBRA_MS = 10.0
"""FRR zebra/zebra_router.h, ZEBRA_RIB_PROCESS_HOLD_TIME"""
INSTALL_MS = 25.0
"""allowance for everything that is no timer: messages between daemons and devices, the kernel's tables"""
LOOSE, WIDE_MS = 0.2, 50.0
"""a measured share of the bound below which it explains nothing, when so much is left that it matters"""

_QUEUE_ADVICE = "a constant of bgpd, once at each device that must choose: only fewer of them, or a next hop installed"
_FORWARDS = Part("the way is left before it goes, or the kernel forwards on", 0.0)


def derive_bounds(
    around: Surroundings,
    detection: Detection,
    reactions: Iterable[Reaction],
    states: Mapping[str, DeviceState] | None = None,
) -> tuple[Bound, ...]:
    """One bound for each of LOCAL and REMOTE that occurs: that of the flow for which most has to happen.

    Args:
        reactions: of all flows, on every path that they may take.
        states: of the devices, so that what is negotiated counts; else the models do.
    """
    timers = Timers(around.models, states)
    worst: dict[FlowClass, Bound] = {}
    for reaction in dict.fromkeys(reactions):
        if reaction.kind not in (FlowClass.LOCAL, FlowClass.REMOTE):
            continue
        bound = bound_of(reaction.kind, tuple(_parts(around, detection, reaction, timers)))
        if reaction.kind not in worst or bound.limit_ms > worst[reaction.kind].limit_ms:
            worst[reaction.kind] = bound
    return tuple(worst[kind] for kind in FlowClass if kind in worst)


def bound_of(kind: FlowClass, parts: tuple[Part, ...]) -> Bound:
    """The sum of the parts; the largest of them, with its advice, dominates."""
    largest = max(parts, key=lambda part: part.ms)
    dominating = f"{largest.text}; {largest.advice}" if largest.advice else largest.text
    return Bound(kind, sum(part.ms for part in parts), tuple((part.text, part.ms) for part in parts), dominating)


def explain(bound: Bound, measured_ms: float) -> str:
    """What a measured loss says of its bound; '' when it fits."""
    if measured_ms > bound.limit_ms:
        over = measured_ms - bound.limit_ms
        return f"{measured_ms:g} ms, {over:g} ms more than what is deployed explains; most of it is {bound.dominating}"
    if measured_ms < LOOSE * bound.limit_ms and bound.limit_ms - measured_ms > WIDE_MS:
        return f"{measured_ms:g} ms of {bound.limit_ms:g} ms: the bound is loose, most of it is {bound.dominating}"
    return ""


def _parts(around: Surroundings, detection: Detection, reaction: Reaction, timers: Timers) -> Iterator[Part]:
    sender, switch = reaction.sender, reaction.sender in around.models
    chooses = bool(reaction.told) or not reaction.installed
    match detection:
        case Detection.PLANNED | Detection.NONE | Detection.ENDURED:
            yield _FORWARDS
            return
        case Detection.CARRIER:
            yield Part(f"{sender} loses the carrier to {reaction.into}", CARRIER_MS)
        case Detection.BFD:
            found = timers.detection(sender, reaction.into)
            if found is not None:
                yield found
            chooses = True  # the kernel sees a carrier and knows of no fault: the daemons must take the next hop out
    if chooses:
        yield Part(f"bgpd of {sender} clears the routes of {reaction.into}", CLEAR_MS)
        yield _queue(sender)
        for device in reaction.told:
            yield from _told(device, around.fabric.timers.advertisement_interval_s)
    if chooses or not switch:
        last = reaction.told[-1] if reaction.told else sender
        yield Part(f"zebra of {last}", ZEBRA_MS)
        yield Part("messages, and the kernel's tables", INSTALL_MS)


def _told(device: str, interval_s: int) -> Iterator[Part]:
    """A withdrawal waits for the interval too, when one has just been sent (RFC 4271 §9.2.1.1)."""
    if interval_s:
        advice = f"advertisement_interval_s {interval_s} → 0: {interval_s} s less at each switch on the way"
        yield Part(f"advertisement interval toward {device}", 1000.0 * interval_s, advice)
    yield _queue(device)


def _queue(device: str) -> Part:
    return Part(f"work queue of bgpd on {device}", BGPD_MS, _QUEUE_ADVICE)
