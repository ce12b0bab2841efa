"""What cannot be hitless is named with its outage; what can be is put in the order that makes it so. By model pairs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from change_fake import FakeFabric, config, run
from change_site import ALL, fabric

from rtmctl.base import Refused
from rtmctl.change import ApplyOptions, Outcome, Plan, PlanOptions, Site, Surroundings, apply, make_plan
from rtmctl.change.plan_file import seal
from rtmctl.change.unmanaged import managed_note
from rtmctl.device.frr.normal import normal_form
from rtmctl.device.types import Running
from rtmctl.fabric import Fabric, allocate, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.model import DeviceModel, build_models
from rtmctl.model.drain import drained
from rtmctl.model.types import BgpInstance, EthernetPort, Neighbor
from rtmctl.render import render
from rtmctl.store import open_store

Models = dict[str, DeviceModel]
OLD = build_models(fabric())


def instance(model: DeviceModel, **changes: object) -> DeviceModel:
    """The model with other properties of its default BGP instance."""
    bgp = tuple(replace(b, **changes) if b.vrf == "default" else b for b in model.bgp)  # type: ignore[arg-type]
    return replace(model, bgp=bgp)


def sessions(model: DeviceModel, change: Callable[[Neighbor], Neighbor]) -> DeviceModel:
    default: BgpInstance = next(b for b in model.bgp if b.vrf == "default")
    return instance(model, neighbors=tuple(change(n) for n in default.neighbors))


def with_asn(name: str, asn: int) -> Models:
    """One device under another AS, and everybody told."""

    def told(neighbor: Neighbor) -> Neighbor:
        return replace(neighbor, remote_asn=asn) if neighbor.remote_device == name else neighbor

    renumbered = replace(instance(OLD[name], asn=asn), asn=asn)
    return {other: sessions(renumbered if other == name else model, told) for other, model in OLD.items()}


def with_passwords(*spines: str) -> Models:
    """A password on every link of these spines, at both ends."""

    def ended(name: str) -> Callable[[Neighbor], Neighbor]:
        return lambda n: replace(n, password="env:PW") if {name, n.remote_device} & set(spines) else n

    return {name: sessions(model, ended(name)) for name, model in OLD.items()}


def with_vtep(name: str) -> Models:
    model = OLD[name]
    loopbacks = tuple(
        replace(x, addresses=tuple(i for i in x.addresses if i.ip != model.vtep)) for x in model.loopbacks
    )
    return {**OLD, name: replace(model, vtep=ip_address("10.255.7.250"), loopbacks=loopbacks)}


def slower_ports() -> Models:
    def port(p: EthernetPort) -> EthernetPort:
        return replace(p, mtu=p.mtu - 100)

    return {name: replace(m, ports=tuple(port(p) for p in m.ports)) for name, m in OLD.items()}


def plan(new: Mapping[str, DeviceModel], *, by_text: bool = False, idle: tuple[str, ...] = ()) -> Plan:
    return plan_between(fabric(), OLD, new, by_text=by_text, idle=idle)


def plan_between(
    found: Fabric,
    old: Mapping[str, DeviceModel],
    new: Mapping[str, DeviceModel],
    *,
    by_text: bool = False,
    idle: tuple[str, ...] = (),
    version: str = "10.3",
    drains: tuple[str, ...] = (),
) -> Plan:
    texts = {name: normal_form(render(model)) for name, model in old.items()}
    return make_plan(
        "test",
        found,
        new,
        {name: render(model) for name, model in new.items()},
        {name: Running(text, text.hash(), version) for name, text in texts.items()},
        surroundings=Surroundings(
            current={} if by_text else old,
            idle=idle,
            managed={name: managed_note(render(model)) for name, model in old.items()},
            drain_targets={name: render(model) for name, model in new.items()},
            write=render,
            drain_notes=dict.fromkeys(drains, '{"by": "ann"}'),
        ),
        options=PlanOptions(made_by="ann"),
        normalise=lambda _device, config: normal_form(config),
        now=lambda: 1.0,
    )


@pytest.mark.parametrize("by_text", [False, True], ids=["models", "texts"])
def test_a_leaf_whose_as_changes_loses_every_uplink(by_text: bool) -> None:
    made = plan(with_asn("leaf1", 4200009999), by_text=by_text)
    assert len(made.outages) == 1
    assert "at both ends of 2 links: leaf1 lose every uplink" in made.outages[0]
    assert [wave.devices for wave in made.stages[0].waves] == [("leaf1", "spine1", "spine2")]


def test_one_plane_is_changed_at_both_ends_without_an_outage_the_spine_first() -> None:
    """By texts; by models it is drained through a stage of its own."""
    made = plan(with_passwords("spine1"), by_text=True)
    assert made.outages == ()
    assert made.stages[0].waves[0].devices == ("spine1",)
    assert [wave.devices for wave in made.stages[0].waves[1:]] == [("leaf1", "leaf3"), ("leaf2", "leaf4")]
    spine = made.stages[0].device("spine1")
    assert spine.drain is not None
    assert {far for _, far in spine.waits} == {"leaf1", "leaf2", "leaf3", "leaf4"}


def test_all_planes_at_both_ends_are_an_outage_and_change_at_once() -> None:
    """Where what runs is no model, nothing between old and new can be made."""
    made = plan(with_passwords("spine1", "spine2"), by_text=True)
    assert "at both ends of 8 links" in made.outages[0]
    assert [wave.devices for wave in made.stages[0].waves] == [ALL]


def test_nothing_that_comes_back_by_itself_is_an_outage() -> None:
    assert plan(slower_ports()).outages == ()
    assert plan(with_vtep("leaf1")).outages == (), "no host hangs on it alone"
    assert plan(with_asn("leaf1", 4200009999), idle=tuple(ALL)).outages == ()


def test_an_outage_wants_to_be_accepted_and_pending_sessions_are_no_illness(tmp_path: Path) -> None:
    """Applied in memory: after the spine's wave its session is down until the leaf has changed too."""
    old = {name: f"hostname {name}\n swp1 old\n" for name in ALL}
    new = {name: text.replace("old", "new") for name, text in old.items()}

    async def go(waits: bool) -> Outcome:
        devices = FakeFabric(old)
        running = {n: Running(config(d.text), d.hash, "8.4.4") for n, d in devices.devices.items()}
        made = make_plan("test", fabric(), {}, {n: config(t) for n, t in new.items()}, running, now=lambda: 1.0)
        stage = made.stages[0]
        if waits:
            far = {"spine1": "leaf1", "leaf1": "spine1"}
            waiting = {name: (("default swp1", other),) for name, other in far.items()}
            parts = tuple(replace(p, waits=waiting.get(p.device, ())) for p in stage.devices)
            stage = replace(stage, devices=parts)
        made = seal(replace(made, stages=(stage,)))

        def same(_text: str) -> bool:
            return devices["spine1"].text.split()[2:] == devices["leaf1"].text.split()[2:]

        devices["spine1"].healthy = devices["leaf1"].healthy = same
        store = open_store(str(tmp_path / f"{waits}.db"))
        result = await apply(made, devices.connect, store, site=Site(), options=ApplyOptions(accept_outage=True))
        return result.outcome

    assert run(go(True)) is Outcome.CONFIRMED
    assert run(go(False)) is Outcome.REVERTED
    refused = plan(with_asn("leaf1", 4200009999))
    with pytest.raises(Refused, match="lose every uplink"):
        run(apply(refused, FakeFabric(old).connect, open_store(str(tmp_path / "c.db"))))


HOSTED = """
site: test
{more}switches:
  spine[1-2]: {{role: spine}}
  leaf[1-2]: {{role: leaf, rack: r1}}
tenants:
  red: {{}}
segments:
  web: {{tenant: red, vlan: 10, subnets: [10.9.10.0/24]}}
hosts:
  h1: {{rack: r1, leaf: leaf1, segment: web}}
"""
PAIRS = [
    ("fabric: {underlay: numbered}\n", "at both ends of 4 links: leaf1, leaf2 lose every uplink"),
    ("fabric: {overlay: ibgp-rr}\n", "the overlay moves to other sessions on leaf1, leaf2, spine1, spine2"),
]


def hosted(folder: Path, more: str, *, tenants: bool = True) -> tuple[Fabric, Models]:
    """The fabric with one host, or with switches alone."""
    folder.mkdir()
    text = HOSTED if tenants else HOSTED[: HOSTED.index("tenants:")]
    (folder / "site.yaml").write_text(text.format(more=more))
    site = load_site(folder)
    found = derive(site, allocate(site, read_lock(folder)))
    return found, build_models(found)


@pytest.mark.parametrize(("more", "said"), PAIRS, ids=["underlay numbering", "overlay form"])
def test_a_new_form_of_the_fabric_is_an_outage_where_what_runs_is_no_model(
    tmp_path: Path, more: str, said: str
) -> None:
    _, old = hosted(tmp_path / "old", "", tenants="ibgp" not in more)
    new_fabric, new = hosted(tmp_path / "new", more, tenants="ibgp" not in more)
    made = plan_between(new_fabric, old, new, by_text=True)
    assert any(said in outage for outage in made.outages), made.outages
    assert [wave.devices for wave in made.stages[0].waves] == [("leaf1", "leaf2", "spine1", "spine2")]
    assert all(part.drain is None for part in made.stages[0].devices)


def test_a_host_that_hangs_on_one_leaf_is_named(tmp_path: Path) -> None:
    found, old = hosted(tmp_path / "old", "")
    model = old["leaf1"]
    moved = replace(model, vtep=ip_address("10.255.7.250"))
    made = plan_between(found, old, {**old, "leaf1": moved})
    assert len(made.outages) == 1
    assert made.outages[0].startswith("leaf1: its VTEP changes from ")
    assert "h1 (access, on leaf1 alone)" in made.outages[0]
    restarted = instance(model, graceful_restart=not model.bgp[0].graceful_restart)
    made = plan_between(found, old, {**old, "leaf1": restarted})
    assert made.outages == (
        "leaf1: every uplink's session is reset at once; cut meanwhile: h1 (access, on leaf1 alone)",
    )
    assert made.stages[0].device("leaf1").drain is None, "draining moves none of its traffic"


@pytest.mark.parametrize("version", ["8.4.4", "10.3"])
@pytest.mark.parametrize("drains", [True, False], ids=["drained", "reset"])
def test_frr_that_forgets_router_macs_loses_no_spine_unasked(tmp_path: Path, version: str, drains: bool) -> None:
    found, old = hosted(tmp_path / "old", "")
    spine = old["spine1"]
    moved = drained(spine) if drains else instance(spine, graceful_restart=not spine.bgp[0].graceful_restart)
    devices = ("spine1",) if drains else ()
    made = plan_between(found, old, {**old, "spine1": moved}, version=version, drains=devices)
    why = "traffic leaves it" if drains else "its sessions are reset"
    said = f"spine1: {why}, and leaf1, leaf2 may forget the router MACs of each other's VRFs (FRR 8.4.4; issue 10298"
    assert [text.startswith(said) for text in made.outages] == [True] * (version == "8.4.4")


def test_what_comes_back_to_a_spine_and_fabrics_without_vrfs_forget_nothing(tmp_path: Path) -> None:
    found, old = hosted(tmp_path / "old", "")
    back = plan_between(found, {**old, "spine1": drained(old["spine1"])}, old, version="8.4.4")
    assert back.devices == ("spine1",) and back.outages == ()
    restarted = instance(OLD["spine1"], graceful_restart=not OLD["spine1"].bgp[0].graceful_restart)
    without = plan_between(fabric(), OLD, {**OLD, "spine1": restarted}, version="8.4.4")
    assert without.stages[0].device("spine1").resets and without.outages == ()


@pytest.mark.parametrize("by_text", [False, True], ids=["models", "texts"])
@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
def test_a_vrf_whose_as_would_change_is_refused_before_anything_is_touched(
    tmp_path: Path, back: bool, by_text: bool
) -> None:
    found, old = hosted(tmp_path / "old", "")
    _, new = hosted(tmp_path / "new", "fabric: {overlay: ibgp-rr}\n")
    pair = (new, old) if back else (old, new)
    with pytest.raises(Refused) as refused:
        plan_between(found, *pair, by_text=by_text)
    said = "the AS of BGP in VRF red changes, which FRR refuses while the VRF has an L3 VNI"
    assert refused.value.message == f"leaf1: {said}; leaf2: {said}"
    assert plan_between(found, pair[0], {n: m for n, m in pair[1].items() if n not in ("leaf1", "leaf2")}).devices


def test_a_vrf_that_goes_or_comes_changes_no_as(tmp_path: Path) -> None:
    found, old = hosted(tmp_path / "old", "")
    _, new = hosted(tmp_path / "new", "fabric: {overlay: ibgp-rr}\n", tenants=False)
    assert {"leaf1", "leaf2"} <= set(plan_between(found, old, new).devices)
    assert {"leaf1", "leaf2"} <= set(plan_between(found, new, old).devices)
