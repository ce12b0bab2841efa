"""Faults of one cable between two switches, held by the one that the target names first, or by each end that sends."""

from collections.abc import Callable
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError
from rtmctl.device.injection import Argument, Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen
from rtmctl.drill.faults.targets import find_link
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings

LINK = "LINK"
DIRECTION = Option(
    "direction", "both", "which packets suffer, as the switch named first sees them", choices=("both", "out", "in")
)
_WAYS = {"both": "both directions", "out": "{0} to {1}", "in": "{1} to {0}"}


@dataclass(frozen=True, slots=True)
class _OnLink:
    """Plans a mechanism that one end of a link holds, the one named first, or both."""

    mechanism: str
    detection: Detection
    arguments: Callable[[Chosen], dict[str, Argument]]
    said: str
    """format of the operator's line: {link}, {near}, {far}, {way} and every argument by name"""
    outward: bool = False
    """it meets only what leaves an interface: each direction is held by the end that sends"""

    def __call__(self, fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
        link, near = find_link(around.fabric, target)
        far = link.far(near).device
        arguments = self.arguments(chosen)
        direction = str(arguments.get("direction", "both"))
        senders = {"both": (near, far), "out": (near,), "in": (far,)}[direction] if self.outward else (near,)
        held = {**arguments, "direction": "out"} if self.outward else arguments
        return FaultPlan(
            fault=fault,
            target=f"{near}:{far}",
            said=self.said.format(
                link=link.identity, near=near, far=far, way=_WAYS[direction].format(near, far), **arguments
            ),
            injections=tuple(
                Injection(name, self.mechanism, {"interfaces": (link.end(name).port,), **held}) for name in senders
            ),
            removed=Removed(links=frozenset({link.identity})),
            detection=self.detection,
        )


def _nothing(_: Chosen) -> dict[str, Argument]:
    return {}


def _all(chosen: Chosen) -> dict[str, Argument]:
    return dict(chosen.values)


def _outward(_: Chosen) -> dict[str, Argument]:
    return {"direction": "out"}


def _both_ways(_: Chosen) -> dict[str, Argument]:
    return {"direction": "both"}


def _delay(chosen: Chosen) -> dict[str, Argument]:
    if chosen.number("jitter_ms") > chosen.number("delay_ms"):
        raise PermanentError(
            "delay: jitter_ms is larger than delay_ms, so that packets would have to leave before they came",
            hint="make jitter_ms at most delay_ms",
            exit=Exit.USAGE,
        )
    return _all(chosen)


LINK_DOWN = Kind(
    "link-down",
    "a link shut at one end: both ends lose the carrier",
    LINK,
    _OnLink("link-down", Detection.CARRIER, _nothing, "link {link} shut on {near}"),
)
SILENT_LINK = Kind(
    "silent-link",
    "packets of a link vanish in both directions, the carrier stays",
    LINK,
    _OnLink("silence", Detection.BFD, _both_ways, "silent link {link}, {way}"),
)
ONE_WAY_SILENCE = Kind(
    "one-way-silence",
    "packets of a link vanish from the switch named first to the other, the carrier stays",
    LINK,
    _OnLink("silence", Detection.BFD, _outward, "silent link {link}, {way}"),
)
LOSS = Kind(
    "loss",
    "a share of a link's packets is lost",
    LINK,
    _OnLink("loss", Detection.ENDURED, _all, "{percent:g}% loss on {link}, {way}"),
    (Option("percent", 1.0, "share of packets that is lost, %", 0.01, 100.0), DIRECTION),
)
DELAY = Kind(
    "delay",
    "a link's packets are late, by a fixed time and jitter",
    LINK,
    _OnLink(
        "delay", Detection.ENDURED, _delay, "{delay_ms:g} ± {jitter_ms:g} ms of delay on {link}, {way}", outward=True
    ),
    (
        Option("delay_ms", 20.0, "added to each packet one way, ms", 0.1, 10_000.0),
        Option("jitter_ms", 0.0, "spread around the delay, ±ms", 0.0, 10_000.0),
        DIRECTION,
    ),
)
CORRUPT = Kind(
    "corrupt",
    "a share of a link's packets has a wrong bit",
    LINK,
    _OnLink("corrupt", Detection.ENDURED, _all, "{percent:g}% corrupted on {link}, {way}"),
    (Option("percent", 1.0, "share of packets with a wrong bit, %", 0.01, 100.0), DIRECTION),
)
RATE_LIMIT = Kind(
    "rate-limit",
    "a link is slower than it should be",
    LINK,
    _OnLink("rate-limit", Detection.ENDURED, _all, "{link} limited to {mbit:g} Mbit/s, {way}", outward=True),
    (Option("mbit", 10.0, "what still passes each way, Mbit/s", 0.01, 400_000.0), DIRECTION),
)
FLAPPING = Kind(
    "flapping",
    "a link goes down and up, again and again",
    LINK,
    _OnLink("flapping", Detection.CARRIER, _all, "link {link} flaps on {near}: {down_s:g} s down, {up_s:g} s up"),
    (
        Option("down_s", 0.5, "how long it is down each time, s", 0.05, 60.0),
        Option("up_s", 2.0, "how long it is up each time, s", 0.05, 600.0),
    ),
)
MTU_SHRUNK = Kind(
    "mtu-shrunk",
    "one end of a link takes smaller packets than the fabric needs",
    LINK,
    _OnLink("mtu", Detection.ENDURED, _all, "MTU of {link} shrunk to {mtu} on {near}"),
    (Option("mtu", 1400, "the new MTU, bytes of an IP packet", 1280, 9216),),
)
