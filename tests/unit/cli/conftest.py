"""The command line as its users call it: the real `rtmctl` as a process where streams matter, else in this process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RTMCTL = Path(sys.executable).with_name("rtmctl")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo site, written by `init`."""
    folder = tmp_path_factory.mktemp("site") / "demo"
    subprocess.run([RTMCTL, "init", folder, "--example", "demo"], check=True, capture_output=True)
    return folder


@pytest.fixture
def rtmctl(demo: Path, tmp_path: Path) -> Run:
    """Runs `rtmctl`; nothing of this machine's labs, stores and settings is seen by it."""
    base = {name: value for name, value in os.environ.items() if not name.startswith(("RTMCTL_", "XDG_"))}
    base |= {
        "RTMCTL_SITE": str(demo),
        "RTMCTL_STORE": str(tmp_path / "store.db"),
        "RTMCTL_LAB_STATE": str(tmp_path / "labs"),
        "COLUMNS": "100",
    }

    def run(*words: str, stdout: object = subprocess.PIPE, **env: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [RTMCTL, *words],
            env=base | env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,  # type: ignore[arg-type]  # a number, a file or PIPE, as subprocess takes it
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
