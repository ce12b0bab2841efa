"""A site in a lab of its own, and the command line run as a program over it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rtmctl.base import Exit
from rtmctl.lab import Lab, open_lab

PROGRAM = (sys.executable, "-c", "from rtmctl.cli import main; main()")
HANG_S = 240
"""a hang limit, not a claim"""


@dataclass(frozen=True)
class Running:
    lab: Lab
    env: dict[str, str]

    @property
    def site(self) -> Path:
        return Path(self.env["RTMCTL_SITE"])

    def rtmctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*PROGRAM, *words), env=self.env, capture_output=True, text=True, timeout=HANG_S, check=False
        )

    def expect(self, *words: str, code: Exit = Exit.DONE) -> str:
        """What the command prints; it must end with `code`."""
        done = self.rtmctl(*words)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def on(self, node: str, script: str, stdin: str = "") -> str:
        done = self.lab.run(node, "sh", "-ec", script, stdin=stdin)
        assert done.returncode == 0, (node, script, done.stderr)
        return done.stdout


@contextmanager
def running(name: str, site: Path, folder: Path, *secrets: str) -> Iterator[Running]:
    """A copy of `site` with its lab up and its configuration applied; nothing of it is left. No secret is known."""
    if os.geteuid() != 0:
        pytest.skip("labs in tests run as root")
    own = {
        "RTMCTL_LAB_STATE": str(folder / "labs"),
        "RTMCTL_STORE": str(folder / "store.db"),
        "RTMCTL_LAB": name,
        "RTMCTL_SITE": str(shutil.copytree(site, folder / "site")),
    }
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in own.items():
            patch.setenv(variable, value)
        for secret in secrets:
            patch.delenv(secret, raising=False)
        found = Running(open_lab(name), dict(os.environ))
        try:
            found.expect("net", "lock")
            found.expect("lab", "up")
            found.expect("net", "apply", "--yes")
            yield found
        finally:
            found.lab.down()
