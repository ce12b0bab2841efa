"""Plans: what they hold, in which order they change things, and that nobody can edit one."""

import json
import os
from collections import Counter
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from change_fake import FakeFabric, config
from change_site import ALL, LEAFS, NEW, OLD, fabric, plan_for
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rtmctl.base import PermanentError
from rtmctl.change import PlanOptions, Surroundings, Wave, WaveOptions, plan_from_json, plan_to_json, read_plan
from rtmctl.change.impact import text_resets
from rtmctl.change.plan_file import MAX_BYTES, seal
from rtmctl.change.secrets import changed_secrets, fill, references, secret_uses
from rtmctl.change.waves import partners, plan_waves
from rtmctl.model.config import DeviceConfig
from rtmctl.show.plan import print_plan


def test_a_plan_survives_its_json() -> None:
    plan = plan_for(FakeFabric(OLD))
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan.devices == ALL


@pytest.mark.parametrize("edit", ["target", "pre_hash", "waves"])
def test_an_edited_plan_is_refused(edit: str) -> None:
    body = json.loads(plan_to_json(plan_for(FakeFabric(OLD))))
    stage = body["stages"][0]
    if edit == "waves":
        stage["waves"].reverse()
    elif edit == "pre_hash":
        stage["devices"][0]["pre_hash"] = "0" * 64
    else:
        stage["devices"][0]["target"]["sections"][0][1] += " evil\n"
    with pytest.raises(PermanentError, match="edited"):
        plan_from_json(json.dumps(body))


@pytest.mark.parametrize(
    ("text", "said"), [("", "no JSON"), ("[]", "no JSON"), ('{"version": 99}', "version 99"), ("{}", "not a plan")]
)
def test_what_is_no_plan(text: str, said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        plan_from_json(text, "p.json")


@pytest.mark.parametrize("wave", [("leaf1", "nobody"), ("leaf1", "leaf1"), ()], ids=["unknown", "twice", "missing"])
def test_waves_that_are_not_the_devices_are_refused(wave: tuple[str, ...]) -> None:
    """Anybody can compute a digest."""
    plan = plan_for(FakeFabric({**NEW, "leaf1": OLD["leaf1"]}))
    (stage,) = plan.stages
    torn = seal(replace(plan, stages=(replace(stage, waves=(Wave("leafs", wave),)),)))
    with pytest.raises(PermanentError, match=r"p\.json is not a plan: the waves of stage all"):
        plan_from_json(plan_to_json(torn), "p.json")


@pytest.mark.parametrize("path", ["/dev/zero", "pipe", "huge", "/", "missing"])
def test_what_is_no_plan_file(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(PermanentError, match="cannot be read: "):
        read_plan(tmp_path / path)


def test_devices_that_run_their_target_are_left_alone() -> None:
    plan = plan_for(FakeFabric({**NEW, "leaf2": OLD["leaf2"]}))
    assert plan.devices == ("leaf2",)
    assert len(plan.unchanged) == 5
    assert plan_for(FakeFabric(NEW)).empty


def test_only_names_known_devices() -> None:
    plan = plan_for(FakeFabric(OLD), options=PlanOptions(only=("leaf1",), made_by="ann"))
    assert (plan.devices, len(plan.left_out)) == (("leaf1",), 5)
    with pytest.raises(PermanentError, match="leaf9"):
        plan_for(FakeFabric(OLD), options=PlanOptions(only=("leaf9",)))


def test_a_plan_warns_of_what_was_rolled_back() -> None:
    again = Surroundings(redoes={config(NEW["leaf1"]).hash()})
    assert plan_for(FakeFabric(OLD), surroundings=again).warnings == (
        "leaf1: this target was applied and rolled back before",
    )


WAVES = [
    (ALL, (), WaveOptions(), [("leaf1", "leaf3"), ("leaf2", "leaf4"), ("spine1",), ("spine2",)]),
    (("leaf2", "leaf3"), (), WaveOptions(), [("leaf2", "leaf3")]),
    (ALL, ALL, WaveOptions(), [ALL]),
    (ALL, ("leaf1", "leaf2"), WaveOptions(), [("leaf1", "leaf2"), ("leaf3",), ("leaf4",), ("spine1",), ("spine2",)]),
    (LEAFS, (), WaveOptions(canary=("leaf4",)), [("leaf4",), ("leaf1", "leaf3"), ("leaf2",)]),
    (LEAFS, (), WaveOptions(max_unavailable=1), [("leaf1",), ("leaf3",), ("leaf2",), ("leaf4",)]),
]


@pytest.mark.parametrize(("changing", "idle", "options", "expected"), WAVES)
def test_waves(
    changing: tuple[str, ...], idle: tuple[str, ...], options: WaveOptions, expected: list[tuple[str, ...]]
) -> None:
    assert [wave.devices for wave in plan_waves(fabric(), changing, idle, options)] == expected


@given(st.integers(1, 4), st.integers(1, 6), st.data())
def test_redundant_devices_never_change_together(spines: int, racks: int, data: st.DataObject) -> None:
    site = fabric(spines, racks)
    names = [device.name for device in site.devices]
    changing = data.draw(st.sets(st.sampled_from(names), min_size=1))
    idle = data.draw(st.sets(st.sampled_from(names)))
    waves = plan_waves(site, changing, idle)
    assert Counter(name for wave in waves for name in wave.devices) == Counter(changing)
    for wave in waves:
        for name in wave.devices:
            if name not in idle:
                assert not set(partners(site, name)) & set(wave.devices)


def test_secrets_are_references_until_they_are_filled_in() -> None:
    target = DeviceConfig.of({"frr": " neighbor a password {{secret:env:PW}}\n"})
    assert references(target) == ("env:PW",)
    assert fill(target, lambda _ref: "hunter2").get("frr") == " neighbor a password hunter2\n"
    uses = secret_uses(["env:PW"], lambda _ref: "hunter2", b"key")
    assert "hunter2" not in repr(uses)
    assert changed_secrets(uses, lambda _ref: "hunter2", b"key") == ()
    assert changed_secrets(uses, lambda _ref: "other", b"key") == ("env:PW",)
    assert changed_secrets(uses, lambda _ref: "other", b"another machine's") == ()


RESETS = [
    ("router bgp 1\n neighbor a remote-as 2\n", "router bgp 1\n neighbor a remote-as 3\n", True),
    ("router bgp 1\n neighbor a remote-as 2\n", "router bgp 9\n neighbor a remote-as 2\n", True),
    ("router bgp 1\n neighbor a bfd\n", "router bgp 1\n neighbor a bfd\n neighbor b bfd\n", False),
    ("route-map A permit 1\n", "route-map A permit 2\n", False),
]


@pytest.mark.parametrize(("before", "after", "resets"), RESETS)
def test_resets_as_the_text_shows_them(before: str, after: str, resets: bool) -> None:
    assert bool(text_resets(config(before), config(after))) is resets


def test_an_equal_diff_is_shown_once() -> None:
    same = dict.fromkeys(ALL, "hostname x\n old\n")
    console = Console(width=120, record=True, file=StringIO())
    print_plan(plan_for(FakeFabric(same), dict.fromkeys(ALL, "hostname x\n new\n")), console, label="lab x")
    text = console.export_text()
    assert text.count("+ new") == 1
    assert "the same on 6 devices" in text
    assert "wave 1/4 leafs 1/2: leaf1, leaf3" in text
    assert "6 devices of lab x to change, 0 as they should be" in text
