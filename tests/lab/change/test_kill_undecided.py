"""rtmctl dies by SIGKILL at every entry before its decision: after recovery every device is old."""

import pytest

from tests.lab.change.killing import UNDECIDED, Arena, Kill


@pytest.mark.parametrize("kill", UNDECIDED, ids=lambda k: f"{k.kind.value} {k.device or k.nth}")
def test_killed_before_the_decision_every_device_is_old(arena: Arena, kill: Kill) -> None:
    assert arena.judge(kill, decided=False) == ""
