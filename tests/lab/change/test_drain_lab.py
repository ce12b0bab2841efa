"""A spine is drained under load and undrained, and foreign objects stand through it, on FRR 8.4.

The load stays within a segment, which FRR 8.4 carries on although it may forget router MACs (`change.quirks`).
"""

import asyncio
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from change_lab import SITE, bring_up, fabric_of, network

from rtmctl.base import Refused
from rtmctl.change import ApplyOptions, Network, Outcome, PlanOptions, Unmanaged, carry_out, drain, make, undrain
from rtmctl.change.anchors import read_anchors
from rtmctl.change.drains import read_drains
from rtmctl.change.reading import read_fleet
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store, prove_chain

SPINES = ("spine1", "spine2")
LOAD_PPS = 250


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path) -> Iterator[Lab]:
    lab = labs("drain")
    lab.up(fabric_of(root, SITE), Choices(image="switch-frr8"))
    yield lab


@pytest.fixture(scope="module")
def net(lab: Lab, root: Path) -> Network:
    return bring_up(network(lab, fabric_of(root, SITE), open_store(str(root / "store.db"))))


async def carried(net: Network, seconds: float = 3) -> dict[str, float]:
    """Packets a second on each spine's ports, both directions."""

    async def count() -> dict[str, int]:
        reading = await read_fleet(net.connect, SPINES)
        return {
            name: sum(link.rx_packets + link.tx_packets for link in state.links if link.name.startswith("swp"))
            for name, state in reading.states.items()
        }

    before = await count()
    await asyncio.sleep(seconds)
    return {name: (packets - before[name]) / seconds for name, packets in (await count()).items()}


def test_a_spine_drains_under_load_and_comes_back(lab: Lab, net: Network, root: Path) -> None:
    there = next(host for host in net.fabric.hosts if host.name == "h2")
    address = re.findall(r"10\.9\.10\.\d+", repr(there))[0]
    assert any(lab.run("h1", "ping", "-c", "1", "-w", "1", address).returncode == 0 for _ in range(30))
    load = subprocess.Popen(
        lab.command("h1", ("ping", "-q", "-i", str(1 / LOAD_PPS), "-w", "40", address)),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        before = asyncio.run(carried(net))
        busy = max(before, key=lambda name: before[name])
        assert before[busy] > LOAD_PPS, before
        with pytest.raises(Refused, match=f"^{busy}: traffic leaves it, and leaf1, leaf2 may forget the router MACs"):
            asyncio.run(drain(net, busy, reason="a fan"))
        done = asyncio.run(drain(net, busy, reason="a fan", options=ApplyOptions(accept_outage=True)))
        assert done.outcome is Outcome.CONFIRMED, done
        during = asyncio.run(carried(net))
        assert during[busy] < before[busy] / 2, (before, during)
        elsewhere = network(lab, fabric_of(root, SITE), open_store(str(root / "elsewhere.db")))
        plan = asyncio.run(make(elsewhere))
        assert plan.empty
        assert any(f"{busy} is drained" in warning for warning in plan.warnings)
        done = asyncio.run(undrain(elsewhere, busy))
        assert done.outcome is Outcome.CONFIRMED, done
        assert asyncio.run(read_drains(net.connect, [busy])) == {busy: None}
    finally:
        said = load.communicate(timeout=80)[0]
    sent, got = (int(n) for n in re.findall(r"(\d+) (?:packets transmitted|received)", said))
    print(f"drain: {before} then {during} packets/s; {sent} sent, {sent - got} lost")
    assert sent - got <= LOAD_PPS, "a hang limit; what is claimed is measured by the drills"
    assert asyncio.run(make(net)).empty


def test_foreign_objects_are_kept_and_removed_on_demand(lab: Lab, net: Network) -> None:
    lab.run("leaf1", "vtysh", "-c", "configure", "-c", "ip prefix-list BY-HAND seq 5 permit 192.0.2.0/24")
    lab.run("leaf1", "vtysh", "-c", "configure", "-c", "route-map UNDERLAY-OUT permit 99")
    plan = asyncio.run(make(net))
    part = plan.stages[0].devices[0]
    assert part.unmanaged == ("frr: ip prefix-list BY-HAND",)
    assert [line for diff in part.diffs for line in diff.text.splitlines() if line[0] in "+-"] == [
        "-route-map UNDERLAY-OUT permit 99"
    ]
    assert asyncio.run(carry_out(net, plan, ApplyOptions())).outcome is Outcome.CONFIRMED
    runs = lab.run("leaf1", "vtysh", "-c", "show running-config").stdout
    assert "BY-HAND" in runs
    assert "permit 99" not in runs
    assert asyncio.run(make(net)).empty
    sweep = asyncio.run(make(net, PlanOptions(unmanaged=Unmanaged.REMOVE)))
    assert asyncio.run(carry_out(net, sweep, ApplyOptions())).outcome is Outcome.CONFIRMED
    assert "BY-HAND" not in lab.run("leaf1", "vtysh", "-c", "show running-config").stdout


def test_the_audit_head_stands_on_the_devices(net: Network) -> None:
    anchors, silent = asyncio.run(read_anchors(net.connect, ["leaf1"]))
    assert silent == {}
    report = prove_chain(net.store.audit_log(), trusted={net.store.signer.public}, anchors=anchors)
    assert report.faults == ()
    assert report.anchors == 1
