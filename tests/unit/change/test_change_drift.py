"""What drift's exit code says: a device that could not be read outranks a difference."""

import pytest

from rtmctl.base import Exit
from rtmctl.change.drift import compare_all
from rtmctl.device.types import Running
from rtmctl.model.config import DeviceConfig

SAME = DeviceConfig.of({"frr": "hostname leaf1\n"})
OTHER = DeviceConfig.of({"frr": "hostname leaf2\n"})


@pytest.mark.parametrize(
    ("runs", "unread", "expected"),
    [
        pytest.param(SAME, {}, Exit.DONE, id="as-the-site-says"),
        pytest.param(OTHER, {}, Exit.DIFFERENT, id="something-else"),
        pytest.param(SAME, {"leaf9": "no answer"}, Exit.STATE_UNKNOWN, id="one-silent"),
        pytest.param(OTHER, {"leaf9": "no answer"}, Exit.STATE_UNKNOWN, id="silence-outranks-difference"),
    ],
)
def test_exit(runs: DeviceConfig, unread: dict[str, str], expected: Exit) -> None:
    running = {"leaf1": Running(runs, "hash", "8.4.4")}
    report = compare_all({"leaf1": SAME}, running, {"leaf1": None}, drained={}, unread=unread)
    assert report.exit is expected
