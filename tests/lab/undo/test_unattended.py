"""An undo, attended or not, never darkens both devices of a redundant pair: told by the traffic through them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtmctl.base import Exit
from rtmctl.change import make, recover
from rtmctl.change.reading import read_fleet
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store
from tests.lab.change.change_lab import bring_up, fabric_of
from tests.lab.undo.undo_lab import (
    LEAFS,
    MORE,
    SITE,
    WINDOWS_S,
    all_lost_ms,
    cut_off,
    darken_at_every_change,
    network,
    snapshot,
    traffic,
    wait_for_traffic,
)

REPO = Path(__file__).parents[3]
RECONVERGENCE_MS = 2000
"""a hang limit for the other path to take over; a pair reverted at once is dark for 3000 ms"""
LATE_S = 60
ENDS = {"attended": Exit.ROLLED_BACK, "killed": -signal.SIGKILL, "cut off": Exit.STATE_UNKNOWN}


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path) -> Iterator[Lab]:
    lab = labs("undo")
    lab.up(fabric_of(root, MORE), Choices())
    fabric = fabric_of(root, SITE)
    bring_up(network(lab, fabric, open_store(str(root / "first.db"))), drain=False)
    wait_for_traffic(lab)
    darken_at_every_change(lab)
    yield lab


def wait_until(true: Callable[[], bool], limit_s: float = 120) -> None:
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def reverted(lab: Lab) -> dict[str, float]:
    """When each leaf was back, asked on the leaf itself."""
    found: dict[str, float] = {}

    def every() -> bool:
        for leaf in LEAFS:
            if leaf not in found:
                text = lab.run(leaf, "cat", "/var/lib/rtmctl/record.json").stdout
                if json.loads(text)["state"] == "reverted":
                    found[leaf] = time.monotonic()
        return len(found) == len(LEAFS)

    wait_until(every)
    return found


def start(lab: Lab, folder: Path, window_s: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.lab.undo.lone", lab.name, str(folder), str(window_s)]
    return subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_applied(lone: "subprocess.Popen[str]", folder: Path) -> bool:
    """Whether it got so far; else it has ended."""
    wait_until(lambda: (folder / "applied").exists() or lone.poll() is not None)
    return lone.poll() is None


@pytest.mark.parametrize("how", ["attended", "killed", "cut off"])
def test_an_undo_never_darkens_a_pair(lab: Lab, root: Path, tmp_path: Path, how: str) -> None:
    before = snapshot(lab)
    fabric = fabric_of(root, SITE)
    for window_s in WINDOWS_S:
        folder = tmp_path / str(window_s)
        folder.mkdir()
        with traffic(lab) as watch, cut_off(lab) as cut:
            lone = start(lab, folder, window_s)
            try:
                if not is_applied(lone, folder):
                    continue  # a commit took longer than the timer, so all was reverted
                assert snapshot(lab) != before
                if how == "killed":
                    os.kill(lone.pid, signal.SIGKILL)
                elif how == "attended":
                    (folder / "full").touch()
                    (folder / "go").touch()
                else:
                    cut()
                    (folder / "go").touch()
                order = reverted(lab)
                break
            finally:
                (folder / "go").touch()
                said = lone.communicate(timeout=LATE_S)[0]
    else:
        pytest.fail(said)
    assert all(order[odd] > order[even] for odd, even in (("leaf1", "leaf2"), ("leaf3", "leaf4"))), order
    assert snapshot(lab) == before
    assert lone.returncode == ENDS[how], said
    result = watch.result
    assert result is not None
    worst = {flow.flow.name: round(flow.worst_ms) for flow in result.flows}
    dark = {source: round(all_lost_ms(result, source)) for source in ("k1", "k2")}
    print(f"{how}: worst loss of each flow {worst} ms; all flows of a host at once {dark} ms; doubts {result.doubts}")
    assert max(dark.values()) <= RECONVERGENCE_MS
    assert result.lost, "the leafs went dark one by one, and the probe saw it"
    net = network(lab, fabric, open_store(str(tmp_path / "elsewhere.db")))
    report = asyncio.run(recover(net.connect, sorted(net.platforms), net.store, site="change"))
    assert report.exit is Exit.DONE and report.results == (), "nothing is left to recover"
    assert asyncio.run(make(net)).empty, "every device runs what the old site says"
    assert not asyncio.run(read_fleet(net.connect, LEAFS, states=False)).failed
