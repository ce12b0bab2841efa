"""Lease, fence, notes and boot: the agent with a folder for a disk, a clock that is set by hand and no programs."""

import json
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rtmctl.device.frr.agent import FILES
from rtmctl.device.frr.agent.device import Device
from rtmctl.device.frr.agent.verbs import answer_to
from rtmctl.device.onboard.programs import Result


class Machine:
    """A device without programs: every command succeeds and prints nothing."""

    def __init__(self, root: Path) -> None:
        self.root, self.time, self.boot, self.watched = root, 1000.0, "boot-1", [""]
        self.wall = 1.7e9
        self.device = Device(self._watch, str(root), self._run, lambda: self.time, lambda: self.boot, lambda: self.wall)

    def _run(self, argv: list[str], text: str | None = None, timeout: float = 0) -> Result:
        return Result(0, "", "")

    def _watch(self, of: Device, transaction: str) -> None:
        self.watched.append(transaction)

    def do(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return answer_to(self.device, verb, arguments)

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        self.device.save(name, document)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_lease_is_renewed_by_its_holder_and_refused_to_others(machine: Machine) -> None:
    first = machine.do("lease", holder="a", ttl_s=10, purpose="change")["lease"]
    machine.time += 5
    again = machine.do("lease", holder="a", ttl_s=10)["lease"]
    assert again["fence"] == first["fence"] and again["expires_in_s"] == 10
    refused = machine.do("lease", holder="b", ttl_s=10)
    assert refused["code"] == "locked" and "held by a" in refused["error"] and not refused["permanent"]


@pytest.mark.parametrize("how", ["expired", "released", "rebooted"])
def test_every_new_lease_has_a_higher_fence(machine: Machine, how: str) -> None:
    fence = machine.do("lease", holder="a", ttl_s=10)["lease"]["fence"]
    if how == "expired":
        machine.time += 11
    elif how == "released":
        machine.do("release", fence=fence)
    else:
        machine.boot, machine.time = "boot-2", 3.0
    newer = machine.do("lease", holder="b", ttl_s=10)["lease"]["fence"]
    assert newer > fence
    assert machine.do("note", action="set", key="drain", value=1, fence=fence)["code"] == "fenced"
    assert machine.do("note", action="set", key="drain", value=1, fence=newer) == {"value": 1}


def test_a_lease_is_renewed_while_a_step_runs_and_taken_over_only_after_it(machine: Machine) -> None:
    first = machine.do("lease", holder="a", ttl_s=10)["lease"]
    with machine.device.lock():
        machine.time += 5
        assert machine.do("lease", holder="a", ttl_s=10)["lease"] == {**first, "expires_in_s": 10, "purpose": ""}
        machine.time += 11
        waiting = threading.Thread(target=machine.do, args=("lease",), kwargs={"holder": "b", "ttl_s": 10})
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive(), "the former holder's step is still at work"
    waiting.join(10)
    assert machine.do("status")["lease"]["holder"] == "b"


@pytest.mark.parametrize("gone", ["on disk", "in memory", "both"])
def test_no_fence_comes_twice_though_its_record_is_removed(machine: Machine, gone: str) -> None:
    former = machine.do("lease", holder="a", ttl_s=10)["lease"]["fence"]
    machine.do("release", fence=former)
    if gone != "in memory":
        shutil.rmtree(machine.device.state_dir)
    if gone != "on disk":
        shutil.rmtree(machine.root / "run/rtmctl/state")
        machine.wall += 30  # a reboot; the calendar goes on
    newer = machine.do("lease", holder="b", ttl_s=10)["lease"]["fence"]
    assert newer > former
    assert machine.do("note", action="set", key="drain", value=1, fence=former)["code"] == "fenced"


@pytest.mark.parametrize("back_s", [0, 86400])
def test_a_clock_that_is_set_back_makes_no_fence_smaller(machine: Machine, back_s: float) -> None:
    first = machine.do("lease", holder="a", ttl_s=10)["lease"]["fence"]
    machine.do("release", fence=first)
    machine.wall -= back_s
    assert machine.do("lease", holder="a", ttl_s=10)["lease"]["fence"] > first


def test_a_stale_release_releases_nothing(machine: Machine) -> None:
    machine.do("lease", holder="a", ttl_s=10)
    assert machine.do("release", fence=0)["lease"]["holder"] == "a"


RECORD = {
    "transaction": "t",
    "state": "applied",
    "step": "applied",
    "failure": None,
    "pre_hash": "x",
    "target_hash": "y",
}


def test_boot_restores_an_unconfirmed_change_of_an_earlier_boot_only(machine: Machine) -> None:
    conf = machine.root / "etc/frr/frr.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("hostname new\n")
    kept = {"text": "hostname old\n", "mode": 0o640, "uid": 0, "gid": 0}
    files = {name: kept if name == "frr" else None for name in FILES}
    machine.save("pre.json", {"transaction": "t", "files": files, "kernel": {}})
    machine.save("record.json", {**RECORD, "boot_id": "boot-1", "deadline": 9e9})
    assert machine.do("boot") == {"restored": False}
    assert conf.read_text() == "hostname new\n"
    machine.boot = "boot-2"
    assert machine.do("boot") == {"restored": True}
    assert conf.read_text() == "hostname old\n" and conf.stat().st_mode & 0o777 == 0o640
    status = machine.do("status")
    assert status["state"] == "reverted" and "rebooted" in status["failure"]
    assert machine.do("boot") == {"restored": False}


def test_a_confirmed_change_survives_a_reboot(machine: Machine) -> None:
    machine.save("record.json", {**RECORD, "state": "confirmed", "boot_id": "boot-1", "deadline": 0})
    machine.boot = "boot-2"
    assert machine.do("boot") == {"restored": False}


def test_a_pending_change_without_a_watchdog_gets_one(machine: Machine) -> None:
    machine.save("record.json", {**RECORD, "boot_id": "boot-1", "deadline": 1060.0})
    assert machine.do("status")["reverts_in_s"] == 60.0
    assert machine.watched[-1] == "t"


@pytest.mark.parametrize("late_s", [61.0, 600.0])
def test_a_confirm_after_the_deadline_is_refused(machine: Machine, late_s: float) -> None:
    fence = machine.do("lease", holder="a", ttl_s=9999)["lease"]["fence"]
    machine.save("record.json", {**RECORD, "boot_id": "boot-1", "deadline": 1060.0})
    machine.time += late_s
    assert machine.do("confirm", transaction="t", fence=fence)["code"] == "reverted"


def test_confirming_twice_is_one_confirm(machine: Machine) -> None:
    fence = machine.do("lease", holder="a", ttl_s=9999)["lease"]["fence"]
    machine.save("record.json", {**RECORD, "boot_id": "boot-1", "deadline": 1060.0})
    assert machine.do("confirm", transaction="t", fence=fence)["state"] == "confirmed"
    assert machine.do("confirm", transaction="t", fence=fence)["state"] == "confirmed"


def test_what_is_on_disk_is_for_root_alone(machine: Machine) -> None:
    machine.do("lease", holder="a", ttl_s=10)
    path = machine.root / "var/lib/rtmctl/lease.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["holder"] == "a"


@pytest.mark.parametrize(
    "command", ["show version | include x", "configure", "show a\nshow b", "show x > /etc/passwd", ""]
)
def test_only_show_is_shown(machine: Machine, command: str) -> None:
    assert machine.do("show", command=command)["code"] == "usage"


@pytest.mark.parametrize("target", ["-f", "a b", "$(reboot)", ""])
def test_no_target_becomes_an_option(machine: Machine, target: str) -> None:
    assert machine.do("ping", target=target)["code"] == "usage"


def test_unknown_verbs_and_arguments_are_named(machine: Machine) -> None:
    assert "known:" in machine.do("nonsense")["error"]
    assert machine.do("lease", who="a")["code"] == "usage"
