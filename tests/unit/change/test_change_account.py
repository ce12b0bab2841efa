"""Leases of the dead are waited for, and every change is accounted for."""

import asyncio
import json
from pathlib import Path

import pytest
from change_fake import FakeFabric, run, settle
from change_site import ALL, NEW, OLD, plan_for

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Locked, Outcome, Timing, apply, recover
from rtmctl.change.anchors import read_anchors
from rtmctl.change.events import Event, Waiting
from rtmctl.store import open_store, prove_chain

OPTIONS = ApplyOptions(reason="because", by="ann@desk", timing=Timing(lease_ttl_s=30))


def test_the_lease_of_a_dead_process_is_waited_for(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        for name in ("leaf1", "leaf3"):
            await (await devices.connect(name)).lease("bob@desk c0", 30, "change c0")
        heard: list[Event] = []
        store = open_store(str(tmp_path / "a.db"))
        result = await apply(plan_for(devices), devices.connect, store, options=OPTIONS, emit=heard.append)
        assert result.outcome is Outcome.CONFIRMED
        left = [e.seconds_left for e in heard if isinstance(e, Waiting) and "lease" in e.what]
        assert len(left) > 20
        assert left == sorted(left, reverse=True)

    run(go())


@pytest.mark.parametrize("ttl_s", [30, 3600], ids=["renewed", "longer than anybody waits"])
def test_a_lease_that_is_alive_is_exit_9(tmp_path: Path, ttl_s: float) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        other = await devices.connect("leaf2")

        async def renew() -> None:
            while True:
                await other.lease("bob@desk c0", ttl_s, "change c0")
                await asyncio.sleep(10 if ttl_s == 30 else 10**6)

        task = asyncio.create_task(renew())
        await asyncio.sleep(1)
        begun = asyncio.get_running_loop().time()
        with pytest.raises(Locked, match="bob@desk c0") as held:
            await apply(plan_for(devices), devices.connect, open_store(str(tmp_path / "a.db")), options=OPTIONS)
        task.cancel()
        assert held.value.exit is Exit.LOCKED
        assert asyncio.get_running_loop().time() - begun < (15 if ttl_s == 30 else 40)
        assert all(device.lease_now() is None for name, device in devices.devices.items() if name != "leaf2")
        assert devices.texts() == OLD

    run(go())


def test_a_change_is_two_links_and_its_head_stands_on_the_devices(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        store = open_store(str(tmp_path / "a.db"))
        await apply(plan_for(devices), devices.connect, store, options=OPTIONS)
        links = store.audit_log()
        assert [(row.by, row.action, json.loads(row.detail)["outcome"]) for row in links] == [
            ("ann@desk", "apply", "begun"),
            ("ann@desk", "apply", "confirmed"),
        ]
        assert json.loads(links[1].detail)["devices"] == sorted(ALL)
        assert json.loads(links[1].detail)["reason"] == "because"
        anchors, silent = await read_anchors(devices.connect, ALL)
        assert silent == {}
        assert {(a.where, a.hash, a.number) for a in anchors} == {(name, links[1].hash, 2) for name in ALL}
        trusted = {store.signer.public}
        assert prove_chain(links, trusted=trusted, anchors=anchors).faults == ()
        (cut,) = prove_chain(links[:1], trusted=trusted, anchors=anchors).faults
        assert cut.code == "audit-cut"
        assert "entry 2 was cut off" in cut.message

    run(go())


def test_a_failure_and_a_recovery_are_accounted_for(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        store = open_store(str(tmp_path / "a.db"))
        devices["leaf4"].faults["commit"] = "refuse"
        await apply(plan_for(devices), devices.connect, store, options=OPTIONS)
        devices["leaf4"].faults.clear()
        left = ApplyOptions(by="ann@desk", confirm_within_s=60)
        await apply(plan_for(devices), devices.connect, store, options=left)
        elsewhere = open_store(str(tmp_path / "b.db"))
        await recover(devices.connect, ALL, elsewhere, site="test", by="eve@desk")
        await settle(devices)
        assert devices.texts() == OLD != NEW
        assert [json.loads(row.detail)["outcome"] for row in store.audit_log()] == [
            "begun",
            "reverted",
            "begun",
            "applied, unconfirmed",
        ]
        anchors, _ = await read_anchors(devices.connect, ALL)
        assert len({a.chain for a in anchors}) == 2, "a device holds the head of each store's chain"
        assert prove_chain(store.audit_log(), trusted={store.signer.public}, anchors=anchors).faults == ()
        links = elsewhere.audit_log()
        assert [(row.by, row.action, json.loads(row.detail)["outcome"]) for row in links] == [
            ("eve@desk", "recover", "reverted")
        ]

    run(go())
