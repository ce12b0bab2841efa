"""The injector as the one file a machine gets, and what of it decides without a machine."""

import ast
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.device import injector
from rtmctl.device.injecting import HostWay, RemoteHolder
from rtmctl.device.injecting.program import injector_file
from rtmctl.device.injection import Injection
from rtmctl.device.injector import lease, tables
from rtmctl.device.injector.facts import spelled
from rtmctl.device.injector.mechanisms import MECHANISMS
from rtmctl.device.injector.record import key_of
from rtmctl.device.injector.undo import difference
from rtmctl.device.onboard.errors import AgentError
from rtmctl.device.onboard.machine import Machine
from rtmctl.device.processes import ProcessRunner

HERE = Path(injector.__file__).parent
MODULES = sorted(HERE.rglob("*.py"))


def test_the_file_is_the_same_every_time() -> None:
    first = injector_file()
    assert first == injector_file() and first.startswith(b"#!/usr/bin/python3 -IS\n")
    names = set(zipfile.ZipFile(io.BytesIO(first)).namelist())
    assert {f"device/injector/{path.relative_to(HERE)}" for path in MODULES} <= names


def test_it_starts_without_this_tree(tmp_path: Path) -> None:
    (tmp_path / "injector").write_bytes(injector_file())
    done = subprocess.run(
        [sys.executable, "-IS", str(tmp_path / "injector"), "explode"],
        input="{}", capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and answer["code"] == "usage" and "revert" in answer["error"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HERE)))
def test_a_module_is_python_3_9_and_needs_only_the_standard_library(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 9))):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.level or (node.module or "").partition(".")[0] in sys.stdlib_module_names


def test_mechanisms_have_names_of_their_own() -> None:
    names = [mechanism.name for mechanism in MECHANISMS]
    assert len(set(names)) == len(names) and all(mechanism.summary for mechanism in MECHANISMS)


ARGUMENTS = st.dictionaries(
    st.sampled_from(["interfaces", "percent", "direction", "mtu", "percént"]),
    st.one_of(st.tuples(st.text(), st.text()), st.text(), st.integers(), st.floats(allow_nan=False), st.booleans()),
)


@given(ARGUMENTS)
def test_an_injection_has_the_same_key_here_and_there(arguments: dict[str, Any]) -> None:
    way = HostWay(ProcessRunner(frozenset(), lambda host, command: command), "h1")
    here = RemoteHolder(Injection("h1", "silence", arguments), way).key
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
    assert here == key_of("silence", json.loads(json.dumps(plain)))


def machine(root: Path, now: float, boot: str = "b1") -> Machine:
    return Machine(str(root), now=lambda: now, boot=lambda: boot, part="drill")


def test_a_lease_counts_in_its_boot_and_only_when_it_can_be_read(tmp_path: Path) -> None:
    assert lease.ends_at(machine(tmp_path, 0), "k") is None
    assert lease.extend(machine(tmp_path, 100), "k", 5) == 105
    assert lease.extend(machine(tmp_path, 101), "k", 1) == lease.ends_at(machine(tmp_path, 101), "k") == 102
    assert lease.ends_at(machine(tmp_path, 1, "b2"), "k") == 0
    Path(lease.lease_path(machine(tmp_path, 0), "k")).write_text("{")
    assert lease.ends_at(machine(tmp_path, 101), "k") is None
    for wrong in (0, -1, 1e9):
        with pytest.raises(AgentError):
            lease.extend(machine(tmp_path, 0), "k", wrong)


ADDRESSES: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({"local": "10.0.0.1", "prefixlen": 24, "scope": "global", "label": "swp1"}, "1 10.0.0.1/24"),
    "secondary with a label": (
        {"local": "10.0.0.2", "prefixlen": 24, "scope": "global", "secondary": True, "label": "swp1:1"},
        "2 10.0.0.2/24 label swp1:1",
    ),
    "a peer's": ({"local": "10.0.0.1", "address": "10.0.0.2", "prefixlen": 32}, "1 10.0.0.1 peer 10.0.0.2/32"),
    "link-local": ({"local": "fe80::1", "prefixlen": 64, "scope": "link"}, "1 fe80::1/64 scope link"),
    "broadcast, no route": (
        {"local": "10.0.0.1", "prefixlen": 24, "broadcast": "10.0.0.255", "noprefixroute": True},
        "1 10.0.0.1/24 broadcast 10.0.0.255 noprefixroute",
    ),
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_address_is_spelled_as_ip_takes_it(case: str) -> None:
    address, text = ADDRESSES[case]
    assert spelled(address, "swp1") == text


def test_rules_stand_in_a_chain_for_each_direction() -> None:
    text = tables.ruleset("t", ["a", "b"], "both", ["counter drop"])
    assert text.count("counter drop;") == 2 and text.count('devices = { "a", "b" }') == 2
    assert "ingress" not in tables.ruleset("t", ["a"], "out", ["drop"])


def test_a_difference_of_configurations_shows_no_line_of_them() -> None:
    said = difference("frr running-config", "a\n password old\n", "a\n password new\n")
    assert "password" not in said and "1 lines are missing and 1 are new" in said
    assert difference("mtu", 1500, 1400) == "mtu was 1500, is 1400"
    assert len(difference("x", "y" * 5000, None)) < 400
