"""Devices that run rtmctl's own text are read as models: a plan then knows what resets and whom it touches."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from change_fake import FakeFabric, FakeSession, run
from change_site import OLD
from test_change_settling import network

from rtmctl.base import TemporaryError
from rtmctl.change import Plan, Surroundings, make, make_plan
from rtmctl.change.reading import DIALECTS, current_models
from rtmctl.device.errors import LoginRefused
from rtmctl.device.frr.normal import normal_form
from rtmctl.device.types import Running
from rtmctl.fabric import Fabric, allocate, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.model import build_models
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
from rtmctl.store import open_store

DEMO = Path(__file__).parents[3] / "inventories" / "demo"


def design(root: Path) -> tuple[Fabric, Mapping[str, DeviceModel]]:
    site = load_site(root)
    fabric = derive(site, allocate(site, read_lock(root)))
    return fabric, build_models(fabric)


def reported(model: DeviceModel) -> Running:
    """As a device says it: files with their comments, FRR's and the kernel's words without any."""
    text = render(model)
    normal = normal_form(text)
    said = [(name, normal.get(name) if name in ("frr", "sysctl") else part) for name, part in text.sections]
    return Running(normal, normal.hash(), "10.3", raw=DeviceConfig(tuple(said)))


def plan_after(tmp_path: Path, old: str, new: str) -> Plan:
    """The plan that changes the demo, as it runs, to the demo with one line changed."""
    _, before = design(DEMO)
    root = tmp_path / "site"
    shutil.copytree(DEMO, root)
    text = (root / "site.yaml").read_text()
    assert text.count(old) == 1
    (root / "site.yaml").write_text(text.replace(old, new))
    fabric, after = design(root)
    running = {name: reported(model) for name, model in before.items()}
    current = current_models(dict.fromkeys(running, "frr"), running)
    assert current == before
    return make_plan(
        "demo",
        fabric,
        after,
        {name: render(model) for name, model in after.items()},
        running,
        surroundings=Surroundings(current=current),
        normalise=lambda _, config: DIALECTS["frr"].normal_form(config, None),
        now=lambda: 1.0,
    )


CASES = {
    "a second subnet": (
        "subnets: [10.10.30.0/24]",
        "subnets: [10.10.30.0/24, 10.10.31.0/24]",
        ("hosts decider1", "segments decide, stream"),
    ),
    "another tenant": (
        "reports: {tenant: office",
        "reports: {tenant: events",
        ("hosts decider1, report2", "segments decide, reports, stream"),
    ),
}
"""what changes in the site file, and whom leaf4 then may touch"""


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_a_segment_resets_no_session_and_names_whom_it_touches(tmp_path: Path, case: str) -> None:
    old, new, impact = CASES[case]
    plan = plan_after(tmp_path, old, new)
    parts = {part.device: part for stage in plan.stages for part in stage.devices}
    assert set(parts) == {"leaf1", "leaf2", "leaf3", "leaf4"}
    assert [part.resets for part in parts.values() if part.resets] == []
    assert parts["leaf4"].impact == impact


def test_text_without_comments_is_no_model() -> None:
    _, models = design(DEMO)
    running = {name: replace(reported(model), raw=None) for name, model in models.items()}
    assert current_models(dict.fromkeys(running, "frr"), running) == {}


def test_what_cannot_be_read_is_named_with_its_remedy(tmp_path: Path) -> None:
    devices = FakeFabric(OLD)
    devices["leaf2"].alive = False

    async def dial(name: str) -> FakeSession:
        if name == "leaf1":
            raise LoginRefused(name, "connect", "there is no key file id", hint="check the key")
        return await devices.connect(name)

    net = replace(network(devices, open_store(str(tmp_path / "store.db"))), connect=dial)
    with pytest.raises(TemporaryError, match="leaf1: there is no key file id; leaf2: connection refused") as refused:
        run(make(net))
    assert refused.value.hint == "check the key; bring back what is down; --only leaves devices out"
