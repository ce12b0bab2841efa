"""What stands between the waves of a plan, or beside `--only`, is put to the proofs."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import change_site
import pytest
from change_fake import FakeFabric, run

from rtmctl.base import Exit, Refused
from rtmctl.change import ApplyOptions, CommitMode, Outcome, Plan, PlanOptions, apply
from rtmctl.change.ends import Step
from rtmctl.change.mixed import missing_partners, mixed_faults, stage_outages, with_mixed_states, words
from rtmctl.change.phases import phases
from rtmctl.fabric import Fabric, allocate, derive, read_lock, write_lock
from rtmctl.intent import load_site
from rtmctl.model import DeviceConfig, build_models
from rtmctl.model.types import DeviceModel, FilterRule
from rtmctl.store import open_store

SITE = """
site: test
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf[3-4]: {role: leaf, rack: r2}
tenants:
  red: {policy: flows}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h3: {rack: r2, leaf: leaf3, segment: app}
flows:
  - {from: web, to: app, protocol: tcp, ports: [443]}
"""
WAVES = (("leaf1", "leaf3"), ("leaf2", "leaf4"), ("spine1",), ("spine2",))
NO_TEXT = DeviceConfig(())
Models = dict[str, DeviceModel]


@cache
def built(text: str) -> tuple[Fabric, Models]:
    """The fabric of a text, on the lock of SITE."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for one in (SITE, text):
            (root / "site.yaml").write_text(one)
            site = load_site(root)
            write_lock(root, allocate(site, read_lock(root)))
        fabric = derive(site, read_lock(root))
        return fabric, build_models(fabric)


def steps(new: Mapping[str, DeviceModel], waves: tuple[tuple[str, ...], ...] = WAVES) -> list[tuple[str, Models]]:
    return [(" ".join(wave), {name: new[name] for name in wave}) for wave in waves]


def mutated(change: Callable[[DeviceModel], DeviceModel]) -> tuple[Fabric, Models, Models]:
    """A fabric, the models of SITE, and all of them changed."""
    fabric, old = built(SITE)
    return fabric, old, {name: change(model) for name, model in old.items()}


def another_password(model: DeviceModel) -> DeviceModel:
    return replace(
        model,
        bgp=tuple(replace(b, neighbors=tuple(replace(n, password="env:NEXT") for n in b.neighbors)) for b in model.bgp),
    )


def another_mtu(model: DeviceModel) -> DeviceModel:
    return replace(model, ports=tuple(replace(port, mtu=port.mtu - 100) for port in model.ports))


def another_target(model: DeviceModel) -> DeviceModel:
    return replace(model, vrfs=tuple(replace(vrf, route_target=f"65000:{vrf.l3vni + 1}") for vrf in model.vrfs))


def more_flows(model: DeviceModel) -> DeviceModel:
    """The flow from web to app and its answers on one more port."""

    def more(rule: FilterRule) -> FilterRule:
        def ports(now: tuple[int, ...]) -> tuple[int, ...]:
            return (*now, 8443) if now else ()

        return replace(rule, source_ports=ports(rule.source_ports), destination_ports=ports(rule.destination_ports))

    return replace(model, filters=tuple(replace(one, rules=tuple(map(more, one.rules))) for one in model.filters))


@pytest.mark.parametrize(
    ("change", "code", "last"),
    [
        (another_password, "session-mismatch", "spine1"),
        (another_mtu, "link-mismatch", "spine1"),
        (more_flows, "filter-mismatch", "leaf1 leaf3"),
        (another_target, "overlay-mismatch", "leaf1 leaf3"),
    ],
    ids=["session", "mtu", "filter halves", "route target"],
)
def test_a_state_between_waves_that_fails_a_proof_names_the_wave(
    change: Callable[[DeviceModel], DeviceModel], code: str, last: str
) -> None:
    fabric, old, new = mutated(change)
    found = mixed_faults(fabric, old, steps(new)[:-1])
    assert found[0].after == "leaf1 leaf3"
    assert found[-1].after == last
    assert all(text.startswith(code) for fault in found for text in fault.findings)


def test_a_harmless_change_leaves_every_state_sound() -> None:
    more = SITE.replace("hosts:", "  ops: {tenant: red, vlan: 30, subnets: [10.9.30.0/24], racks: [r1]}\nhosts:")
    fabric, new = built(more)
    _, old = built(SITE)
    assert old["leaf1"] != new["leaf1"]
    assert mixed_faults(fabric, old, steps(new)) == ()


def test_what_fails_today_is_not_the_plans_doing() -> None:
    fabric, old, new = mutated(another_password)
    broken = old | {"spine2": another_mtu(old["spine2"])}
    (fault,) = mixed_faults(fabric, broken, steps(old, (("leaf1",),)) + steps(new, (("leaf2",),)))
    assert fault.after == "leaf2"
    assert not any("MTU" in text for text in fault.findings)


@pytest.mark.parametrize(
    ("change", "only", "add"),
    [
        (another_password, ("leaf1",), ("leaf2", "leaf3", "leaf4", "spine1", "spine2")),
        (more_flows, ("leaf1",), ("leaf2", "leaf3", "leaf4")),
        (another_target, ("leaf2", "leaf4"), ("leaf1", "leaf3")),
    ],
    ids=["session", "filter halves", "route target"],
)
def test_only_names_what_must_change_too(
    change: Callable[[DeviceModel], DeviceModel], only: tuple[str, ...], add: tuple[str, ...]
) -> None:
    fabric, old, new = mutated(change)
    findings, found = missing_partners(fabric, old, new, only)
    assert findings
    assert found == add
    assert missing_partners(fabric, old, new, (*only, *add)) == ((), ())


def test_one_link_needs_its_other_end_alone() -> None:
    fabric, old = built(SITE)
    new = dict(old)
    for name, far in (("leaf1", "spine1"), ("spine1", "leaf1")):
        ports = tuple(replace(p, mtu=9000) if p.peer_device == far else p for p in old[name].ports)
        new[name] = replace(old[name], ports=ports)
    new["leaf4"] = replace(old["leaf4"], neighbor_table=16384)
    findings, add = missing_partners(fabric, old, new, ("leaf1",))
    assert "MTU" in findings[0]
    assert add == ("spine1",)


def test_no_addition_helps_where_the_new_state_itself_is_wrong() -> None:
    fabric, old = built(SITE)
    new = old | {"leaf1": another_mtu(old["leaf1"])}
    findings, add = missing_partners(fabric, old, new, ("leaf1",))
    assert findings
    assert add == ()


def test_names_are_found_in_sentences() -> None:
    assert {"leaf1", "leaf2", "swp1"} <= words("leaf1 swp1: is cabled to leaf2, (not 'leaf3')")


def judged(options: PlanOptions, unread: tuple[str, ...] = (), opaque: str = "") -> Plan:
    """A plan that gives every session another password, and what it leads to."""
    old = build_models(change_site.fabric())
    new = {name: another_password(model) for name, model in old.items()}
    plan = change_site.plan_for(FakeFabric(change_site.OLD), options=options)
    return with_mixed_states(
        plan,
        change_site.fabric(),
        {name: model for name, model in old.items() if name not in unread},
        {name: model for name, model in new.items() if name != opaque},
        carrying=set(old),
        unread=unread,
    )


def test_commit_by_wave_is_refused_with_the_wave_named(tmp_path: Path) -> None:
    plan = judged(PlanOptions(made_by="ann@desk"))
    assert plan.mixed[0].startswith("after wave leafs 1/2: session-mismatch: ")
    assert plan.outages == ()
    devices, store = FakeFabric(change_site.OLD), open_store(str(tmp_path / "a.db"))
    with pytest.raises(Refused, match="after wave leafs 1/2") as refused:
        run(apply(plan, devices.connect, store, options=ApplyOptions(commit=CommitMode.WAVE)))
    assert refused.value.exit is Exit.REFUSED
    assert store.changes("test") == ()
    assert run(apply(plan, devices.connect, store)).outcome is Outcome.CONFIRMED, "all waves together pass"


def test_only_one_end_is_refused_with_what_to_add(tmp_path: Path) -> None:
    plan = judged(PlanOptions(only=("leaf1", "spine1"), made_by="ann@desk"))
    (outage,) = plan.outages
    assert outage.startswith("with leaf1, spine1 alone changed: session-mismatch: ")
    assert outage.endswith("; add to --only: leaf2, leaf3, leaf4, spine2")
    with pytest.raises(Refused, match="add to --only"):
        run(apply(plan, FakeFabric(change_site.OLD).connect, open_store(str(tmp_path / "a.db"))))


def test_what_could_not_be_looked_at_is_said() -> None:
    plan = judged(PlanOptions(only=("leaf1",), made_by="ann@desk"), unread=("spine2",))
    assert plan.warnings[-1] == "whether what is left out fits what changes was not looked at on spine2"
    opaque = judged(PlanOptions(made_by="ann@desk"), opaque="leaf3")
    assert opaque.mixed == ("what leaf3 is to run is no model, so no state between waves is proven",)


def by_planes(new: Mapping[str, DeviceModel]) -> list[tuple[str, Models]]:
    """The states of a change to every link, as a plan makes them."""
    fabric, old = built(SITE)
    found = phases(fabric, {name: Step(NO_TEXT, NO_TEXT, old[name], new[name]) for name in old})
    return [(phase.name, dict(phase.new)) for phase in found]


def test_every_state_between_stages_is_sound() -> None:
    fabric, old, new = mutated(another_password)
    stages = by_planes(new)
    assert len(stages) == 5
    assert stage_outages(fabric, old, stages) == ()


@pytest.mark.parametrize(
    ("stage", "device", "spoil", "code"),
    [
        (1, "leaf1", lambda old, _new: old, "session-mismatch"),
        (1, "spine1", lambda _old, new: another_mtu(new), "link-mismatch"),
        (3, "leaf4", lambda _old, new: another_target(new), "overlay-mismatch"),
    ],
    ids=["a leaf was forgotten", "a spine has another MTU", "a leaf has another target"],
)
def test_a_state_between_stages_that_fails_a_proof_is_an_outage(
    stage: int, device: str, spoil: Callable[[DeviceModel, DeviceModel], DeviceModel], code: str
) -> None:
    fabric, old, new = mutated(another_password)
    stages = by_planes(new)
    name, models = stages[stage]
    stages[stage] = name, {**models, device: spoil(old[device], models[device])}
    stages[-1] = stages[-1][0], {**stages[-1][1], device: new[device]}
    first, *_ = stage_outages(fabric, old, stages)
    assert first.startswith(f"after stage {name}: {code}: ")


def test_what_fails_in_the_end_too_is_for_validate() -> None:
    fabric, old, new = mutated(another_password)
    stages = [(name, dict(models)) for name, models in by_planes(new)]
    for _, models in stages:
        models["leaf4"] = another_target(models.get("leaf4", new["leaf4"]))
    assert stage_outages(fabric, old, stages[-2:]) == ()
