"""What goes wrong on the command line ends with the documented exit code and words that help; never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run

USAGE = [
    ("net render nope", "its devices: leaf1"),
    ("net plan --only nope", "its devices: leaf1"),
    ("net apply --canary nope", "its devices: leaf1"),
    ("net drain nope --reason x", "its devices: leaf1"),
    ("net show nope", "its devices: leaf1"),
    ("net apply --commit foo", "all"),
    ("net apply --confirm-within -5", "--confirm-within"),
    ("net apply --soak -1", "--soak"),
    ("net apply --max-unavailable 0", "--max-unavailable"),
    ("net apply --max-unavailable two", "--max-unavailable"),
    ("net apply plan.json --only leaf1", "net plan"),
    ("net verify --wait -1", "--wait"),
    ("net drain leaf1 --reason x --hours 0", "--hours"),
    ("net drain leaf1 --reason x --hours inf", "--hours"),
    ("net drain leaf1 --reason \udcff", "reason is not UTF-8"),
    ("net drain leaf1", "--reason"),
    ("net drain leaf1 --reason \x1b[2J", "reason is no text of one line"),
    ("validate --output xml", "sarif"),
    ("net plan --output sarif", "it has: text, json"),
    ("init . --size 2x4", "empty folder"),
    ("init new --size foo", "2x4"),
    ("init new --size 0x0", "2x4"),
    ("init new --example nope", "demo, waw1"),
    ("lab graph --format foo", "mermaid, dot, html"),
    ("lab up --driver foo", "known: netns"),
    ("lab up --image foo", "known: frr8, frr10"),
    ("net verify --output sarif", "it has: text, json, junit, github"),
    ("net nope", "No such command"),
]
FAILED = [
    ("net plan", {}, "rtmctl lab up"),
    ("net plan", {"RTMCTL_LAB": "none"}, "lab none does not run"),
    ("lab status", {}, ""),
    ("lab exec leaf1 -- true", {}, ""),
    ("net history", {"RTMCTL_STORE": "/"}, "a folder, not a store"),
    ("net history", {"RTMCTL_STORE": "foo://x"}, "known kinds"),
    ("net history", {"RTMCTL_STORE": "postgresql://localhost:1/x"}, "does not answer"),
    ("net history", {"RTMCTL_STORE": "/proc/x/store.db"}, "cannot be written"),
    ("lab status", {"RTMCTL_LAB_STATE": "/dev/null"}, "Not a directory"),
    ("lab up", {"RTMCTL_LAB_STATE": "/dev/null"}, "/dev/null"),
    ("net lock resolve --base HEAD", {}, "cannot be read at HEAD"),
    ("net render --out /dev/null/x", {}, "/dev/null"),
]
INVALID = [("validate", "/nonexistent"), ("net plan", "/dev/null"), ("net render", "/nonexistent")]


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[words for words, _ in USAGE])
def test_usage(rtmctl: Run, words: str, said: str) -> None:
    done = rtmctl(*words.split())
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert said in done.stderr


@pytest.mark.parametrize("words", ["net plan --nope", "net nope", "net drain", "--nope", "net lock --check=1"])
@pytest.mark.parametrize("form", [("--output", "json"), ("--output=json",)], ids=" ".join)
def test_usage_for_programs(rtmctl: Run, words: str, form: tuple[str, ...]) -> None:
    done = rtmctl(*words.split(), *form)
    said = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (2, "")
    assert (said["version"], said["exit"], said["hint"].split()[-1]) == (1, 2, "--help")
    assert said["error"]


@pytest.mark.parametrize("words", ["", "net", "net drain", "net lock"])
def test_flags_take_no_value(rtmctl: Run, words: str) -> None:
    said = rtmctl(*words.split(), "--help").stdout
    assert "--help" in said
    assert "bool" not in said


@pytest.mark.parametrize(("words", "env", "said"), FAILED, ids=[f"{w} {' '.join(e.values())}" for w, e, _ in FAILED])
def test_failed(rtmctl: Run, words: str, env: dict[str, str], said: str) -> None:
    done = rtmctl(*words.split(), **env)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(("words", "site"), INVALID)
def test_no_site(rtmctl: Run, words: str, site: str) -> None:
    done = rtmctl(*words.split(), "--site", site)
    assert done.returncode == 3 and "site-missing" in done.stderr


def test_an_edited_site_needs_its_lock(rtmctl: Run, demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "edited"
    folder.mkdir()
    for name in ("site.yaml", "rtmctl.lock.yaml"):
        (folder / name).write_text((demo / name).read_text())
    text = (folder / "site.yaml").read_text()
    (folder / "site.yaml").write_text(
        text.replace(
            "leaf[3-4]: {role: leaf, rack: r2}", "leaf[3-4]: {role: leaf, rack: r2}\n  leaf5: {role: leaf, rack: r3}"
        )
    )
    assert rtmctl("validate", RTMCTL_SITE=str(folder)).returncode == 3
    assert rtmctl("net", "lock", "--check", RTMCTL_SITE=str(folder)).returncode == 4
    assert rtmctl("net", "lock", RTMCTL_SITE=str(folder)).returncode == 0
    assert rtmctl("net", "lock", "--check", RTMCTL_SITE=str(folder)).returncode == 0


def test_garbage_is_no_store(rtmctl: Run, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_text("garbage " * 100)
    done = rtmctl("net", "history", RTMCTL_STORE=str(tmp_path / "garbage"))
    assert done.returncode == 1 and "move it away" in done.stderr


def test_lab_down_finds_nothing(rtmctl: Run) -> None:
    done = rtmctl("lab", "down")
    assert done.returncode == 0 and "there is none" in done.stdout


LOADING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has it ignored
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from rtmctl.cli import main
main()
"""


def test_an_interrupt_while_the_program_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
