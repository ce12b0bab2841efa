"""The transaction on real devices: rtmctl dies by SIGKILL, and a fresh clone with an empty store finishes it."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from change_lab import MORE, SITE, fabric_of, network

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Network, Outcome, Standing, carry_out, find_drift, make, make_rollback, recover
from rtmctl.change.reading import read_fleet
from rtmctl.fabric import Fabric
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store

OPTIONS = ApplyOptions(drain=False)
HERE = Path(__file__).parent
WINDOWS_S = (5, 10, 20)
"""revert timers: 5 s, longer where this machine is too busy to commit within that"""
LEASE_S = 5
"""until a lease of the process killed last has run out"""
KILLS = [
    ("stage", "leaf1", False),
    ("wave", "", False),
    ("commit", "leaf1", False),
    ("committed", "leaf1", False),
    ("commit", "leaf2", False),
    ("committed", "leaf2", False),
    ("applied", "", False),
    ("deciding", "", False),
    ("decided: commit", "", True),
    ("confirm", "leaf1", True),
    ("confirmed", "leaf1", True),
    ("confirm", "leaf2", True),
]
"""(entry, device, decided): one of each kind on the first and the last device that changes"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path) -> Iterator[Lab]:
    lab = labs("change")
    lab.up(fabric_of(root, MORE), Choices())
    yield lab


def net_of(lab: Lab, fabric: Fabric, folder: Path) -> Network:
    return network(lab, fabric, open_store(str(folder / "store.db")))


def bring_to(lab: Lab, root: Path, folder: Path, text: str) -> Network:
    net = net_of(lab, fabric_of(root, text), folder)
    result = asyncio.run(carry_out(net, asyncio.run(make(net)), OPTIONS))
    assert result.exit is Exit.DONE, result
    return net


def hashes(net: Network) -> dict[str, str]:
    reading = asyncio.run(read_fleet(net.connect, sorted(net.platforms), states=False))
    assert not reading.failed
    return {name: running.hash for name, running in reading.running.items()}


def test_apply_again_and_back(lab: Lab, root: Path, tmp_path: Path) -> None:
    old = hashes(bring_to(lab, root, tmp_path, SITE))
    net = net_of(lab, fabric_of(root, MORE), tmp_path)
    plan = asyncio.run(make(net))
    assert plan.devices == ("leaf1", "leaf2")
    assert [wave.devices for wave in plan.stages[0].waves] == [("leaf1",), ("leaf2",)]
    result = asyncio.run(carry_out(net, plan, OPTIONS))
    assert result.outcome is Outcome.CONFIRMED
    assert asyncio.run(make(net)).empty, "a second apply finds nothing to do"
    assert asyncio.run(find_drift(net)).exit is Exit.DONE
    back = asyncio.run(make_rollback(net, result.change))
    assert asyncio.run(carry_out(net, back, OPTIONS)).outcome is Outcome.CONFIRMED
    assert hashes(net) == old
    assert any("rolled back before" in warning for warning in asyncio.run(make(net)).warnings)


@pytest.mark.parametrize(("kind", "device", "decided"), KILLS, ids=[f"{k} {d}".strip() for k, d, _ in KILLS])
def test_killed(lab: Lab, root: Path, tmp_path: Path, kind: str, device: str, decided: bool) -> None:
    old = hashes(bring_to(lab, root, tmp_path, SITE))
    time.sleep(LEASE_S)
    for window_s in WINDOWS_S:
        died = subprocess.run(
            [sys.executable, str(HERE / "die.py"), lab.name, str(root), str(window_s), kind, device],
            cwd=HERE,
            timeout=180,
            capture_output=True,
            check=False,
        )
        if died.returncode != 0:
            break  # 0: a commit took longer than the timer, so all was reverted before the entry was reached
    assert died.returncode == -signal.SIGKILL, died.stdout.decode() + died.stderr.decode()
    net = net_of(lab, fabric_of(root, MORE), tmp_path / "elsewhere")
    report = asyncio.run(recover(net.connect, sorted(net.platforms), net.store, site="change"))
    said = [str(r.message) + str(r.devices) for r in report.results]
    assert report.exit is Exit.DONE, "\n".join(said)
    now = hashes(net)
    if decided:
        assert asyncio.run(make(net)).empty, "new everywhere"
    else:
        assert now == old, "old everywhere"


def test_a_participant_that_is_silent_after_the_decision(lab: Lab, root: Path, tmp_path: Path) -> None:
    """leaf2 loses power with the decision on it: leaf1 goes forward, leaf2 comes up old and follows when asked to."""
    bring_to(lab, root, tmp_path, SITE)
    time.sleep(LEASE_S)
    words = [lab.name, str(root), str(WINDOWS_S[-1]), "decided: commit", ""]
    died = subprocess.run(
        [sys.executable, str(HERE / "die.py"), *words], cwd=HERE, timeout=180, capture_output=True, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stdout.decode() + died.stderr.decode()
    lab.power_off("leaf2")
    net = net_of(lab, fabric_of(root, MORE), tmp_path / "elsewhere")
    try:
        report = asyncio.run(recover(net.connect, sorted(net.platforms), net.store, site="change"))
    finally:
        lab.power_on("leaf2")
    assert report.exit is Exit.STATE_UNKNOWN
    (result,) = report.results
    standings = {one.device: one.standing for one in result.devices}
    assert standings == {"leaf1": Standing.NEW, "leaf2": Standing.UNKNOWN}
    assert "rtmctl net recover brings it to the new one" in result.devices[1].message
    assert "leaf2" in result.hint
    for _ in range(60):
        if not asyncio.run(read_fleet(net.connect, ["leaf2"], states=False)).failed:
            break
        time.sleep(1)
    report = asyncio.run(recover(net.connect, sorted(net.platforms), net.store, site="change"))
    assert report.exit is Exit.DONE, report
    assert asyncio.run(make(net)).empty, "new everywhere"
    assert [row.outcome for row in net.store.changes("change")] == ["confirmed"]
