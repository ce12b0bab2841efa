"""Cabling by LLDP. Two swapped cables are one finding, not four."""

from collections.abc import Mapping
from itertools import combinations

from rtmctl.base import Severity
from rtmctl.model.types import DeviceModel, PortKind
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import Outcome, Reading

End = tuple[str, str]
"""(device, port)"""
Cable = frozenset[End]
_SILENT = "unplugged, or lldpd is not running"


def run(reading: Reading) -> Outcome:
    """Hosts without LLDP are counted as not checked; a fabric port without a neighbour is a deviation."""
    ledger = Ledger(CHECK.name)
    switches = set(reading.models)
    planned = _planned(reading.models)
    views = {
        (model.hostname, n.port): (n.system.split(".")[0], n.remote_port)
        for model, state in reading.pairs()
        for n in state.lldp
        if not _management(model, n.port)
    }
    read = set(reading.states)
    told: set[Cable] = set()
    for a, b in _swaps(planned, views):
        told |= {a, b}
        wrong = {Cable((end, views[end])) for cable in (a, b) for end in cable if end in views}
        device = min(end[0] for end in a | b if end[0] in switches)
        ledger.wrong(
            device,
            "cables swapped",
            f"{_cable(a)} and {_cable(b)}",
            " and ".join(sorted(_cable(c) for c in wrong)),
            hint="exchange the two plugs at one end",
            about=[_end(end) for cable in (a, b) for end in cable],
        )
    silent_hosts = 0
    for cable in sorted(planned, key=sorted):
        if cable in told:
            continue
        ends = sorted(end for end in cable if end[0] in read)
        to_host = any(end[0] not in switches for end in cable)
        for end in ends:
            far = next(iter(cable - {end}))
            seen = views.get(end)
            about = (_end(end), _end(far))
            if seen is None and to_host:
                silent_hosts += 1
            elif seen is None:
                ledger.wrong(end[0], end[1], _end(far), "no LLDP neighbour", hint=_SILENT, about=about)
            else:
                ledger.expect(_same(seen, far), end[0], end[1], _end(far), _end(seen), about=about)
    ports = {end for cable in planned for end in cable}
    for end in sorted(views.keys() - ports):
        ledger.wrong(
            end[0],
            end[1],
            "no cable",
            _end(views[end]),
            severity=Severity.WARNING,
            hint="not in the site",
        )
    if silent_hosts:
        ledger.skip(f"{silent_hosts} host port(s) whose host sends no LLDP")
    return ledger.outcome()


def _planned(models: Mapping[str, DeviceModel]) -> set[Cable]:
    return {
        Cable(((model.hostname, port.name), (port.peer_device, port.peer_port or "")))
        for model in models.values()
        for port in model.ports
        if port.peer_device is not None and port.kind is not PortKind.MANAGEMENT
    }


def _management(model: DeviceModel, port: str) -> bool:
    return port == "eth0" or any(p.name == port and p.kind is PortKind.MANAGEMENT for p in model.ports)


def _same(seen: End, wanted: End) -> bool:
    """The far port may be unknown to the site (an external's)."""
    return seen == wanted or (seen[0] == wanted[0] and not wanted[1])


def _swaps(planned: set[Cable], views: Mapping[End, End]) -> list[tuple[Cable, Cable]]:
    """Pairs of planned cables whose four ends all see an end of the other cable."""
    owner = {end: cable for cable in planned for end in cable}
    broken = {
        cable
        for cable in planned
        if any(end in views and not _same(views[end], next(iter(cable - {end}))) for end in cable if len(cable) == 2)
    }
    found = []
    for a, b in combinations(sorted(broken, key=sorted), 2):
        seen = [(end, views[end]) for end in a | b if end in views]
        crossed = all(owner.get(far) == (b if end in a else a) for end, far in seen)
        if crossed and any(end in a for end, _ in seen) and any(end in b for end, _ in seen):
            found.append((a, b))
    return found


def _end(end: End) -> str:
    return f"{end[0]} {end[1]}".strip()


def _cable(cable: Cable) -> str:
    return " – ".join(_end(end) for end in sorted(cable))


CHECK = Check("lldp", "Cabling (LLDP)", run)
