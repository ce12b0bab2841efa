"""What a recording says of its own gaps."""

import pytest

from rtmctl.device.events import ClockOffset
from rtmctl.device.frr.recorded import DeviceRecord
from rtmctl.observe.recording import Recorded


def record(device: str, error_ms: float, *doubts: str) -> DeviceRecord:
    clock = ClockOffset(0, int(error_ms * 1e6))
    return DeviceRecord(device, (), (), doubts, frozenset(), clock, stamp_error_ms=0.0, first_ns=0, last_ns=0)


@pytest.mark.parametrize("error_ms,imprecise", [(0.2, ()), (8.04, ("leaf1: its clock is known to ±8.0 ms only",))])
def test_a_clock_that_is_not_known_exactly_is_told_and_no_doubt(error_ms: float, imprecise: tuple[str, ...]) -> None:
    found = Recorded({"leaf1": record("leaf1", error_ms)}, {}, {})
    assert found.imprecise == imprecise
    assert found.doubts == ()


def test_what_was_not_recorded_is_a_doubt() -> None:
    found = Recorded({"leaf1": record("leaf1", 0, "3 messages of bgpd were lost")}, {"leaf2": "no recorder"}, {})
    assert found.doubts == ("leaf2: not recorded: no recorder", "leaf1: 3 messages of bgpd were lost")
