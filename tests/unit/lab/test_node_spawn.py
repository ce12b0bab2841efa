"""How a node's first process begins, and what is said when it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from rtmctl.lab import inside

PROGRAM = """
import os, spawn
def refuse():
    raise OSError("refused by the kernel")
def wait():
    os.closerange(3, 64)
    os.execvp("sleep", ["sleep", "0.1"])
try:
    print(os.path.exists(f"/proc/{spawn.spawn('leaf1', 0, *%s)}"))
except OSError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("become_and_prepare", "said"),
    [
        ("(wait,)", "True"),
        ("(refuse,)", "node leaf1: refused by the kernel"),
        ("(wait, refuse)", "node leaf1: refused by the kernel"),
        ("(lambda: None,)", "node leaf1: its first process ended before it began"),
    ],
    ids=["it runs", "it cannot become what it should", "it cannot be prepared", "it ends"],
)
def test_a_first_process_runs_or_says_why_not(become_and_prepare: str, said: str) -> None:
    folder = Path(inside.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % become_and_prepare], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (said, "")
