"""rtmctl is interrupted, ended and killed at every moment of a drill: the fault is gone within its lease, each time.

That is asked of the switch itself: by the hash of what the fault owned, and by packets over the cable. A sample of the
moments here; `RTMCTL_ALL_KILLS=1` walks them all.
"""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from rtmctl.base import Exit
from rtmctl.lab import Lab
from tests.lab.drill.engine_lab import LEASE_S, Range, Running, send

GRACE_S = 3.0
"""for the guard, on a machine that has other work"""
MOMENTS: dict[str, Callable[[Running], object]] = {
    "before arm": lambda running: running.at("StepBegun", "gates"),
    "armed": lambda running: running.at("StepDone", "arm"),
    "injected": lambda running: running.at("HoldingStep", "inject"),
    "holding": lambda running: running.at("StepBegun", "hold"),
    "reverting": lambda running: running.at("StepBegun", "revert"),
    "after": lambda running: running.at("StepBegun", "after"),
}
CODES = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.ABORTED, signal.SIGKILL: -signal.SIGKILL}
SAMPLE = (
    (signal.SIGINT, "before arm"),
    (signal.SIGINT, "holding"),
    (signal.SIGTERM, "injected"),
    (signal.SIGTERM, "reverting"),
    (signal.SIGKILL, "armed"),
    (signal.SIGKILL, "holding"),
    (signal.SIGKILL, "reverting"),
)
CASES = tuple(product(CODES, MOMENTS)) if os.environ.get("RTMCTL_ALL_KILLS") else SAMPLE


@pytest.fixture(scope="module")
def ground(labs: Callable[[str], Lab], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    folder = tmp_path_factory.mktemp("engine")
    ground = Range(labs("engine"), folder / "site", folder)
    ground.up()
    yield ground


@pytest.mark.parametrize(("number", "moment"), CASES, ids=[f"{n.name} {m}" for n, m in CASES])
def test_the_fault_is_gone(ground: Range, number: signal.Signals, moment: str) -> None:
    running = ground.begin("drill run shrunk")
    try:
        MOMENTS[moment](running)
        if moment == "holding":
            assert not ground.crosses(), "the fault is there: large packets do not pass"
        send(running, number)
        if number is not signal.SIGKILL:
            send(running, number)  # once more changes nothing
        code, report = running.end()
    finally:
        running.kill()
    assert code == CODES[number]
    took = ground.gone_within(LEASE_S + GRACE_S if number is signal.SIGKILL else 1.0)
    print(f"{number.name} {moment}: gone {took:.1f} s after rtmctl")
    if number is not signal.SIGKILL and moment != "before arm":
        assert report["verdict"] == "aborted"
        assert report["restored"] is True


def test_a_fresh_clone_finds_what_a_dead_one_left(ground: Range) -> None:
    running = ground.begin("drill run shrunk --lease 60 --hold 60")
    try:
        running.at("HoldingStep", "inject")
        send(running, signal.SIGKILL)
        running.end()
    finally:
        running.kill()
    assert not ground.crosses(), "its lease is long: the guard waits"
    found = ground.ask("drill recover", store="another")
    assert found.returncode == 0, found
    assert "restored" in found.stdout
    assert ground.is_gone()
    assert "nothing of a drill is left" in ground.ask("drill recover").stdout
    assert "running" not in ground.ask("drill history").stdout
