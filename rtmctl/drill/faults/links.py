"""Faults of one cable, held by the end that the target names first, or by each end that sends."""

from collections.abc import Callable
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError
from rtmctl.device.injection import Argument, Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen
from rtmctl.drill.faults.targets import Cable, find_cable
from rtmctl.drill.types import Detection, FaultPlan, Option, Surroundings

LINK = "LINK"
DIRECTION = Option(
    "direction", "both", "which packets suffer, as the end named first sees them", choices=("both", "out", "in")
)
_WAYS = {"both": "both directions", "out": "{0} to {1}", "in": "{1} to {0}"}


@dataclass(frozen=True, slots=True)
class _OnLink:
    """Plans a mechanism that one end of a link holds, the one named first, or both."""

    mechanism: str
    detection: Detection
    arguments: Callable[[Chosen], dict[str, Argument]]
    said: str
    """format of the operator's line: {link}, {near}, {way} and every argument by name"""
    outward: bool = False
    """it meets only what leaves an interface: each direction is held by the end that sends"""

    def __call__(self, fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
        cable = find_cable(around.fabric, target)
        arguments = self.arguments(chosen)
        direction = str(arguments.get("direction", "both"))
        senders = {"both": (cable.near, cable.far), "out": (cable.near,), "in": (cable.far,)}[direction]
        held = {**arguments, "direction": "out"} if self.outward else arguments
        said = {"link": cable.name, "near": cable.near, "way": _WAYS[direction].format(cable.near, cable.far)}
        return FaultPlan(
            fault=fault,
            target=f"{cable.near}:{cable.far}",
            said=self.said.format(**said, **arguments),
            injections=tuple(
                Injection(name, self.mechanism, {"interfaces": (_port(cable, name),), **held})
                for name in (senders if self.outward else (cable.near,))
            ),
            removed=cable.removed,
            detection=self.detection,
        )


def _port(cable: Cable, name: str) -> str:
    """Raises PermanentError for the end that is somebody else's."""
    if name not in cable.ports:
        (own,) = cable.ports
        hint = f"name {own} first, or a direction that it sends: {own}:{name}, direction=out"
        raise PermanentError(f"{name} is not the site's own: nothing can be held there", hint=hint, exit=Exit.USAGE)
    return cable.ports[name]


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
    "packets of a link vanish from the end named first to the other, the carrier stays",
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
