"""The transaction on real devices: applied, applied again, rolled back."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from change_lab import MORE, SITE, bring_up, fabric_of, network

from rtmctl.base import Exit, Refused
from rtmctl.change import ApplyOptions, Network, Outcome, carry_out, find_drift, make, make_rollback
from rtmctl.change.reading import read_fleet
from rtmctl.fabric import Fabric
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store

OPTIONS = ApplyOptions(drain=False)
BARE = SITE.partition("tenants:")[0]
IBGP = "fabric: {overlay: ibgp-rr}\n"
HANG_S = 60


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path) -> Iterator[Lab]:
    lab = labs("change")
    lab.up(fabric_of(root, MORE), Choices())
    yield lab


def net_of(lab: Lab, fabric: Fabric, folder: Path) -> Network:
    return network(lab, fabric, open_store(str(folder / "store.db")))


def hashes(net: Network) -> dict[str, str]:
    reading = asyncio.run(read_fleet(net.connect, sorted(net.platforms), states=False))
    assert not reading.failed
    return {name: running.hash for name, running in reading.running.items()}


def test_apply_again_and_back(lab: Lab, root: Path, tmp_path: Path) -> None:
    old = hashes(bring_up(net_of(lab, fabric_of(root, SITE), tmp_path), drain=False))
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


def test_the_overlay_becomes_ibgp_by_way_of_no_tenants(lab: Lab, root: Path, tmp_path: Path) -> None:
    """Every instance gets another AS, and FRR takes no instance away while its VRF has an L3 VNI."""
    bring_up(net_of(lab, fabric_of(root, SITE), tmp_path), drain=False)
    with pytest.raises(Refused, match="which FRR refuses while the VRF has an L3 VNI") as refused:
        asyncio.run(make(net_of(lab, fabric_of(root, SITE + IBGP), tmp_path)))
    assert "take the tenants off" in refused.value.hint
    for text in (BARE, BARE + IBGP, SITE + IBGP):
        net = net_of(lab, fabric_of(root, text), tmp_path)
        plan = asyncio.run(make(net))
        result = asyncio.run(carry_out(net, plan, ApplyOptions(drain=False, accept_outage=bool(plan.outages))))
        assert result.outcome is Outcome.CONFIRMED, result
    assert asyncio.run(make(net)).empty
    there = str(net.fabric.host("h2").addresses[0].interface.ip)
    end = time.monotonic() + HANG_S
    while lab.run("h1", "ping", "-c1", "-W1", there).returncode != 0:
        assert time.monotonic() < end, "the hosts never met"
