"""The watchdog meets what no undo should meet: a failing disk, a removed state directory, a signal."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from rtmctl.device.frr.agent import undo
from rtmctl.device.frr.agent.device import Device
from rtmctl.device.frr.agent.sections import FILES
from rtmctl.device.frr.agent.verbs import answer_to
from rtmctl.device.frr.agent.watchdog import MEND_S, Watchdog
from rtmctl.device.onboard.durable import read_file
from rtmctl.device.onboard.programs import Result


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
        self.watchdog = Watchdog(self.device, "t", os.getpid(), None)

    fail = False

    def _run(self, argv: list[str], text: str | None = None, timeout: float = 0) -> Result:
        return (
            Result(1, "", "failed to connect to any daemons") if self.fail and argv[0] == "vtysh" else Result(0, "", "")
        )

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


def test_a_disk_that_takes_nothing_does_not_stop_an_undo(ticking: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking.device, "_to_disk", read_only)
    ticking.time = 1011
    ticking.watchdog.look(2000)
    assert ticking.file.read_text() == "log file\n" and ticking.state == "reverted"
    monkeypatch.undo()
    assert json.loads(read_file(ticking.device.path("record.json")))["state"] == "applied", "a reboot does it again"
    ticking.device.save("record.json", ticking.device.load("record.json"))
    assert json.loads(read_file(ticking.device.path("record.json")))["state"] == "reverted", "the newer copy won"


def read_only(name: str, text: str) -> None:
    raise OSError(errno.EROFS, "Read-only file system", name)


def test_an_undo_that_left_something_is_tried_again_until_it_is_the_operators(ticking: Ticking) -> None:
    """FRR is dead at first, as after a crash: every vtysh fails."""
    ticking.fail = True
    ticking.time = 1011
    ticking.watchdog.look(2000)
    assert ticking.state == "broken" and ticking.file.read_text() == "log file\n"
    ticking.watchdog.look(2000)
    ticking.fail = False
    ticking.time += MEND_S[0] - 1
    ticking.watchdog.look(2000)
    assert ticking.state == "broken", "not yet"
    ticking.time += 2
    ticking.watchdog.look(2000)
    assert ticking.state == "reverted"
    assert ticking.watchdog.look(2000) is None


def test_it_leaves_what_it_cannot_mend_to_the_operator(ticking: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo.time, "sleep", lambda s: None)
    ticking.fail = True
    ticking.time = 1011
    tries = 0
    while ticking.watchdog.look(2000) is not None:
        ticking.time += max(MEND_S)
        tries += 1
    assert len(MEND_S) <= tries <= len(MEND_S) + 2 and ticking.state == "broken"


def test_a_boot_without_the_pre_image_does_not_claim_a_revert(ticking: Ticking) -> None:
    ticking.device.remove("pre.json")
    ticking.device.boot_id = lambda: "boot-2"
    assert answer_to(ticking.device, "boot", {}) == {"restored": False}
    assert ticking.state == "broken"
