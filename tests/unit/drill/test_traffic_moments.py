"""When traffic is back, as a line of the timeline."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rtmctl.drill.moments import traffic_moments
from rtmctl.drill.types import FlowClass, Measured
from rtmctl.probe.types import LossWindow
from tests.unit.drill.drill_examples import BEFORE_MS, silent_link

MEASURED = silent_link(1, control=False).runs[0].flows[0]
Window = tuple[float, float, float | None]


def flow(host: str, kind: FlowClass, *windows: Window) -> Measured:
    """Windows as ms from the fault, ms lost, ms from the fault at which it was heard again."""
    lost = tuple(LossWindow(BEFORE_MS + at, ms, 1, None if b is None else BEFORE_MS + b) for at, ms, b in windows)
    result = replace(MEASURED.result, windows=lost, flow=replace(MEASURED.result.flow, destination=host))
    return replace(MEASURED, result=result, kind=kind)


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([flow("h1", FlowClass.LOCAL, (1, 280, 282))], [(282, "h1", "local flow back after 280.0 ms")]),
        (
            [flow("h1", FlowClass.LOCAL, (1, 280, 282)), flow("h1", FlowClass.LOCAL, (0, 290, 291))],
            [(291, "h1", "2 local flows back after 290.0 ms at most")],
        ),
        (
            [flow("h1", FlowClass.LOCAL, (1, 280, 282)), flow("h1", FlowClass.REMOTE, (1, 350, 352))],
            [(282, "h1", "local flow back after 280.0 ms"), (352, "h1", "remote flow back after 350.0 ms")],
        ),
        ([flow("h1", FlowClass.LOCAL, (1, 280, 282), (900, 5, 906))], [(282, "h1", "local flow back after 280.0 ms")]),
        ([flow("h1", FlowClass.LOCAL, (1, 2999, None))], []),  # never heard again
        ([flow("h1", FlowClass.LOCAL, (-900, 50, -849))], []),  # lost and back before the fault
        ([flow("h1", FlowClass.SPARED)], []),
    ],
)
def test_the_longest_loss_of_the_flows_a_host_receives(
    flows: Sequence[Measured], expected: list[tuple[float, str, str]]
) -> None:
    assert [(m.at_ms, m.node, m.text) for m in traffic_moments(flows, BEFORE_MS)] == expected
    assert traffic_moments(flows, None) == ()
