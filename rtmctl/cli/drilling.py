"""What the drill commands share: the open site as the `DrillSite` of the room `drill`, with ways to its machines."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from rtmctl.change.secrets import resolver
from rtmctl.cli.changing import changing
from rtmctl.cli.context import OpenSite
from rtmctl.cli.net.reading import models_with_drains
from rtmctl.cli.probe_hosts import probe_hosts
from rtmctl.cli.target import Target
from rtmctl.drill.holders import held_by_host, held_by_power, held_by_switch, holder_opener, power_of
from rtmctl.drill.planning import Prepared, prepare
from rtmctl.drill.recorder import SwitchRecorder
from rtmctl.drill.site import DrillSite, Leftovers
from rtmctl.drill.types import Drill, Surroundings
from rtmctl.drill.windows import refusals
from rtmctl.intent.schema.site import Environment
from rtmctl.observe import opener_of

PPS_PER_CORE = 9_000.0
"""packets a second that a lab's one machine sends, forwards and counts honestly, for each of its processors"""


@dataclass(frozen=True, slots=True)
class Drilling:
    site: DrillSite
    target: Target


def drilling(opened: OpenSite) -> Drilling:
    """Everything a drill needs of this site; raises as `changing`."""
    work = changing(opened)
    target, intent = work.target, opened.site.intent
    network, hosts = work.network, probe_hosts(opened, target)
    models = models_with_drains(opened, target)
    left: dict[str, Leftovers] = {host: partial(held_by_host, hosts, host) for host in hosts.hosts()}
    left |= {name: partial(held_by_switch, network, endpoint) for name, endpoint in target.endpoints.items()}
    if target.lab is not None:
        left[f"power of lab {target.lab.name}"] = partial(held_by_power, target.lab.name)
    site = DrillSite(
        network=network,
        around=Surroundings(opened.fabric, models),
        opener=opener_of(target.endpoints),
        hosts=hosts,
        open_holder=holder_opener(network, target.endpoints, hosts, power_of(target.lab.name) if target.lab else None),
        recorder=lambda: SwitchRecorder(opened.fabric, models, target.endpoints),
        leftovers=left,
        rules=intent.drills,
        environment=Environment.LAB if target.lab else intent.environment,
        resolve=resolver(opened.site.root, os.environ),
    )
    return Drilling(site, target)


def prepared(work: Drilling, drill: Drill, max_impact: float | None) -> Prepared:
    """The drill planned for this site, with every reason that is known already why it may not run.

    Raises:
        PermanentError: no such target, a wrong option, hosts that cannot be entered.
    """
    site = work.site
    most_pps = PPS_PER_CORE * (os.cpu_count() or 1) if work.target.lab else None
    found = prepare(site.around, drill, site.hosts.hosts(), most_pps)
    why = refusals(site.rules, site.environment, drill, found.plan.radius, datetime.now(UTC), max_impact)
    return found.refused(why)
