"""`lab exec` and `lab shell` at a terminal and in a pipe: exit codes pass through, a terminal is one inside too."""

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rtmctl.lab import Lab
from tests.lab.cli.operator_shell import RTMCTL, Shell

SITE = """
site: shell
environment: lab
switches:
  spine1: {role: spine}
  leaf1: {role: leaf, rack: r1}
"""


@pytest.fixture(scope="module")
def operator(labs: Callable[[str], Lab], tmp_path_factory: pytest.TempPathFactory) -> Shell:
    labs("shell")
    site = tmp_path_factory.mktemp("site")
    (site / "site.yaml").write_text(SITE)
    made = Shell(site, Path(os.environ["RTMCTL_LAB_STATE"]), site / "store.db")
    for words in ("net lock", "lab up"):
        made.run(words)
    return made


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("lab exec leaf1 -- true", 0),
        ("lab exec leaf1 -- vtysh -c nonsense", 1),
        ("lab exec leaf1 -- no-such-program", 127),
        ("lab exec leaf1 -- sh -c kill${IFS}-9${IFS}$$", 137),
        ("lab exec leaf9 -- true", 2),
    ],
)
def test_the_exit_code_is_the_commands(operator: Shell, words: str, code: int) -> None:
    operator.run(words, expect=code)


def test_a_shell_reads_a_pipe(operator: Shell) -> None:
    done = subprocess.run(
        [RTMCTL, "lab", "shell", "leaf1"],
        env=operator.environment,
        input="hostname; tty; exit 7\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (7, "leaf1\nnot a tty\n")


def test_a_shell_at_a_terminal_has_one_inside_the_node(operator: Shell) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execve(RTMCTL, [str(RTMCTL), "lab", "shell", "leaf1"], operator.environment)
    os.write(terminal, b"tty; hostname; exit 9\n")
    said = b""
    try:
        while part := os.read(terminal, 4096):
            said += part
    except OSError:  # the other end is closed
        pass
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    assert b"/dev/pts/" in said and b"not a tty" not in said
