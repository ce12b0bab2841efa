"""A file is there whole, old or new."""

import errno
import os
import stat
from pathlib import Path

import pytest

from rtmctl.base.files import replace_file


def test_text_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("old")
    replace_file(path, "Kraków\n", 0o600)
    assert path.read_text(encoding="utf-8") == "Kraków\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        replace_file(path, "new", 0o644)
    assert error.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
