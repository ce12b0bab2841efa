"""Which deviations follow from which, so that one fault reads as one line. Pure.

A fault shows at many places: a dead bgpd takes its sessions, their BFD, its EVPN routes on every leaf and the packets
of its hosts. Checks stand in the order in which one layer rests on another; a deviation of a lower layer is taken as
the cause of those of higher layers that are about the same device, cable or host. What shares nothing with a cause
stands alone, and so does a breach of isolation: nothing is dropped, and the forms for programs hold every deviation
with the number of its cause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rtmctl.base import Severity
from rtmctl.fabric.types import Fabric
from rtmctl.observe.types import Cause, CheckResult, Deviation

LAYERS: Mapping[str, int] = {
    "devices": 0,
    "interfaces": 1,
    "lldp": 2,
    "addresses": 3,
    "bgp": 4,
    "bfd": 5,
    "evpn": 6,
    "hosts": 6,
    "duplicates": 6,
    "routes": 7,
    "gateways": 8,
    "matrix": 9,
    "flows": 9,
    "mtu": 9,
}
"""check to its layer; a check that is not here (versions, errors that rise) neither causes nor follows"""
CABLES = ("lldp", "interfaces", "bgp")
"""checks whose deviations may be a cable's fault; all others are a device's or a host's"""
NO_CARRIER = "no carrier"
"""the other end's fault as often as not: a port that somebody shut stands before it"""
FORWARDING = 6
"""the layer from which on a thinned path is felt far away"""


def explain(fabric: Fabric, checks: Sequence[CheckResult]) -> tuple[tuple[CheckResult, ...], tuple[Cause, ...]]:
    """The checks with each deviation's cause, and the causes from which others follow, the lowest layer first."""
    hosts = frozenset(h.name for h in fabric.hosts) | frozenset(e.name for e in fabric.externals)
    found = [d for check in checks for d in check.outcome.deviations if d.check in LAYERS and not d.alone]
    found.sort(key=lambda d: (LAYERS[d.check], d.seen == NO_CARRIER))
    about = [_expanded(fabric, d) for d in found]
    cause_of: dict[int, int] = {}
    for root, deviation in enumerate(found):
        if root in cause_of or deviation.severity is not Severity.ERROR:
            continue
        fault = _fault(deviation, hosts)
        for other in range(root + 1, len(found)):
            if other not in cause_of and fault.reaches(found[other], about[other]):
                cause_of[other] = root
    number = {root: n for n, root in enumerate(sorted(set(cause_of.values())), start=1)}
    told = {id(found[other]): number[root] for other, root in cause_of.items()}
    causes = tuple(Cause(n, found[root], sum(r == root for r in cause_of.values())) for root, n in number.items())
    return tuple(_numbered(check, told) for check in checks), causes


def _numbered(check: CheckResult, told: Mapping[int, int]) -> CheckResult:
    deviations = tuple(replace(d, cause=told.get(id(d), 0)) for d in check.outcome.deviations)
    return replace(check, outcome=replace(check.outcome, deviations=deviations))


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a deviation takes with it, should it be a cause."""

    layer: int
    ends: frozenset[str]
    """of cables"""
    names: frozenset[str]
    """devices or hosts that fail as a whole"""
    thinned: frozenset[str]
    """devices to which others have fewer paths"""

    def reaches(self, other: Deviation, about: frozenset[str]) -> bool:
        layer = LAYERS[other.check]
        if self.ends & about:
            return True
        if layer <= self.layer:
            return False
        if self.names & (about | {end.split(" ")[0] for end in other.about}):
            return True
        return layer >= FORWARDING and bool(other.about) and bool(self.thinned & about)


def _fault(deviation: Deviation, hosts: frozenset[str]) -> _Fault:
    layer = LAYERS[deviation.check]
    ends = frozenset(name for name in deviation.about if " " in name) if deviation.check in CABLES else frozenset()
    if not ends:
        also = deviation.about & hosts if deviation.device in hosts else frozenset()
        return _Fault(layer, frozenset(), frozenset({deviation.device}) | also, frozenset())
    devices = frozenset(name.split(" ")[0] for name in ends)  # `hosts`: externals too, which carry nothing for others
    if devices & hosts:
        return _Fault(layer, ends, devices & hosts, frozenset())
    return _Fault(layer, ends, frozenset(), devices)


def _expanded(fabric: Fabric, deviation: Deviation) -> frozenset[str]:
    """Its device and all it is about; of hosts also their leafs and their cables."""
    found = {deviation.device, *deviation.about}
    for host in fabric.hosts:
        if host.name in found:
            found |= {end for c in host.links for end in (c.leaf, f"{c.leaf} {c.port}")}
    return frozenset(found)
