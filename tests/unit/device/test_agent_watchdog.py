"""The watchdog meets what no undo should meet: a failing disk, a removed state directory, a signal."""

import os
import shutil
from pathlib import Path

import pytest

from rtmctl.device.frr.agent.device import Device
from rtmctl.device.frr.agent.programs import Result
from rtmctl.device.frr.agent.sections import FILES
from rtmctl.device.frr.agent.verbs import answer_to
from rtmctl.device.frr.agent.watchdog import Watchdog


class Ticking:
    """A device without programs, with one applied change, and a clock set by hand."""

    def __init__(self, root: Path) -> None:
        self.time = 1000.0
        self.device = Device(lambda *_: None, str(root), self._run, lambda: self.time, lambda: "boot-1")
        self.file.parent.mkdir(parents=True)
        self.file.write_text("log syslog\n")
        running = answer_to(self.device, "running", {})
        pre = {
            "transaction": "t",
            "hash": running["hash"],
            "files": dict.fromkeys(FILES) | {"frr": self._kept("log file\n")},
            "frr": "",
            "sysctl": {},
            "kernel": {"rules -4": [], "rules -6": []},
            "tables": [],
            "new_interfaces": [],
        }
        self.device.save("pre.json", pre)
        record = {"transaction": "t", "state": "applied", "step": "applied", "failure": None, "boot_id": "boot-1"}
        self.device.save("record.json", {**record, "deadline": 1010.0, "session": 1, "session_start": 0})
        self.watchdog = Watchdog(self.device, "t", os.getpid())

    def _run(self, argv: list[str], text: str | None = None, timeout: float = 0) -> Result:
        return Result(0, "", "")

    def _kept(self, text: str) -> dict[str, object]:
        about = self.file.stat()
        return {"text": text, "mode": about.st_mode & 0o7777, "uid": about.st_uid, "gid": about.st_gid}

    @property
    def file(self) -> Path:
        return Path(self.device.file_of("frr"))

    @property
    def state(self) -> str:
        return str(self.device.load("record.json").get("state"))


@pytest.fixture
def ticking(tmp_path: Path) -> Ticking:
    return Ticking(tmp_path)


def test_it_waits_and_then_reverts(ticking: Ticking) -> None:
    assert ticking.watchdog.look(2000) is not None and ticking.state == "applied"
    ticking.time = 1011
    ticking.watchdog.look(2000)
    assert ticking.state == "reverted" and ticking.file.read_text() == "log file\n"
    assert ticking.watchdog.look(2000) is None


def test_a_removed_state_directory_does_not_keep_the_change(ticking: Ticking) -> None:
    ticking.watchdog.look(2000)
    shutil.rmtree(ticking.device.state_dir)
    ticking.watchdog.look(2000)
    assert ticking.state == "applied", "the record is back, so that the operator learns the truth"
    ticking.time = 1011
    ticking.watchdog.look(2000)
    assert ticking.state == "reverted" and ticking.file.read_text() == "log file\n"


def test_a_disk_that_refuses_the_record_does_not_stop_the_files(
    ticking: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, document: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(ticking.device, "save", refuse)
    ticking.time = 1011
    with pytest.raises(OSError, match="Read-only"):
        ticking.watchdog.look(2000)
    assert ticking.file.read_text() == "log file\n", "put back although nothing could be noted"
    monkeypatch.undo()
    ticking.watchdog.look(2000)
    assert ticking.state == "reverted", "the next try, after RETRY_S"


def test_a_boot_without_the_pre_image_does_not_claim_a_revert(ticking: Ticking) -> None:
    ticking.device.remove("pre.json")
    ticking.device.boot_id = lambda: "boot-2"
    assert answer_to(ticking.device, "boot", {}) == {"restored": False}
    assert ticking.state == "broken"
