"""A rollback is a plan like any other: stages, drains, resets and outages are those of the way back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from change_fake import FULL, run
from test_change_mixed import SITE, Models, another_mtu, another_password, built

from rtmctl.change import Network, make, make_rollback, plan_to_json
from rtmctl.device.frr.normal import normal_form
from rtmctl.device.state import BgpSession, DeviceState
from rtmctl.device.types import DeviceStatus, Running, TransactionState
from rtmctl.model import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
from rtmctl.store import ChangeRow, Store, open_store


@dataclass(frozen=True)
class Reader:
    """A device that can be read: it runs what a model renders to, as the agent reports it."""

    name: str
    model: DeviceModel
    capabilities = FULL

    async def running(self) -> Running:
        text = render(self.model)
        config = normal_form(text)
        return Running(config, config.hash(), "10.3", raw=text)

    async def state(self) -> DeviceState:
        up = BgpSession("default", "swp1", 65000, "Established", 1.0, 9, ())
        return DeviceState(self.name, "8.4.4", "1", (), (), (up,), (), (), (), (), (), ())

    async def status(self) -> DeviceStatus:
        return DeviceStatus("1", None, TransactionState.NONE, None, None, None, None, None)

    async def note(self, _key: str) -> None:
        return None

    async def close(self) -> None:
        return


def network(runs: Models, wanted: Models, store: Store) -> Network:
    fabric, _ = built(SITE)

    async def connect(name: str) -> Any:
        return Reader(name, runs[name])

    def build(_drained: frozenset[str]) -> tuple[Models, dict[str, DeviceConfig]]:
        return wanted, {name: render(model) for name, model in wanted.items()}

    return Network("test", fabric, build, connect, store, resolve=lambda reference: f"of-{reference[-4:]}")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store.db"))


@pytest.mark.parametrize("change", [another_password, another_mtu], ids=["sessions reset", "mtu"])
def test_the_way_back_is_planned_as_the_way_there(store: Store, change: Any) -> None:
    _, old = built(SITE)
    new = {name: change(model) for name, model in old.items()}
    there = run(make(network(old, new, store)))
    assert there.stages
    row = ChangeRow("c1", "test", "apply", "ann@desk", "", 10.0, 20.0, "confirmed", "", plan_to_json(there))
    store.begin_change(row)
    # the site's files say something else by now: what is gone back to is what ran
    back = run(make_rollback(network(new, {**new, "leaf1": another_mtu(new["leaf1"])}, store), "c1"))
    assert back.undoes == "c1"
    assert [(s.name, [w.devices for w in s.waves]) for s in back.stages] == [
        (s.name, [w.devices for w in s.waves]) for s in there.stages
    ]
    for stage, other in zip(back.stages, there.stages, strict=True):
        for part in stage.devices:
            then = other.device(part.device)
            assert bool(part.resets) == bool(then.resets)
            assert (part.drain is None, part.leaves, part.waits) == (then.drain is None, then.leaves, then.waits)
    assert bool(back.outages) == bool(there.outages)
    last = {part.device: part.target for stage in back.stages for part in stage.devices}
    assert {name: normal_form(text) for name, text in last.items()} == {
        name: normal_form(render(old[name])) for name in last
    }


def test_a_password_change_is_staged_both_ways(store: Store) -> None:
    """So that the comparison above is not one of nothing with nothing."""
    _, old = built(SITE)
    new = {name: another_password(model) for name, model in old.items()}
    there = run(make(network(old, new, store)))
    assert len(there.stages) > 1
    assert any(part.leaves for stage in there.stages for part in stage.devices)
