"""From a drill to a plan: the fault over the fabric, whom it hits, the flows that meet it, the bounds. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from rtmctl.base import Exit, PermanentError
from rtmctl.device.state import DeviceState
from rtmctl.drill.bounds import derive_bounds
from rtmctl.drill.classes import Classes, Reaction
from rtmctl.drill.faults import find_fault
from rtmctl.drill.flows import choose_flows
from rtmctl.drill.radius import radius
from rtmctl.drill.types import Bound, Drill, DrillPlan, FlowClass, PlannedFlow, Surroundings

SPARED_TUPLES = 2
"""each way between a pair that the fault does not touch: enough to see that it is not"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what is needed to judge a flow once counters have shown its way."""

    plan: DrillPlan
    around: Surroundings
    reactions: tuple[Reaction, ...]
    notes: tuple[str, ...] = ()

    def refused(self, why: Collection[str]) -> "Prepared":
        return replace(self, plan=replace(self.plan, refused=(*self.plan.refused, *why)))

    def negotiated(self, states: Mapping[str, DeviceState]) -> "Prepared":
        """With bounds of what the devices have negotiated, in place of what their models say."""
        bounds = derive_bounds(self.around, self.plan.fault.detection, self.reactions, states)
        return replace(self, plan=replace(self.plan, bounds=bounds))

    def settled(self, used: Mapping[str, Collection[str | tuple[str, str]]]) -> dict[str, FlowClass | None]:
        """Flow to its class, now that it is known what it is carried by; None where that tells nothing."""
        classes = Classes(self.around, self.plan.fault)
        found: dict[str, FlowClass | None] = {}
        for one in self.plan.flows:
            seen = used.get(one.flow.name)
            reaction = classes.settle_flow(one.flow, seen) if seen else None
            found[one.flow.name] = reaction.kind if reaction else None
        return found


def prepare(around: Surroundings, drill: Drill, hosts: Collection[str], most_pps: float | None = None) -> Prepared:
    """Plan a drill.

    Args:
        hosts: that can be entered, so that probes can run on them.
        most_pps: packets a second that all flows together may come to, where their hosts share one machine.

    Raises:
        PermanentError: no such fault or target, a wrong option, hosts of the load that are not there.
    """
    fault = find_fault(drill.fault).plan(around, drill.target, drill.options)
    _known_hosts(around, drill, hosts)
    chosen = choose_flows(around, fault, drill.load, hosts=hosts)
    flows = chosen.flows if drill.load.pairs else _few_spared(chosen.flows)
    rate, notes = _rate(drill, len(flows), most_pps)
    flows = tuple(replace(one, flow=replace(one.flow, rate_pps=rate)) for one in flows)
    plan = DrillPlan(
        drill=replace(drill, load=replace(drill.load, rate_pps=rate)),
        fault=fault,
        radius=radius(around, fault.removed),
        flows=flows,
        bounds=derive_bounds(around, fault.detection, chosen.reactions),
        refused=() if flows else ("no two hosts can be entered between which the site lets a probe pass",),
    )
    return Prepared(plan, around, chosen.reactions, (*chosen.notes, *notes))


def bounds_of(plan: DrillPlan) -> dict[FlowClass, Bound]:
    return {bound.kind: bound for bound in plan.bounds}


def _few_spared(flows: tuple[PlannedFlow, ...]) -> tuple[PlannedFlow, ...]:
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for one in flows:
        pair = (one.flow.source, one.flow.destination)
        seen[pair] = seen.get(pair, 0) + 1
        if one.kind is not FlowClass.SPARED or seen[pair] <= SPARED_TUPLES:
            kept.append(one)
    return tuple(kept)


def _rate(drill: Drill, flows: int, most_pps: float | None) -> tuple[float, tuple[str, ...]]:
    wanted = drill.load.rate_pps
    if most_pps is None or not flows or wanted * flows <= most_pps:
        return wanted, ()
    rate = float(int(most_pps / flows))
    said = f"{flows} flows of {rate:g} packets/s instead of {wanted:g}"
    return rate, (f"{said}: this machine carries {most_pps:g} packets/s honestly",)


def _known_hosts(around: Surroundings, drill: Drill, hosts: Collection[str]) -> None:
    known = {host.name for host in around.fabric.hosts}
    for name in {name for pair in drill.load.pairs for name in pair}:
        if name not in hosts:
            why = "cannot be entered" if name in known else "is no host of the site"
            raise PermanentError(
                f"load.pairs: {name} {why}", hint=f"hosts: {', '.join(sorted(hosts)) or 'none'}", exit=Exit.USAGE
            )
