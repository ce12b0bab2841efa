"""One fault reads as one cause; what has nothing to do with it stands beside it."""

import observe_sites as sites
import pytest

from rtmctl.base import Severity
from rtmctl.observe.causes import explain
from rtmctl.observe.types import CheckResult, Deviation, Outcome, Status

FABRIC = sites.fabric(sites.TEXTS["base"])
LEAF1_SPINE1 = ("leaf1 swp49", "spine1 swp1")


def wrong(
    check: str, device: str, subject: str, *about: str, seen: str = "x", severity: Severity = Severity.ERROR
) -> Deviation:
    return Deviation(check, device, subject, "right", seen, severity=severity, about=frozenset(about))


STOPPED = wrong("devices", "leaf1", "bgpd")
SHUT = wrong("interfaces", "spine1", "swp1", *LEAF1_SPINE1, seen="administratively down")
DARK = wrong("interfaces", "leaf1", "swp49", *LEAF1_SPINE1, seen="no carrier")
SESSION = wrong("bgp", "spine1", "BGP swp1 to leaf1", "leaf1", *LEAF1_SPINE1)
THIN = wrong("routes", "leaf3", "route to leaf1", "leaf1", "leaf3 swp49")
ELSEWHERE = wrong("routes", "leaf3", "route to leaf4", "leaf4", "leaf3 swp50")
HOST = next(h for h in FABRIC.hosts if h.links[0].leaf == "leaf1")
FAR = next(h for h in FABRIC.hosts if h.links[0].leaf == "leaf4")
PORT = wrong("interfaces", "leaf1", HOST.links[0].port, f"leaf1 {HOST.links[0].port}", f"{HOST.name} eth0")
SILENT = wrong("matrix", FAR.name, "ping", HOST.name)
OTHERS = wrong("matrix", FAR.name, "ping a third", "nobody")
BLACKHOLE = wrong("routes", "leaf1", "route")
STOLEN = wrong("hosts", FAR.name, "address", HOST.name)

CASES = {
    "a dead daemon takes everything of its device": ([STOPPED, SESSION, THIN, SILENT], ELSEWHERE, STOPPED),
    "the shut end comes before the dark one": ([DARK, SHUT, SESSION, THIN], ELSEWHERE, SHUT),
    "a session takes the paths": ([SESSION, THIN], ELSEWHERE, SESSION),
    "a host's port takes its packets, not its leaf's routes": ([PORT, SILENT], THIN, PORT),
    "a route takes the packets through its device": ([BLACKHOLE, SILENT], OTHERS, BLACKHOLE),
    "a stolen address takes its owner's packets": ([STOLEN, SILENT], ELSEWHERE, STOLEN),
}


@pytest.mark.parametrize(("one_fault", "other", "cause"), CASES.values(), ids=CASES)
def test_one_fault(one_fault: list[Deviation], other: Deviation, cause: Deviation) -> None:
    told, causes = explain(FABRIC, checks(*one_fault, other))
    assert [(c.number, c.deviation, c.follow) for c in causes] == [(1, cause, len(one_fault) - 1)]
    numbers = {d.subject: d.cause for check in told for d in check.outcome.deviations}
    assert numbers == {d.subject: int(d is not cause and d is not other) for d in (*one_fault, other)}


def test_a_warning_causes_nothing() -> None:
    warning = wrong("interfaces", "leaf1", "swp49", *LEAF1_SPINE1, severity=Severity.WARNING)
    assert explain(FABRIC, checks(warning, THIN))[1] == ()


def checks(*deviations: Deviation) -> tuple[CheckResult, ...]:
    return tuple(
        CheckResult(name, name, Status.FAILED, Outcome(0, tuple(d for d in deviations if d.check == name)), 0.0)
        for name in dict.fromkeys(d.check for d in deviations)
    )
