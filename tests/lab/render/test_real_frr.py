"""The real programs take the rendered texts. FRR 8.4 and 10.3 write frr.conf back as it was, frr-reload finds nothing
to do, nft takes its ruleset twice and filters by it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from rtmctl.fabric import allocate, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.lab import image
from rtmctl.lab.recipes import RECIPES, Recipe
from rtmctl.model import build_models
from rtmctl.model.types import DeviceModel
from rtmctl.render import render
from rtmctl.render.frr import normalise, parse, same

ROOT = Path(__file__).parents[3]
SITES = {"demo": ("leaf1", "spine1"), "waw1": ("border1", "leaf01", "spine1")}
CASES = [(site, device) for site, devices in SITES.items() for device in devices]


def _model(site: str, device: str) -> DeviceModel:
    folder = ROOT / "inventories" / site
    loaded = load_site(folder)
    return build_models(derive(loaded, allocate(loaded, read_lock(folder))))[device]


def _run(recipe: Recipe, config_frr: str, config_nft: str, tmp_path: Path) -> tuple[str, str, str, str]:
    (tmp_path / "frr").write_text(config_frr)
    (tmp_path / "nft").write_text(config_nft)
    environment = {
        "PATH": os.environ["PATH"],
        "ROOT": str(image.ensure(recipe)),
        "CONF": str(tmp_path / "frr"),
        "NFT": str(tmp_path / "nft"),
        "NAME": "switch",
        "DAEMONS": " ".join(recipe.daemons),
    }
    command = [
        "unshare",
        "-n",
        "-m",
        "-u",
        "-p",
        "--fork",
        "--kill-child",
        "bash",
        str(Path(__file__).with_name("box.sh")),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    running, saved, reload, nft = re.split(r"^==== \w+\n", done.stdout, flags=re.MULTILINE)
    return running, saved, reload, nft


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: private namespaces")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
@pytest.mark.parametrize(("site", "device"), CASES, ids=["-".join(case) for case in CASES])
def test_frr_writes_back_what_it_was_given(recipe: Recipe, site: str, device: str, tmp_path: Path) -> None:
    config = render(_model(site, device))
    _check(recipe, config.get("frr"), config.get("nftables"), tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: private namespaces")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_frr_writes_back_every_feature(recipe: Recipe, tmp_path: Path) -> None:
    """The text that tests/unit/render keeps of a device with all features at once."""
    golden = ROOT / "tests" / "unit" / "render" / "golden" / "everything"
    _check(recipe, (golden / "frr").read_text(), (golden / "nftables").read_text(), tmp_path)


def _check(recipe: Recipe, text: str, ruleset: str, tmp_path: Path) -> None:
    # 8.4 names an interface's VRF while it is not there, as none is in this box; tests/uml has them
    text = re.sub(r"^interface vlan\d+\n no ipv6 nd suppress-ra\nexit\n!\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\{\{secret:[^}]*\}\}", "secret", text)
    text = re.sub(r"^hostname .*$", "hostname switch", text, flags=re.MULTILINE)
    running, saved, reload, nft = _run(recipe, text, ruleset, tmp_path)
    assert same(running, text)
    assert same(saved, text)
    assert "Lines To" not in reload
    assert nft.count("chain ") == ruleset.count("chain ")
    assert nft.count("drop") == ruleset.count(" drop")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: private namespaces")
def test_a_running_text_parses_to_the_model(tmp_path: Path) -> None:
    model = _model("demo", "leaf1")
    config = render(model)
    text = config.get("frr").replace("hostname leaf1\n", "hostname switch\n")
    running, *_ = _run(RECIPES[0], text, config.get("nftables"), tmp_path)
    seen = normalise(running).replace("hostname switch\n", "hostname leaf1\n")
    assert parse(config.replace("frr", seen)) == model


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: private namespaces")
def test_filters_pass_the_flows_and_nothing_else(tmp_path: Path) -> None:
    """A router with the demo's gateways vlan10 (collect) and vlan20 (stream), a host behind each."""
    (tmp_path / "nft").write_text(render(_model("demo", "leaf1")).get("nftables"))
    script = Path(__file__).with_name("filters.sh")
    environment = {"PATH": os.environ["PATH"], "ROOT": str(image.ensure(RECIPES[0])), "NFT": str(tmp_path / "nft")}
    command = ["unshare", "-n", "-m", "-p", "--fork", "--kill-child", "bash", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert dict(line.split() for line in done.stdout.splitlines()) == {
        "collect-gateway-icmp": "passes",
        "collect-stream-icmp": "passes",
        "collect-stream-9092": "passes",
        "collect-stream-9093": "dropped",
        "stream-collect-9092": "dropped",
    }
