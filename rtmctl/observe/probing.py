"""Which flows a probe between hosts of the site sends, and which pairs it must leave out, with the reason. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rtmctl.base import Exit, PermanentError, Refused
from rtmctl.fabric.types import Fabric
from rtmctl.intent.names import suggest
from rtmctl.model.types import DeviceModel
from rtmctl.observe.places import Packet, Place, between, ruling
from rtmctl.probe.types import Flow

MOST_PER_HOST = 20_000
"""packets/s that one agent may send: what it keeps with a core of its own"""
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Load:
    """Of one pair and direction."""

    flows: int
    rate_pps: float
    size: int
    """of the whole IP packet, bytes"""
    port: int = 20000
    version: int = 4


@dataclass(frozen=True, slots=True)
class Probing:
    flows: tuple[Flow, ...]
    left_out: tuple[str, ...] = ()
    """pairs that nothing may pass between, hosts that are not ours: each with its reason"""
    missing: tuple[str, ...] = ()
    """hosts of ours that cannot be entered, each with its reason: what was asked is not all measured"""


def of_pairs(
    fabric: Fabric,
    models: Mapping[str, DeviceModel],
    pairs: Sequence[tuple[str, str]],
    closed: Mapping[str, str],
    load: Load,
) -> Probing:
    """Flows both ways between the pairs named.

    Args:
        closed: hosts that cannot be entered, to the reason.

    Raises:
        PermanentError: a host that is not there, the same one twice, a pair without a common IP version, a host
            that cannot be entered, or more than an agent or the port numbers hold.
        Refused: nothing may pass between a pair.
    """
    known = {host.name for host in fabric.hosts}
    for name in (name for pair in pairs for name in pair):
        if name not in known:
            raise PermanentError(f"there is no host {name}", hint=suggest(name, known), exit=Exit.USAGE)
    shut = {name: closed[name] for pair in pairs for name in pair if name in closed}
    if shut:
        raise PermanentError("; ".join(f"{name} cannot be entered: {why}" for name, why in sorted(shut.items())))
    found = []
    for a, b in dict.fromkeys(pairs):
        if a == b:
            raise PermanentError(f"{a} to itself never leaves the host", hint="name two", exit=Exit.USAGE)
        ends = between(fabric, fabric.host(a), fabric.host(b), load.version)
        if ends is None:
            raise PermanentError(f"{a} and {b} have no IPv{load.version} addresses both", exit=Exit.USAGE)
        why = _forbidden(fabric, models, ends, load.port)
        if why:
            raise Refused(
                f"nothing passes between {a} and {b}: {why}", hint="the probe is UDP: see `flows` of the site"
            )
        found.append(ends)
    return Probing(_flows(found, load))


def of_all(fabric: Fabric, models: Mapping[str, DeviceModel], closed: Mapping[str, str], load: Load) -> Probing:
    """Flows both ways between all pairs of hosts that something may pass between.

    Raises:
        PermanentError: there is no such pair, or more than an agent or the port numbers hold.
    """
    hosts = [host for host in fabric.hosts if host.managed and host.name not in closed]
    left_out = [f"{host.name} is not ours (managed: false)" for host in fabric.hosts if not host.managed]
    missing = [f"{h.name} cannot be entered: {closed[h.name]}" for h in fabric.hosts if h.managed and h.name in closed]
    found = []
    for a, b in combinations(hosts, 2):
        ends = between(fabric, a, b, load.version)
        if ends is None:
            left_out.append(f"{a.name} and {b.name} have no IPv{load.version} addresses both")
        elif why := _forbidden(fabric, models, ends, load.port):
            left_out.append(f"{a.name} and {b.name}: {why}")
        else:
            found.append(ends)
    if not found:
        raise PermanentError("no two hosts can be probed between: " + "; ".join([*missing, *left_out][:5]))
    return Probing(_flows(found, load), tuple(left_out), tuple(missing))


def _forbidden(fabric: Fabric, models: Mapping[str, DeviceModel], ends: tuple[Place, Place], port: int) -> str:
    """Why the probe's packets or their answers do not pass; each direction has filters of its own."""
    for a, b in (ends, ends[::-1]):
        judged = ruling(fabric, models, a, b, Packet(a.address, b.address, "udp", port + 1, port))
        if judged.passes is not True:
            return judged.reason
    return ""


def _flows(pairs: Iterable[tuple[Place, Place]], load: Load) -> tuple[Flow, ...]:
    flows = tuple(
        Flow(f"{a.host} → {b.host} #{n + 1}", a.host, b.host, a.address, b.address, load.rate_pps, load.size)
        for ends in pairs
        for a, b in (ends, ends[::-1])
        for n in range(load.flows)
    )
    if load.port + len(flows) > HIGHEST_PORT:
        raise PermanentError(
            f"{len(flows)} flows from port {load.port} on: there are no ports beyond {HIGHEST_PORT}",
            hint="fewer pairs, --flows, or a lower --port",
            exit=Exit.USAGE,
        )
    for host in dict.fromkeys(flow.source for flow in flows):
        rate = sum(flow.rate_pps for flow in flows if flow.source == host)
        if rate > MOST_PER_HOST:
            raise PermanentError(
                f"{host} would send {rate:,.0f} packets/s; an agent keeps {MOST_PER_HOST:,} at most",
                hint="fewer pairs, --flows or a lower --rate",
                exit=Exit.USAGE,
            )
    return flows
