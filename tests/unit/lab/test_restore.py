"""A lab's form read back: the production form it stands for, and so the model."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtmctl.device.frr.normal import normal_form
from rtmctl.fabric.types import BridgeForm
from rtmctl.lab.features import ALL, Features
from rtmctl.lab.substitute import adapt, restore
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
from rtmctl.render.frr import parse
from tests.unit.render.models import border
from tests.unit.render.strategies import device_models

FEATURES = st.builds(Features, *([st.booleans()] * len(fields(Features))))
NOTHING = Features(*([False] * len(fields(Features))))


def told(config: DeviceConfig) -> DeviceConfig:
    """As a device tells it (`Running.raw`): files with their comments, FRR in normal form, the kernel's sysctl."""
    normal = normal_form(config)
    return config.replace("frr", normal.get("frr")).replace("sysctl", normal.get("sysctl"))


@settings(max_examples=60)
@given(device_models(), FEATURES)
def test_any_model_comes_back_from_any_lab(model: DeviceModel, features: Features) -> None:
    production = render(model)
    form, _ = adapt(production, features)
    back, told_back = restore(form, features), restore(told(form), features)
    assert back is not None and parse(back) == model
    assert told_back is not None and parse(told_back) == parse(told(production))


FRR8 = replace(NOTHING, frr_names_netns=True)
BORDER = adapt(render(border(BridgeForm.VLAN_AWARE)), FRR8)[0]
FOREIGN = "\nauto tap0\niface tap0\n    address 192.0.2.1/24\n"


def test_what_is_not_ours_stands_in_both_forms() -> None:
    back = restore(BORDER.replace("interfaces", BORDER.get("interfaces") + FOREIGN), FRR8)
    assert back is not None
    assert FOREIGN in back.get("interfaces")
    assert parse(back) == border(BridgeForm.VLAN_AWARE)


@pytest.mark.parametrize(
    ("section", "was", "now"),
    [
        ("interfaces", "\n    mtu 1500\n", "\n    mtu 1400\n"),
        ("interfaces", "    vrf-netns red\n", ""),
        ("interfaces", "\niface lo", "\niface lost"),
        ("frr", "interface vlan10 vrf red\n", "interface vlan10 vrf other\n"),
        ("frr", " netns /run/vrf/red\n", " netns /run/vrf/other\n"),
    ],
    ids=["an attribute", "a namespace left", "a stanza renamed", "FRR: another VRF", "FRR: another namespace"],
)
def test_what_was_changed_by_hand_is_the_lab_form_of_nothing(section: str, was: str, now: str) -> None:
    text = BORDER.get(section)
    assert was in text
    assert restore(BORDER.replace(section, text.replace(was, now, 1)), FRR8) is None


def test_a_text_that_carries_nothing_is_the_lab_form_of_nothing() -> None:
    """As an older version or a change by hand leaves it."""
    stanzas = BORDER.get("interfaces").partition("\nauto lo\n")
    assert restore(BORDER.replace("interfaces", stanzas[1] + stanzas[2]), FRR8) is None


def test_a_kernel_that_lacks_nothing_has_one_form() -> None:
    config = render(border(BridgeForm.VLAN_AWARE))
    assert restore(config, ALL) == config
