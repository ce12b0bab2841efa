"""Who holds which injection: the machine itself, the change room for a drain, a third party for power."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from rtmctl.base import PermanentError, Refused
from rtmctl.change import Network
from rtmctl.device import Endpoint
from rtmctl.device.hosts import HostRunner
from rtmctl.device.injecting import HostWay, RemoteHolder, SwitchWay, Way, leftovers
from rtmctl.device.injection import Held, Holder, HoldState, Injection, OpenHolder
from rtmctl.drill.drain_holder import DrainHolder
from rtmctl.lab.power_way import PowerWay


def holder_opener(
    network: Network, endpoints: Mapping[str, Endpoint], hosts: HostRunner, power: OpenHolder | None
) -> OpenHolder:
    """`power`: the third party that switches machines off and on again; None: there is none."""

    async def open_holder(injection: Injection) -> Holder:
        if injection.mechanism == "drain":
            return DrainHolder(injection, network)
        if injection.mechanism == "power":
            if power is None:
                raise Refused(
                    f"power of {injection.node}: only the machine itself could give it back; no BMC or PDU with a "
                    "timer of its own is known to the site",
                    hint="in a lab the lab's supply does; leaf, spine, border and rack can be isolated: how=silence",
                )
            return await power(injection)
        return RemoteHolder(injection, way_to(injection.node, endpoints, hosts))

    return open_holder


def way_to(node: str, endpoints: Mapping[str, Endpoint], hosts: HostRunner) -> Way:
    """Raises PermanentError when no way to it is known."""
    if node in endpoints:
        return SwitchWay(endpoints[node])
    if node in hosts.hosts():
        return HostWay(hosts, node)
    raise PermanentError(f"{node}: no way to it is known")


def power_of(lab: str) -> OpenHolder:
    """Power of a lab's nodes, held by the lab's supply."""

    async def open_holder(injection: Injection) -> Holder:
        return RemoteHolder(injection, PowerWay(lab))

    return open_holder


async def held_by_power(lab: str) -> tuple[Held, ...]:
    """What drills hold off in a lab; raises as `held_by_switch`."""
    return tuple(_named(held) for held in await leftovers(PowerWay(lab)))


def _named(held: Held) -> Held:
    """By the node that is off, instead of by who holds it."""
    node = str(held.injection.arguments.get("node", held.injection.node))
    return replace(held, injection=replace(held.injection, node=node))


async def held_by_switch(network: Network, endpoint: Endpoint) -> tuple[Held, ...]:
    """What drills hold on a switch, a drain too. Raises RtmctlError when it does not answer."""
    drain = DrainHolder(Injection(endpoint.name, "drain"), network)
    try:
        own, drained = await asyncio.gather(leftovers(SwitchWay(endpoint)), drain.status())
    finally:
        await drain.close()
    return (*own, *((drained,) if drained.state in (HoldState.ACTIVE, HoldState.BROKEN) else ()))


async def held_by_host(hosts: HostRunner, host: str) -> tuple[Held, ...]:
    """Likewise on a host."""
    return await leftovers(HostWay(hosts, host))
