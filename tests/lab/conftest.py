"""Labs of a test live in a folder of their own and are taken down whatever happens."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtmctl.lab import Lab, open_lab


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Lab]]:
    """Opens labs by name; all of them are gone after the module."""
    if os.geteuid() != 0:
        pytest.skip("labs in tests run as root")
    folder = tmp_path_factory.mktemp("labs")
    before = os.environ.get("RTMCTL_LAB_STATE")
    os.environ["RTMCTL_LAB_STATE"] = str(folder)
    opened: list[Lab] = []

    def make(name: str) -> Lab:
        opened.append(open_lab(name))
        return opened[-1]

    try:
        yield make
    finally:
        for lab in opened:
            lab.down()
        if before is None:
            del os.environ["RTMCTL_LAB_STATE"]
        else:
            os.environ["RTMCTL_LAB_STATE"] = before


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a module's site."""
    return tmp_path_factory.mktemp("site")


def killed_up(name: str, fabric: str, after_ms: int) -> Path:
    """SIGKILL an `up` so long after its program began; `fabric`: an expression over tests.lab. The lab's folder."""
    program = (
        "import rtmctl.lab.netns, tests.lab.fabrics, tests.lab.test_lab_systemd\n"
        "print('go', flush=True)\n"
        f"rtmctl.lab.open_lab({name!r}).up(tests.lab.{fabric})"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(after_ms / 1000)
        process.kill()
    return Path(os.environ["RTMCTL_LAB_STATE"]) / name


def processes_of(folder: Path) -> list[int]:
    """Processes whose command line names the folder of a test's labs."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
