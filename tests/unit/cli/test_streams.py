"""Where output goes: programs that read JSON, JUnit, annotations; readers that leave early; full disks; no colour."""

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import RTMCTL, Run

JSON = ["net render leaf1", "net platforms", "net history", "net lock", "net cabling", "lab status"]


@pytest.mark.parametrize("words", JSON)
def test_every_line_is_an_object_with_a_version(rtmctl: Run, words: str) -> None:
    done = rtmctl(*words.split(), "--output", "json")
    assert done.stderr == ""
    for line in done.stdout.splitlines():
        assert json.loads(line)["version"] == 1
    assert done.stdout or words == "net history"


def test_findings_are_one_document(rtmctl: Run) -> None:
    document = json.loads(rtmctl("validate", "--output", "json").stdout)
    assert document["version"] == 1 and isinstance(document["findings"], list)


def test_an_error_as_json(rtmctl: Run) -> None:
    done = rtmctl("net", "plan", "--output", "json")
    error = json.loads(done.stdout)
    assert (error["exit"], done.returncode, done.stderr) == (1, 1, "")
    assert "does not run" in error["error"] and "lab up" in error["hint"]


def test_an_error_as_junit(rtmctl: Run) -> None:
    suite = ElementTree.fromstring(rtmctl("net", "verify", "--output", "junit").stdout)
    assert suite.attrib["errors"] == "1"
    assert "does not run" in suite.find("testcase/error").attrib["message"]  # type: ignore[union-attr]  # else it fails


def test_an_error_as_annotation(rtmctl: Run) -> None:
    assert rtmctl("net", "verify", "--output", "github").stdout.startswith("::error title=rtmctl::lab demo")


def test_a_reader_who_leaves(rtmctl: Run) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    with os.fdopen(ours, "w") as gone:
        done = rtmctl("net", "render", stdout=gone)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_full_disk(rtmctl: Run) -> None:
    with Path("/dev/full").open("w") as full:
        done = rtmctl("net", "render", stdout=full)
    assert done.returncode == 1
    assert "No space left" in done.stderr and "Exception" not in done.stderr


def test_a_closed_stdout(demo: Path) -> None:
    command = f"{RTMCTL} validate --site {demo} >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("how", ["--no-color", "NO_COLOR"])
def test_no_color(demo: Path, tmp_path: Path, how: str) -> None:
    """On a terminal: a broken site is shown in colour unless somebody does not want any."""
    (tmp_path / "site.yaml").write_text("site: x\nnope: 1\n")

    def on_a_terminal(*words: str, **env: str) -> bytes:
        ours, theirs = os.openpty()
        clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        subprocess.run(
            [RTMCTL, "validate", "--site", tmp_path, *words], env=clean | env, stdout=theirs, stderr=theirs, check=False
        )
        os.close(theirs)
        return os.read(ours, 65536)

    assert b"\x1b[" in on_a_terminal()
    plain = on_a_terminal(how) if how.startswith("--") else on_a_terminal(NO_COLOR="1")
    assert b"unknown-key" in plain and b"\x1b[" not in plain
