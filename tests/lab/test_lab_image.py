"""Images are built once, whoever asks at the same time and whoever is killed; with real mmdebstrap and little in it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rtmctl.base import PermanentError
from rtmctl.lab import image, recipes

PROGRAM = """
import sys
from rtmctl.lab import image, recipes
tiny = recipes.Recipe("tiny", "bookworm", ("iproute2",), "true", (), (), False)
print(image.ensure(tiny, None, lambda step: print(step, flush=True)), flush=True)
"""
TINY = recipes.Recipe("tiny", "bookworm", ("iproute2",), "true", (), (), names_netns=False)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if os.geteuid() != 0:
        pytest.skip("root's images are built as root")
    monkeypatch.setenv("RTMCTL_CACHE", str(tmp_path))
    return tmp_path / "images"


def build(**more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env={**os.environ, **more}
    )


def builders(cache: Path) -> list[int]:
    """Processes that build into the cache."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(cache) in words and "mmdebstrap" in words:
                found.append(int(entry.name))
    return found


def test_two_that_build_at_once_make_one_image(cache: Path) -> None:
    first, second = build(), build()
    said = [process.communicate(timeout=300)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert sum("building image" in text for text in said) == 1
    assert {text.splitlines()[-1] for text in said} == {str(cache / TINY.folder)}
    assert (cache / TINY.folder / "bin/ip").exists()
    assert [path.name for path in cache.iterdir() if not path.name.endswith(".lock")] == [TINY.folder]


def test_a_build_that_is_killed_leaves_no_image_and_the_next_one_makes_it(cache: Path) -> None:
    """The killed one's mmdebstrap goes on for a while and holds the lock: nobody builds into the same folder."""
    killed = build()
    deadline = time.monotonic() + 60
    while not (cache / f".building-{TINY.folder}/etc").is_dir():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    assert image.built(TINY) is None
    made = image.ensure(TINY)
    assert (made / "bin/ip").exists()
    assert not (cache / f".building-{TINY.folder}").exists()
    assert not builders(cache)


def test_a_builder_that_is_killed_leaves_nothing_mounted(cache: Path) -> None:
    """It mounts this machine's /dev/shm, among others: who removed its folder would empty that."""
    killed = build()
    deadline = time.monotonic() + 120
    while not (cache / f".building-{TINY.folder}/var/lib/dpkg/info/base-files.list").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for pid in builders(cache):
        os.kill(pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    assert str(cache) not in Path("/proc/self/mountinfo").read_text()
    assert (image.ensure(TINY) / "bin/ip").exists()


def test_what_is_mounted_in_a_folder_is_not_removed_with_it(cache: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounts")
    point = cache / f".building-{TINY.folder}/dev"
    point.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "foreign", str(point)], check=True)
    try:
        (point / "file").touch()
        with pytest.raises(PermanentError, match=r"dev is mounted in .*, so it is not removed"):
            image.ensure(TINY)
        assert (point / "file").exists()
    finally:
        subprocess.run(["umount", str(point)], check=True)


def test_a_full_disk_is_named_and_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounts a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "small", str(tmp_path)], check=True)
    try:
        monkeypatch.setenv("RTMCTL_CACHE", str(tmp_path))
        with pytest.raises(PermanentError, match=f"no space left in {tmp_path} for an image"):
            image.ensure(TINY)
        assert [path.name for path in (tmp_path / "images").iterdir() if not path.name.endswith(".lock")] == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_build_that_fails_says_why_and_leaves_nothing(cache: Path) -> None:
    broken = recipes.Recipe("broken", "no-such-suite", ("iproute2",), "true", (), (), names_netns=False)
    with pytest.raises(Exception, match="no-such-suite"):
        image.ensure(broken)
    assert [path.name for path in cache.iterdir() if not path.name.endswith(".lock")] == []
