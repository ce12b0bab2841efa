"""Both ends of every link of the fabric change plane by plane, under traffic between routed hosts, on FRR 10.3.

FRR 8.4 forgets router MACs when a best path moves between spines (see `change.quirks`): there a plan is at once.
"""

import asyncio
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from change_lab import bring_up, fabric_of, network

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Network, Outcome, Site, Timing, apply, carry_out, make, recover
from rtmctl.change.journal import Entry
from rtmctl.change.reading import current_models, read_fleet
from rtmctl.lab import Choices, Lab
from rtmctl.model import DeviceConfig, DeviceModel
from rtmctl.store import open_store
from tests.lab.change.killing import Deadly, Kill
from tests.lab.undo.undo_lab import LEAFS, SITE, traffic, wait_for_traffic

MULTIHOP = SITE.replace("switches:", "fabric: {overlay: ebgp-multihop}\nswitches:")
PLANES = ["drain spine1", "plane 1", "undrain spine1", "plane 2", "undrain spine2"]
LATE_S = 60
WINDOW_S, STAGGER_S = 12, 4
"""of the change that is killed"""
HANG_MS = 1000
"""a hang limit on what one flow may lose; what is claimed is printed"""


def with_password(model: DeviceModel) -> DeviceModel:
    """A password on every session between switches."""
    bgp = tuple(
        replace(b, neighbors=tuple(replace(n, password="env:FABRIC") for n in b.neighbors)) if b.vrf == "default" else b
        for b in model.bgp
    )
    return replace(model, bgp=bgp)


def with_passwords(net: Network, word: str) -> Network:
    """The same site, its switches asking each other for a password."""

    def build(drained: frozenset[str]) -> tuple[dict[str, DeviceModel], dict[str, DeviceConfig]]:
        models = {name: with_password(model) for name, model in net.build(drained)[0].items()}
        return models, {name: net.write(model) for name, model in models.items()}

    return replace(net, build=build, resolve=lambda _reference: word)


@dataclass
class Uplinks:
    """How many spines each leaf has had a session to, at every look."""

    looks: int = 0
    least: dict[str, int] = field(default_factory=dict)


@contextmanager
def watched(lab: Lab) -> Iterator[Uplinks]:
    """Look at the sessions of every leaf to its spines, over and over."""
    found, over = Uplinks(), threading.Event()
    command = ("vtysh", "-c", "show bgp l2vpn evpn summary json")

    def look(leaf: str) -> None:
        peers = json.loads(lab.run(leaf, *command).stdout or "{}").get("peers", {})
        up = sum(peer["state"] == "Established" for peer in peers.values())
        found.least[leaf] = min(found.least.get(leaf, up), up)

    def run() -> None:
        while not over.is_set():
            for leaf in LEAFS:
                look(leaf)
            found.looks += 1
            over.wait(0.2)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join(30)


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path) -> Iterator[Lab]:
    lab = labs("stages")
    fabric = fabric_of(root, SITE)
    lab.up(fabric, Choices())
    bring_up(with_passwords(network(lab, fabric, open_store(str(root / "store.db"))), "first"))
    wait_for_traffic(lab)
    yield lab


def far_ends(models: Mapping[str, DeviceModel]) -> dict[tuple[str, str], str | None]:
    """Each session's far device, which a note says and no directive, and whether its own is drained."""
    found = {(n, s.name): s.remote_device for n, model in models.items() for b in model.bgp for s in b.neighbors}
    return found | {(name, "drained"): str(model.drained) for name, model in models.items()}


def carried_out(lab: Lab, net: Network, what: str, stages: list[str]) -> None:
    """Make the plan and apply it, with the network watched."""
    plan = asyncio.run(make(net))
    assert plan.outages == ()
    assert [stage.name.split(",")[0] for stage in plan.stages] == stages
    with traffic(lab) as watch, watched(lab) as uplinks:
        begun = time.monotonic()
        result = asyncio.run(carry_out(net, plan, ApplyOptions()))
        took_s = time.monotonic() - begun
    assert result.outcome is Outcome.CONFIRMED, result
    seen = watch.result
    assert seen is not None
    sent = sum(flow.sent for flow in seen.flows)
    print(
        f"{what}: {took_s:.1f} s, {seen.lost} of {sent} packets lost, at worst {seen.worst_ms:.0f} ms of one flow; "
        f"least spines of each leaf {uplinks.least} in {uplinks.looks} looks; load {os.getloadavg()[0]:.1f}; "
        f"doubts {seen.doubts}"
    )
    assert uplinks.looks > 10 and set(uplinks.least) == set(LEAFS)
    assert min(uplinks.least.values()) >= 1, uplinks.least
    assert seen.worst_ms < HANG_MS
    assert asyncio.run(make(net)).empty, "and it is what the site says"
    reading = asyncio.run(read_fleet(net.connect, sorted(net.platforms)))
    runs = current_models(net.platforms, reading.running, net.restore)
    assert far_ends(runs) == far_ends(net.build(frozenset())[0]), "what runs is read as the model that it is"


def test_killed_in_the_middle_of_the_second_stage_every_device_is_as_before(lab: Lab, root: Path) -> None:
    """A spine and half of the leafs run what is neither old nor new then; nobody is there but their timers."""
    net = with_passwords(network(lab, fabric_of(root, SITE), open_store(str(root / "killed.db"))), "second")
    names = sorted(net.platforms)
    plan = asyncio.run(make(net))
    middle = plan.stages[1]
    assert middle.name.startswith("plane 1") and [wave.devices[0] for wave in middle.waves] == ["spine1", *LEAFS[:2]]
    before = asyncio.run(read_fleet(net.connect, names, states=False))

    def die() -> None:
        site = Site(targets=net.build(frozenset())[0], resolve=net.resolve, plan_key=net.plan_key)
        options = ApplyOptions(timing=Timing(window_s=WINDOW_S, stagger_s=STAGGER_S, lease_ttl_s=6))
        journal = Deadly(Kill(Entry.COMMITTED, "leaf1"))
        asyncio.run(apply(plan, net.connect, net.store, site=site, options=options, journal=journal))

    process = multiprocessing.get_context("fork").Process(target=die)
    with traffic(lab) as watch:
        process.start()
        process.join(120)
        assert process.exitcode == -signal.SIGKILL
        amid = asyncio.run(read_fleet(net.connect, names, states=False))
        assert {"spine1", "leaf1"} <= set(amid.unsettled) and not {"spine2", "leaf2"} & set(amid.unsettled)
        killed, end = time.monotonic(), time.monotonic() + LATE_S
        while (now := asyncio.run(read_fleet(net.connect, names, states=False))).unsettled or now.failed:
            assert time.monotonic() < end, (now.unsettled, now.failed)
            time.sleep(1)
        took_s = time.monotonic() - killed
        time.sleep(5)  # sessions of what went last come back
    assert {n: r.hash for n, r in now.running.items()} == {n: r.hash for n, r in before.running.items()}
    seen = watch.result
    assert seen is not None
    print(
        f"killed in stage 2: old everywhere {took_s:.0f} s later; {seen.lost} of {sum(f.sent for f in seen.flows)} "
        f"packets lost, at worst {seen.worst_ms:.0f} ms of one flow; load {os.getloadavg()[0]:.1f}"
    )
    assert seen.worst_ms < HANG_MS * 3
    report = asyncio.run(recover(net.connect, names, open_store(str(root / "clone.db")), site="change"))
    assert report.exit is Exit.DONE, report
    again = asyncio.run(make(net))
    assert [stage.name for stage in again.stages] == [stage.name for stage in plan.stages]


def test_the_password_of_every_session_changes_without_an_outage(lab: Lab, root: Path) -> None:
    """The old one stands in no text that leaves a device, and in the plan for the planes that wait."""
    net = with_passwords(network(lab, fabric_of(root, SITE), open_store(str(root / "store.db"))), "second")
    carried_out(lab, net, "a password changed", PLANES)
    said = lab.run("leaf1", "vtysh", "-c", "show running-config").stdout
    assert said.count("password second") == 2 and "first" not in said


def test_the_overlay_moves_to_other_sessions_without_an_outage(lab: Lab, root: Path) -> None:
    """Last in this module: EVPN is between loopbacks from here on."""
    store = open_store(str(root / "store.db"))
    net = with_passwords(network(lab, fabric_of(root, MULTIHOP), store), "second")
    carried_out(lab, net, "the overlay moved", ["EVPN on old and new sessions", "EVPN on new sessions only"])
