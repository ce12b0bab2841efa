"""A change to both ends of the fabric's links, plane by plane: what the plan says, and what becomes of it."""

import functools
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from change_fake import FakeFabric, Killed, Process, config, run, settle
from change_site import ALL, LEAFS, NEW, OLD, plan_for
from test_change_kill import KillingJournal
from test_change_outages import OLD as MODELS
from test_change_outages import Models, hosted, plan, plan_between, with_asn, with_passwords

from rtmctl.base import Exit, Refused
from rtmctl.change import ApplyOptions, CommitMode, Outcome, Plan, Stage, Timing, Wave, apply, recover
from rtmctl.change.advance import undo_order
from rtmctl.change.journal import Entry
from rtmctl.change.plan_file import plan_from_json, plan_to_json, seal
from rtmctl.device.frr.normal import normal_form
from rtmctl.model.blend import default_instance
from rtmctl.model.config import DeviceConfig
from rtmctl.render import render
from rtmctl.store import open_store

SPINES = ("spine1", "spine2")
TIMING = Timing(window_s=5, stagger_s=2, lease_ttl_s=6, step_timeout_s=3, commit_timeout_s=5)


def after(made: Plan, old: Models) -> Iterator[tuple[str, dict[str, DeviceConfig]]]:
    """What every device runs after each wave, in normal form."""
    runs = {name: normal_form(render(model)) for name, model in old.items()}
    for stage in made.stages:
        for wave in stage.waves:
            for name in wave.devices:
                assert stage.device(name).before == runs[name], "each stage begins where the last one ended"
                runs[name] = normal_form(stage.device(name).target)
            yield f"{stage.name}: {wave.name}", dict(runs)


def test_the_waves_of_a_change_to_every_link() -> None:
    made = plan(with_passwords(*SPINES))
    assert made.outages == ()
    leafs = [("leaf1", "leaf3"), ("leaf2", "leaf4")]
    assert [[wave.devices for wave in stage.waves] for stage in made.stages] == [
        [("spine1",)],
        [("spine1",), *leafs],
        [("spine1",), ("spine2",)],
        [("spine2",), *leafs],
        [("spine2",)],
    ]
    assert [stage.name for stage in made.stages][:2] == ["drain spine1", "plane 1, the links of spine1"]
    assert {(stage.name, p.device) for stage in made.stages for p in stage.devices if p.leaves} == {
        ("drain spine1", "spine1"),
        ("undrain spine1, then drain spine2", "spine2"),
    }
    assert all(part.drain is None for stage in made.stages for part in stage.devices)
    assert plan_from_json(plan_to_json(made)) == made


def test_every_leaf_keeps_a_plane_whose_ends_agree_and_is_not_drained() -> None:
    """Told from the very texts: a leaf's and a spine's line of one link agree, and the spine announces no GSHUT."""
    new = with_passwords(*SPINES)
    made = plan(new)
    links = {
        (leaf, far): (near.name, back.name)
        for leaf in LEAFS
        if (mine := default_instance(MODELS[leaf])) is not None
        for near in mine.neighbors
        for far in [near.remote_device]
        if far in SPINES and (theirs := default_instance(MODELS[far])) is not None
        for back in theirs.neighbors
        if back.remote_device == leaf
    }
    assert len(links) == 8

    def has(text: DeviceConfig, session: str) -> bool:
        return f"neighbor {session} password" in text.get("frr")

    steps = 0
    for when, runs in after(made, MODELS):
        steps += 1
        for leaf in LEAFS:
            good = [
                spine
                for spine in SPINES
                if has(runs[leaf], links[leaf, spine][0]) == has(runs[spine], links[leaf, spine][1])
                and "graceful-shutdown additive" not in runs[spine].get("frr")
            ]
            assert good, f"{leaf} has no plane after {when}"
    assert steps == 10
    assert runs == {name: normal_form(render(model)) for name, model in new.items()}, "and ends as the site says"


@pytest.mark.parametrize(
    ("was", "will"),
    [
        ("", "fabric: {underlay: numbered}\n"),
        ("fabric: {underlay: numbered}\n", ""),
        ("", "fabric: {overlay: ebgp-multihop}\n"),
        ("fabric: {overlay: ebgp-multihop}\n", ""),
        ("", "fabric: {overlay: ibgp-rr}\n"),
        ("fabric: {overlay: ibgp-rr}\n", ""),
        ("fabric: {overlay: ebgp-multihop}\n", "fabric: {overlay: ibgp-rr}\n"),
        ("", "fabric: {underlay: numbered, overlay: ebgp-multihop}\n"),
    ],
)
def test_another_form_of_the_fabric_is_reached_in_stages(tmp_path: Path, was: str, will: str) -> None:
    tenants = "ibgp" not in was + will  # with one FRR does not do it, and the plan says so
    _, old = hosted(tmp_path / "old", was, tenants=tenants)
    found, new = hosted(tmp_path / "new", will, tenants=tenants)
    made = plan_between(found, old, new)
    assert len(made.stages) > 1
    assert all("reset at once; cut meanwhile: h1 (access" in outage for outage in made.outages), made.outages
    *_, (_, last) = after(made, old)
    assert last == {name: normal_form(render(model)) for name, model in new.items()}
    for stage in made.stages:
        for wave in stage.waves:
            assert not set(SPINES) <= set(wave.devices) and not {"leaf1", "leaf2"} <= set(wave.devices), wave


def test_what_no_plane_can_do_alone_is_done_at_once() -> None:
    made = plan(with_asn("leaf1", 4200009999))
    assert len(made.stages) == 1 and made.outages


def test_frr_that_forgets_router_macs_is_changed_at_once(tmp_path: Path) -> None:
    _, old = hosted(tmp_path / "old", "")
    found, new = hosted(tmp_path / "new", "fabric: {underlay: numbered}\n")
    made = plan_between(found, old, new, version="8.4.4")
    assert len(made.stages) == 1 and "at both ends of 4 links" in made.outages[0]


def test_a_segment_beside_it_goes_first(tmp_path: Path) -> None:
    _, old = hosted(tmp_path / "old", "")
    found, new = hosted(tmp_path / "new", "fabric: {underlay: numbered, mtu: {host: 1400}}\n")
    made = plan_between(found, old, new)
    assert made.stages[0].name == "what faces no plane"
    assert {part.device for part in made.stages[0].devices} <= {"leaf1", "leaf2"}
    assert made.stages[1].name == "drain spine1"


def test_sessions_of_a_plane_are_looked_for_under_their_new_names(tmp_path: Path) -> None:
    _, old = hosted(tmp_path / "old", "")
    found, new = hosted(tmp_path / "new", "fabric: {underlay: numbered}\n")
    part = plan_between(found, old, new).stages[1].device("leaf1")
    ((comes, instead),) = part.comes
    assert part.ends == (instead,) and comes != instead
    assert [session for session, _ in part.waits] == [comes]


def staged(devices: FakeFabric) -> Plan:
    """spine1, then its leafs' half, then spine2 and the rest: texts of the fake devices."""
    one = plan_for(devices).stages[0]
    leafs = tuple(wave for wave in one.waves if set(wave.devices) & set(LEAFS))

    def part(name: str, text: str, **more: object) -> object:
        target = config(text)
        return replace(one.device(name), target=target, target_hash=target.hash(), **more)  # type: ignore[arg-type]

    half = {name: OLD[name] + " half\n" for name in LEAFS}
    stages = (
        Stage("a", (part("spine1", OLD["spine1"] + " drained\n"),), (Wave("drain", ("spine1",)),)),  # type: ignore[arg-type]
        Stage(
            "b",
            (part("spine1", NEW["spine1"]), *(part(name, half[name]) for name in LEAFS)),  # type: ignore[arg-type]
            (Wave("spines", ("spine1",)), *leafs),
        ),
        Stage(
            "c",
            (part("spine2", NEW["spine2"]), *(part(name, NEW[name]) for name in LEAFS)),  # type: ignore[arg-type]
            (Wave("spines", ("spine2",)), *leafs),
        ),
    )
    return seal(replace(plan_for(devices), stages=stages))


def test_stages_are_one_transaction(tmp_path: Path) -> None:
    devices = FakeFabric(OLD)
    made = staged(devices)
    assert undo_order(made.stages) == (("spine1",), ("spine2",), ("leaf1", "leaf3"), ("leaf2", "leaf4"))
    store = open_store(str(tmp_path / "s.db"))
    result = run(apply(made, devices.connect, store, options=ApplyOptions(timing=TIMING)))
    assert result.outcome is Outcome.CONFIRMED, result
    assert devices.texts() == NEW
    ran = [text for _, text in devices["leaf1"].history]
    assert ran == [OLD["leaf1"] + " half\n", NEW["leaf1"]]
    with pytest.raises(Refused, match="3 stages"):
        run(apply(staged(FakeFabric(OLD)), devices.connect, store, options=ApplyOptions(commit=CommitMode.WAVE)))


class Refusing:
    """A journal after whose entry for a device's commit another device refuses its own."""

    def __init__(self, devices: FakeFabric, at: str, victim: str) -> None:
        self.devices, self.at, self.victim = devices, at, victim

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        del detail
        if kind is Entry.COMMIT and device == self.at:
            self.devices[self.victim].faults["commit"] = "refuse"


@pytest.mark.parametrize("victim", ["leaf4", "spine2"])
def test_a_failure_in_the_last_stage_brings_all_back(tmp_path: Path, victim: str) -> None:
    async def go() -> Outcome:
        devices = FakeFabric(OLD)
        store = open_store(str(tmp_path / "s.db"))
        journal = Refusing(devices, "spine2", victim)
        options = ApplyOptions(timing=TIMING)
        result = await apply(staged(devices), devices.connect, store, options=options, journal=journal)
        assert devices.texts() == OLD
        assert devices["spine1"].history[-2][1] == NEW["spine1"], "it had come all the way"
        return result.outcome

    assert run(go()) is Outcome.REVERTED


@pytest.mark.parametrize("wait", [False, True], ids=["at once", "after the timers"])
def test_killed_at_every_entry_of_every_stage(tmp_path: Path, wait: bool) -> None:
    options = ApplyOptions(timing=TIMING)
    memory = Path("/dev/shm")

    async def die(devices: FakeFabric, folder: str, at: int | None) -> KillingJournal:
        process = Process()
        journal = KillingJournal(process, at)
        connect = functools.partial(devices.connect_as, process)
        try:
            await apply(staged(devices), connect, open_store(f"{folder}/a.db"), options=options, journal=journal)
        except BaseException as death:
            if not process.dead:
                raise
            assert isinstance(death, Killed | BaseExceptionGroup)
        return journal

    async def go(folder: str, at: int) -> None:
        devices = FakeFabric(OLD)
        journal = await die(devices, folder, at)
        if wait:
            await settle(devices)
        report = await recover(devices.connect, ALL, open_store(f"{folder}/b.db"), site="test", timing=TIMING)
        decided = Entry.DECIDED_COMMIT in {kind for kind, _ in journal.entries}
        assert devices.texts() == (NEW if decided else OLD), journal.entries[-1]
        assert report.exit is Exit.DONE
        await settle(devices)
        assert devices.texts() == (NEW if decided else OLD), "after the timers"

    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        whole = run(die(FakeFabric(OLD), folder, None)).entries
        assert sum(kind is Entry.COMMIT for kind, _ in whole) == 11
        for at in range(1, len(whole) + 1):
            run(go(folder, at))
