"""Which BFD profiles a machine cannot keep: its own pauses would look like a dead neighbour. Pure."""

from collections.abc import Collection, Iterable, Iterator

from rtmctl.model.types import BfdProfile

__all__ = ["HEADROOM", "refused_profiles", "tolerated_stall_ms"]

HEADROOM = 2.0
"""the worst pause of some minutes is not the worst of a day: twice as long a one must do no harm"""


def tolerated_stall_ms(profile: BfdProfile) -> float:
    """The longest pause of a sender that its neighbour does not take for its death.

    Packets leave at most an interval apart (jitter only shortens it, RFC 5880 §6.8.7): just before one is due, the
    neighbour has waited an interval already, and of the detection time the rest is left.
    """
    return float((profile.multiplier - 1) * max(profile.tx_ms, profile.rx_ms))


def refused_profiles(profiles: Iterable[BfdProfile], stalls_ms: Collection[float]) -> Iterator[str]:
    """Why each profile that the machine cannot keep is refused.

    Args:
        stalls_ms: pauses of a thread that wanted to run, as measured under the load of a drill; none: nothing is known
            and all are refused.
    """
    worst = max(stalls_ms, default=None)
    for profile in profiles:
        tolerated = tolerated_stall_ms(profile)
        said = f"BFD {profile.multiplier} × {max(profile.tx_ms, profile.rx_ms)} ms"
        if worst is None:
            yield f"{said}: the pauses of this machine were not measured"
        elif worst * HEADROOM >= tolerated:
            yield (
                f"{said} bears pauses of {tolerated:g} ms, this machine had one of {worst:g} ms: "
                f"less than {tolerated / HEADROOM:g} ms is asked for"
            )
