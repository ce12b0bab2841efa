"""The fault on the timeline, as its holders tell it, and the traffic that came back, as the probes do. Pure."""

from collections.abc import Iterable, Iterator

from rtmctl.device.injection import Held
from rtmctl.drill.types import FlowClass, Measured, Moment


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


def traffic_moments(flows: Iterable[Measured], injected_ms: float | None) -> tuple[Moment, ...]:
    """When the flows of each class that a host receives were all heard again after their longest loss.

    Args:
        injected_ms: since the first packet; None: no fault was made.
    """
    if injected_ms is None:
        return ()
    back: dict[tuple[str, FlowClass], list[tuple[float, float]]] = {}
    for measured in flows:
        longest = max(measured.result.windows, key=lambda window: window.length_ms, default=None)
        if longest is None or longest.until_ms is None or longest.until_ms < injected_ms:
            continue
        arrived = longest.until_ms - injected_ms
        back.setdefault((measured.result.flow.destination, measured.kind), []).append((arrived, longest.length_ms))
    return tuple(
        Moment(max(at for at, _ in found), host, "traffic", _back(kind, [length for _, length in found]))
        for (host, kind), found in back.items()
    )


def _back(kind: FlowClass, lengths: list[float]) -> str:
    if len(lengths) == 1:
        return f"{kind.value} flow back after {lengths[0]:.1f} ms"
    return f"{len(lengths)} {kind.value} flows back after {max(lengths):.1f} ms at most"
