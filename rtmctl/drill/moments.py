"""The fault itself on the timeline: when it was made and when it was taken back, as its holders say. Pure."""

from collections.abc import Iterable, Iterator

from rtmctl.device.injection import Held
from rtmctl.drill.types import Moment


def fault_moments(held: Iterable[Held], origin_ns: int | None) -> tuple[Moment, ...]:
    """`origin_ns`: when the injection began; None: no fault was made."""
    return () if origin_ns is None else tuple(_moments(held, origin_ns))


def _moments(held: Iterable[Held], origin_ns: int) -> Iterator[Moment]:
    for one in held:
        node, mechanism = one.injection.node, one.injection.mechanism
        for at_ns, kind, text in (
            (one.began_ns, "fault", f"{mechanism} begins"),
            (one.done_ns, "fault", f"{mechanism} is in force"),
            (one.reverted_ns, "revert", f"{mechanism} is taken back"),
        ):
            if at_ns is not None:
                yield Moment((at_ns - origin_ns) / 1e6, node, kind, text)
