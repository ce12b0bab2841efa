"""The transaction on real devices: applied, applied again, rolled back."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from change_lab import MORE, SITE, fabric_of, network

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Network, Outcome, carry_out, find_drift, make, make_rollback
from rtmctl.change.reading import read_fleet
from rtmctl.fabric import Fabric
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store

OPTIONS = ApplyOptions(drain=False)


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
