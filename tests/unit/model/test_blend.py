"""Models on the way: what faces whom moves, and a drained model is what the builder would have made."""

from dataclasses import replace
from pathlib import Path

import pytest

from rtmctl.fabric import Fabric, allocate, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.model import DeviceModel, build_models
from rtmctl.model.blend import blend, default_instance
from rtmctl.model.drain import drained
from rtmctl.model.types import Action
from rtmctl.render import render
from rtmctl.render.frr import parse

INVENTORIES = Path(__file__).parents[3] / "inventories"
SITE = """
site: test
fabric: {{underlay: {underlay}, overlay: {overlay}}}
switches:
  spine[1-3]: {{role: spine}}
  leaf[1-2]: {{role: leaf, rack: r1}}
tenants:
  red: {{}}
segments:
  web: {{tenant: red, vlan: 10, subnets: [10.9.10.0/24]}}
hosts:
  k1: {{rack: r1, attachment: routed, tenant: red, services: [10.9.99.1/32]}}
"""


def fabric_at(folder: Path) -> Fabric:
    site = load_site(folder)
    return derive(site, allocate(site, read_lock(folder)))


def fabric(folder: Path, underlay: str = "unnumbered", overlay: str = "ebgp-direct") -> Fabric:
    (folder / "site.yaml").write_text(SITE.format(underlay=underlay, overlay=overlay))
    return fabric_at(folder)


def sessions(model: DeviceModel) -> dict[str, str | None]:
    instance = default_instance(model)
    assert instance is not None
    return {neighbor.name: neighbor.remote_device for neighbor in instance.neighbors}


@pytest.mark.parametrize("overlay", ["ebgp-direct", "ebgp-multihop", "ibgp-rr"])
def test_a_drained_model_is_what_is_built_drained(tmp_path: Path, overlay: str) -> None:
    found = fabric(tmp_path, overlay=overlay)
    everybody = frozenset(device.name for device in found.devices)
    plain, asked = build_models(found), build_models(found, everybody)
    assert {name: drained(model) for name, model in plain.items()} == asked
    assert {name: drained(model) for name, model in asked.items()} == asked, "twice is once"


@pytest.mark.parametrize("name", sorted(path.name for path in INVENTORIES.iterdir() if path.is_dir()))
def test_drained_models_of_the_example_sites(name: str) -> None:
    found = fabric_at(INVENTORIES / name)
    everybody = frozenset(device.name for device in found.devices)
    assert {n: drained(model) for n, model in build_models(found).items()} == build_models(found, everybody)


def test_a_leaf_moves_plane_by_plane(tmp_path: Path) -> None:
    old, new = (build_models(fabric(tmp_path, underlay))["leaf1"] for underlay in ("unnumbered", "numbered"))
    half = blend(old, new, {"spine2", "spine3"})
    far = {peer: name for name, peer in sessions(half).items()}
    was, will = ({peer: name for name, peer in sessions(model).items()} for model in (old, new))
    assert far == {"spine1": will["spine1"], "spine2": was["spine2"], "spine3": was["spine3"]}
    addresses = {port.peer_device: port.addresses for port in half.ports if port.peer_device in far}
    assert addresses["spine1"] and not addresses["spine2"] and not addresses["spine3"]
    assert blend(old, new, ()) == new
    assert sessions(blend(old, new, {"spine1", "spine2", "spine3"})) == sessions(old)
    assert parse(render(half)) == half, "what stands on the way is a model like any other"


def test_nothing_passes_between_planes_with_two_ases(tmp_path: Path) -> None:
    old = build_models(fabric(tmp_path))["leaf1"]
    asn = old.asn
    new = replace(
        old,
        policies=tuple(
            replace(p, terms=tuple(replace(t, match_learnt_from=asn) if t.match_learnt_from else t for t in p.terms))
            for p in old.policies
        ),
    )
    half = blend(old, new, {"spine2"})
    denied = {
        term.match_learnt_from
        for policy in half.policies
        if policy.name == "EVPN-OUT"
        for term in policy.terms
        if term.action is Action.DENY
    }
    assert len(denied) == 2 and asn in denied


def test_two_devices_do_not_blend(tmp_path: Path) -> None:
    models = build_models(fabric(tmp_path))
    with pytest.raises(ValueError, match="two devices"):
        blend(models["leaf1"], models["leaf2"], {"spine1"})
