"""The one file a device gets: the same bytes every time, runs by itself on an old Python, compiles nothing twice."""

import ast
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rtmctl.device.frr import agent
from rtmctl.device.frr.install import agent_file
from rtmctl.device.packing import ONBOARD
from rtmctl.device.packing import START as START_FILE

MODULES = sorted(path for folder in (Path(agent.__file__).parent, ONBOARD) for path in folder.glob("*.py"))
BETWEEN = ["device/__init__.py", "device/frr/__init__.py"]

START = """
import builtins, json, runpy, sys
compiled, real = [], builtins.compile
def watched(source, name, *args, **kwargs):
    compiled.append(name)
    return real(source, name, *args, **kwargs)
packed = sys.argv[1]
main = runpy.run_path(packed, run_name="packed")
sys.path.insert(0, packed)
sys.path_hooks.insert(0, main["CompileOnce"])
sys.path_importer_cache.pop(packed, None)
builtins.compile = watched
from device.frr.agent.verbs import VERBS
import device.frr.agent.server
foreign = sorted(name for name in sys.modules if name.partition(".")[0] == "rtmctl")
names = [name for name in compiled if packed in name]
print(json.dumps({"verbs": sorted(VERBS), "foreign": foreign, "compiled": names}))
"""


def test_the_file_is_the_same_every_time_and_executable() -> None:
    first = agent_file()
    assert first == agent_file() and first.startswith(b"#!/usr/bin/python3 -IS\n")
    names = zipfile.ZipFile(io.BytesIO(first)).namelist()
    assert names.count("__main__.py") == 1 and len(names) == len(MODULES) + 1 + len(BETWEEN)


def test_it_starts_without_this_tree_and_compiles_each_module_once(tmp_path: Path) -> None:
    path = tmp_path / "agent"
    path.write_bytes(agent_file())
    done = subprocess.run(
        [sys.executable, "-IS", "-c", START, str(path)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    found = json.loads(done.stdout)
    assert {"lease", "stage", "commit", "confirm", "revert", "boot", "state"} <= set(found["verbs"])
    assert found["foreign"] == []
    assert len(found["compiled"]) == len(set(found["compiled"])) == len(MODULES) + len(BETWEEN)


@pytest.mark.parametrize("path", [START_FILE, *MODULES], ids=lambda path: path.stem)
def test_a_module_is_python_3_9_and_needs_only_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.level or (node.module or "").partition(".")[0] in sys.stdlib_module_names
