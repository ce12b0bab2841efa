"""`parse(render(model)) == model`, and garbage is refused by its line."""

from dataclasses import replace

import pytest
from hypothesis import given
from models import border
from sites import NAMES, models
from strategies import device_models

from rtmctl.fabric.types import BridgeForm
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
from rtmctl.render.frr import normalise, parse


@pytest.mark.parametrize("site", NAMES)
def test_sites_come_back(site: str) -> None:
    for model in models(site).values():
        assert parse(render(model)) == model


@pytest.mark.parametrize("form", BridgeForm)
def test_everything_comes_back(form: BridgeForm) -> None:
    assert parse(render(border(form))) == border(form)


@given(device_models())
def test_any_model_comes_back(model: DeviceModel) -> None:
    config = render(model)
    assert parse(config) == model
    assert render(parse(config)) == config
    assert normalise(config.get("frr")) == config.get("frr")


def test_one_text_form_comes_back() -> None:
    assert parse(DeviceConfig.from_text(render(border()).to_text())) == border()


GARBAGE = [
    ("frr", " bgp router-id 10.255.0.1", " bgp router-id 10.255.0.1\n bgp confederation identifier 7", "confederation"),
    ("frr", "route-map OUT permit 20", "route-map OUT maybe 20", "maybe"),
    ("frr", "  maximum-paths 8\n", "  maximum-paths many\n", "many"),
    ("frr", "ip prefix-list ANY seq 5 permit any", "ip prefix-list ANY seq 5 permit 10.0.0.300/8", "10.0.0.300/8"),
    ("frr", " profile slow", "    profile slow", "indented"),
    ("interfaces", "vxlan-id 100010", "vxlan-id ten", "ten"),
    ("interfaces", "    bridge-stp off", "    bridge-stp off\n    up rm -r /", "rm -r /"),
    ("interfaces", "address 10.1.10.1/24", "address 10.1.10.1.1/24", "10.1.10.1.1"),
    ("interfaces", "# model: port kind=management", "# model: port kind=odd", "eth0"),
    ("nftables", "tcp dport { 80, 443 } counter", "tcp dport http counter", "http"),
]


@pytest.mark.parametrize(("section", "good", "bad", "named"), GARBAGE, ids=[case[3] for case in GARBAGE])
def test_garbage_is_refused_by_its_line(section: str, good: str, bad: str, named: str) -> None:
    config = render(border())
    text = config.get(section)
    assert good in text
    broken = text.replace(good, bad, 1)
    with pytest.raises(ValueError, match=rf"^{section}:\d+: ") as refused:
        parse(config.replace(section, broken))
    line = int(str(refused.value).split(":")[1])
    near = "\n".join(broken.splitlines()[line - 1 : line + 1])
    assert named in str(refused.value) or named in near


@pytest.mark.parametrize("section", ["frr", "interfaces", "sysctl"])
def test_an_empty_section_is_refused(section: str) -> None:
    with pytest.raises(ValueError, match=f"^{section}:"):
        parse(render(border()).replace(section, ""))


def test_a_changed_line_is_a_changed_model() -> None:
    config = render(border())
    text = config.get("frr").replace("neighbor 192.0.2.2 ebgp-multihop 3", "neighbor 192.0.2.2 ebgp-multihop 4")
    assert parse(config.replace("frr", text)) != border()
    assert replace(border(), drained=False) != border()
