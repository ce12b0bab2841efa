"""The history settles itself by what devices say, and claims nothing of those that were not read."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from change_fake import FakeFabric, config, run, settle
from change_site import ALL, LEAFS, NEW, OLD, SPINES, fabric, plan_for
from test_change_kill import apply_and_die

from rtmctl.base import Refused
from rtmctl.change import (
    ApplyOptions,
    Locked,
    Network,
    StalePlan,
    Surroundings,
    Timing,
    apply,
    confirm,
    find_drift,
    make,
    recover,
)
from rtmctl.change.settling import outcome_of
from rtmctl.store import StandingRow, Store, open_store

TIMING = Timing(window_s=5, stagger_s=2, lease_ttl_s=6, step_timeout_s=3, commit_timeout_s=5)
WAITING = ApplyOptions(reason="because", by="ann@desk", timing=TIMING, confirm_within_s=60)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store.db"))


def network(devices: FakeFabric, store: Store) -> Network:
    texts = {name: config(text) for name, text in NEW.items()}
    return Network("test", fabric(), lambda _drained: ({}, texts), devices.connect, store, drain_on_reset=False)  # type: ignore[arg-type, return-value]


def outcomes(store: Store) -> list[str]:
    return [row.outcome for row in store.changes("test")]


def test_reverted_by_the_timers(store: Store) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        net = network(devices, store)
        result = await apply(plan_for(devices), devices.connect, store, options=WAITING)
        await find_drift(net)
        assert outcomes(store) == ["applied, unconfirmed"], "its timers still run"
        assert {row.standing for row in store.standings((result.change,))} == {"new, its revert timer runs"}
        await settle(devices)
        assert outcomes(store) == ["applied, unconfirmed"], "nobody has read it"
        await find_drift(net)
        assert outcomes(store) == ["reverted"]
        message = store.changes("test")[0].message
        assert message.startswith("every device is as before (the revert timer ran out unconfirmed), seen at 20")

    run(go())


def test_confirmed_elsewhere(store: Store, tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        result = await apply(plan_for(devices), devices.connect, store, options=WAITING)
        other = open_store(str(tmp_path / "other.db"))
        await confirm(devices.connect, ALL, other, result.change, site="test", timing=TIMING)
        await make(network(devices, store))
        assert outcomes(store) == ["confirmed"]

    run(go())


@pytest.mark.parametrize("silent", ["leaf1", "spine2"])
def test_a_device_that_was_not_read_leaves_it_open(store: Store, silent: str) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        result = await apply(plan_for(devices), devices.connect, store, options=WAITING)
        await settle(devices)
        devices[silent].alive = False
        await find_drift(network(devices, store))
        assert outcomes(store) == ["applied, unconfirmed"]
        assert {row.device for row in store.standings((result.change,))} == set(ALL) - {silent}
        devices[silent].alive = True
        for name in set(ALL) - {silent}:
            devices[name].alive = False
        await find_drift(network(devices, store))
        assert outcomes(store) == ["reverted"], "what was seen once is kept"

    run(go())


def test_a_killed_change_is_settled_by_what_runs(store: Store) -> None:
    async def go(die_at: int, wait: Callable[[], float]) -> str:
        devices = FakeFabric(OLD)
        await apply_and_die(devices, store, ApplyOptions(timing=TIMING), die_at)
        await settle(devices)
        net = network(devices, store)
        now = store.changes("test")[0].begun_at
        net = Network(net.name, net.fabric, net.build, net.connect, store, now=lambda: now + wait())
        await find_drift(net)
        return store.changes("test")[0].outcome

    assert run(go(30, lambda: 10.0)) == "running", "it may be on its way to its first lease"
    assert run(go(2, lambda: 300.0)) == "reverted", "nothing was begun: by the hash of what runs"
    assert run(go(30, lambda: 300.0)) == "reverted"


def test_one_that_is_at_work_is_left_alone(store: Store) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        for device in devices.devices.values():
            device.commit_s = 3
        work = asyncio.create_task(
            apply(plan_for(devices), devices.connect, store, options=ApplyOptions(timing=TIMING))
        )
        await asyncio.sleep(4)
        now = store.changes("test")[0].begun_at + 3600
        net = network(devices, store)
        await find_drift(Network(net.name, net.fabric, net.build, net.connect, store, now=lambda: now))
        assert outcomes(store) == ["running"]
        assert (await work).outcome.value == "confirmed"
        assert outcomes(store) == ["confirmed"]

    run(go())


def test_a_later_change_there_does_not_unsay_what_was_seen(store: Store, tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OLD)
        await apply(plan_for(devices), devices.connect, store, options=WAITING)
        await settle(devices)
        elsewhere = open_store(str(tmp_path / "other.db"))
        await apply(plan_for(devices), devices.connect, elsewhere, options=ApplyOptions(timing=TIMING))
        await find_drift(network(devices, store))
        assert outcomes(store) == ["state unknown"], "another change stands where its record stood"
        assert "has been there since" in store.changes("test")[0].message

    run(go())


def test_waves_that_were_confirmed_one_by_one() -> None:
    rows = [StandingRow("c", name, "new, confirmed", "confirmed", 5.0) for name in LEAFS]
    rows += [StandingRow("c", name, "as before", "its change never began", 9.0) for name in SPINES]
    found = outcome_of(rows, rounds=4, reached=2)
    assert found is not None
    assert found[0].value == "confirmed in part"
    assert "as before on spine1, spine2 (its change never began); decision 2 of 4 was the last" in found[1]
    assert found[1].endswith("seen at 1970-01-01 00:00:09 UTC")
    whole = [StandingRow("c", name, "new, confirmed", "confirmed", 5.0) for name in ALL]
    assert [outcome_of(whole, rounds=2, reached=n)[0].value for n in (1, 2)] == ["confirmed in part", "confirmed"]  # type: ignore[index]


def test_a_recovery_of_somebody_elses_change_is_settled_too(store: Store, tmp_path: Path) -> None:
    """The silent device comes back after its timer has run: nothing is left to recover, and the history ends."""

    async def go() -> None:
        devices = FakeFabric(OLD)
        await apply(plan_for(devices), devices.connect, open_store(str(tmp_path / "first.db")), options=WAITING)
        devices["leaf1"].alive = False
        report = await recover(devices.connect, ALL, store, site="test", timing=TIMING)
        assert outcomes(store) == ["state unknown"]
        (result,) = report.results
        said = {one.device: one.message for one in result.devices}["leaf1"]
        assert "goes back by its own timer" in said
        assert "leaf1" in result.hint
        await settle(devices)
        devices["leaf1"].alive = True
        again = await recover(devices.connect, ALL, store, site="test", timing=TIMING)
        assert again.results == ()
        assert outcomes(store) == ["reverted"]

    run(go())


def test_what_another_change_has_brought_for_now_is_not_called_done(store: Store) -> None:
    """Every device runs the target of a change that may yet go back."""

    async def go() -> None:
        devices = FakeFabric(OLD)
        result = await apply(plan_for(devices), devices.connect, store, options=WAITING)
        plan = plan_for(devices, surroundings=Surroundings(unsettled=dict.fromkeys(ALL, result.change)))
        assert plan.empty
        with pytest.raises(Refused, match="is not settled"):
            await apply(plan, devices.connect, store)
        other = await devices.connect("leaf1")
        await other.lease(f"ann@desk {result.change}", 30, "change")
        with pytest.raises(Locked, match="ann@desk"):
            await apply(plan, devices.connect, store)
        await settle(devices)
        with pytest.raises(StalePlan, match="settled since"):
            await apply(plan, devices.connect, store)

    run(go())
