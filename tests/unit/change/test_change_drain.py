"""Drains stand on the devices: every machine honours them, whatever its store says; and drained means drained."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from change_fake import FakeFabric, config, run
from change_site import ALL, fabric

from rtmctl.base import Exit
from rtmctl.change import (
    ApplyOptions,
    Network,
    Outcome,
    Timing,
    carry_out,
    drain,
    find_drift,
    make,
    make_rollback,
    undrain,
)
from rtmctl.change.draining import floor_pps
from rtmctl.change.drains import honour, read_drains
from rtmctl.model import DeviceConfig, DeviceModel, build_models
from rtmctl.model.types import PortKind
from rtmctl.store import open_store

OPEN = {name: f"hostname {name}\n" for name in ALL}
DRAINED = {name: f"hostname {name}\nlog syslog\n" for name in ALL}
OPTIONS = ApplyOptions(by="ann@desk", timing=Timing(window_s=60, lease_ttl_s=10))


def build(drained: frozenset[str]) -> tuple[Mapping[str, DeviceModel], Mapping[str, DeviceConfig]]:
    texts = {name: (DRAINED if name in drained else OPEN)[name] for name in ALL}
    return build_models(fabric(), drained), {name: config(text) for name, text in texts.items()}


class Machine:
    """One operator's machine: a store of its own, and a clock."""

    def __init__(self, devices: FakeFabric, folder: Path, name: str) -> None:
        self.at = 1000.0
        store = open_store(str(folder / f"{name}.db"))
        self.network = Network("test", fabric(), build, devices.connect, store, now=lambda: self.at)


def test_a_second_machine_with_an_empty_store_honours_a_drain(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OPEN)
        first, second = Machine(devices, tmp_path, "a"), Machine(devices, tmp_path, "b")
        done = await drain(first.network, "spine1", reason="fan", options=OPTIONS)
        assert done.outcome is Outcome.CONFIRMED, done
        assert devices["spine1"].text == DRAINED["spine1"]
        plan = await make(second.network)
        assert plan.empty
        assert plan.warnings == ("spine1 is drained (by ann@desk: fan) and stays so",)
        drift = await find_drift(second.network)
        assert drift.exit is Exit.DONE
        assert drift.drained == {"spine1": "by ann@desk: fan"}
        said = await read_drains(devices.connect, ALL)
        assert list(honour(second.network.store, "test", said, 1000.0)) == ["spine1"], "what verify does"
        with pytest.raises(Exception, match="would strand everything: spine1 is drained already"):
            await drain(Machine(devices, tmp_path, "c").network, "spine2", reason="x", options=OPTIONS)
        assert (await undrain(second.network, "spine1", options=OPTIONS)).outcome is Outcome.CONFIRMED
        assert devices["spine1"].text == OPEN["spine1"]
        assert first.network.store.drains("test"), "its copy is old"
        assert (await make(first.network)).empty, "the device's word counts"
        assert not first.network.store.drains("test")
        assert (await undrain(second.network, "spine1", options=OPTIONS)).outcome is Outcome.NOTHING

    run(go())


def test_a_drain_ends_by_its_time_and_comes_back_with_a_rollback(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OPEN)
        here = Machine(devices, tmp_path, "a")
        await drain(here.network, "spine1", reason="fan", until=2000.0, options=OPTIONS)
        here.at = 2001.0
        plan = await make(here.network)
        assert plan.devices == ("spine1",)
        done = await carry_out(here.network, plan, OPTIONS)
        assert devices["spine1"].notes["drain"] is None
        here.at = 1500.0
        back = await carry_out(here.network, await make_rollback(here.network, done.change), OPTIONS)
        assert back.outcome is Outcome.CONFIRMED, back
        assert devices["spine1"].text == DRAINED["spine1"]
        assert (await make(here.network)).empty

    run(go())


def test_a_new_reason_is_noted_without_a_change(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OPEN)
        here = Machine(devices, tmp_path, "a")
        await drain(here.network, "spine1", reason="fan", options=OPTIONS)
        again = await drain(here.network, "spine1", reason="disk", options=OPTIONS)
        assert again.outcome is Outcome.NOTHING
        assert "disk" in (await read_drains(devices.connect, ["spine1"]))["spine1"]

    run(go())


@pytest.mark.parametrize("strand", [False, True])
def test_traffic_that_stays_fails_the_drain_unless_told_otherwise(tmp_path: Path, strand: bool) -> None:
    async def go() -> None:
        devices = FakeFabric(OPEN)
        spine = devices["spine1"]
        ports = build(frozenset())[0]["spine1"].ports
        spine.counting = tuple(port.name for port in ports if port.kind is PortKind.FABRIC)[:1]
        spine.pps = lambda _text: 4000.0
        here = Machine(devices, tmp_path, "a")
        heard: list[str] = []
        done = await drain(
            here.network, "spine1", reason="fan", strand=strand, options=OPTIONS, emit=lambda e: heard.append(str(e))
        )
        if strand:
            assert done.outcome is Outcome.CONFIRMED, done
            assert any("still carry 4000 packets/s" in text for text in heard)
        else:
            assert done.outcome is Outcome.REVERTED
            assert "spine1: drain: its fabric ports still carry 4000 packets/s after 30 s" in done.message
            assert spine.text == OPEN["spine1"]
            assert not spine.notes.get("drain")
            assert not here.network.store.drains("test")

    run(go())


def test_other_ports_do_not_count_and_traffic_may_leave_slowly(tmp_path: Path) -> None:
    async def go() -> None:
        devices = FakeFabric(OPEN)
        spine = devices["spine1"]
        spine.counting = ("eth0",)
        spine.pps = lambda _text: 4000.0
        other = devices["spine2"]
        ports = build(frozenset())[0]["spine2"].ports
        other.counting = (next(port.name for port in ports if port.kind is PortKind.FABRIC),)
        begun = asyncio.get_running_loop().time()
        other.pps = lambda _text: 4000.0 if asyncio.get_running_loop().time() < begun + 20 else 20.0
        here = Machine(devices, tmp_path, "a")
        assert (await drain(here.network, "spine1", reason="fan", options=OPTIONS)).outcome is Outcome.CONFIRMED
        await undrain(here.network, "spine1", options=OPTIONS)
        assert (await drain(here.network, "spine2", reason="fan", options=OPTIONS)).outcome is Outcome.CONFIRMED

    run(go())


def test_the_floor_follows_the_model() -> None:
    models = build_models(fabric())
    sessions = {name: len(models[name].bgp[0].neighbors) for name in ("leaf1", "spine1")}
    assert sessions == {"leaf1": 2, "spine1": 4}
    leaf, spine = floor_pps(models["leaf1"]), floor_pps(models["spine1"])
    bfd = 2 * 1000 / models["leaf1"].bfd_profiles[0].tx_ms
    assert 2 * bfd < leaf < 2 * 2 * bfd + 20
    assert leaf < spine
