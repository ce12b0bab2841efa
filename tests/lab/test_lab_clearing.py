"""`down` leaves nothing, whatever it finds; and what happens to two commands that meet at one lab."""

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rtmctl.base import Exit, PermanentError, TemporaryError
from rtmctl.fabric.types import Fabric
from rtmctl.lab import Lab, cgroups
from rtmctl.lab.lock import locked
from tests.lab.change.change_lab import MORE
from tests.lab.cli.operator_shell import RTMCTL, Shell
from tests.lab.conftest import processes_of
from tests.lab.fabrics import clos

DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_text(""),
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "no JSON": lambda file: file.write_bytes(b"\xff\x00 garbage"),
    "another's JSON": lambda file: file.write_text('["a list"]'),
    "another version": lambda file: file.write_text(json.dumps({**json.loads(file.read_text()), "version": 99})),
    "a field missing": lambda file: file.write_text(json.dumps({"version": 1, "name": "x"})),
}


def machine() -> Fabric:
    """One systemd host: it has control groups and mounts of its own."""
    one = clos(1, 1)
    return replace(one, hosts=tuple(replace(host, systemd=True) for host in one.hosts))


def folder_of(lab: Lab) -> Path:
    return Path(os.environ["RTMCTL_LAB_STATE"]) / lab.name


def assert_nothing_is_left(lab: Lab) -> None:
    folder = folder_of(lab)
    assert not processes_of(folder)
    assert not cgroups.find(folder)
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()
    assert not [path for path in folder.parent.iterdir() if lab.name in path.name]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_state_file_is_said_and_everything_goes(
    labs: Callable[[str], Lab], damage: Callable[[Path], object]
) -> None:
    lab = labs("damaged")
    lab.up(clos(1, 1))
    damage(folder_of(lab) / "state.json")
    for refused in (lab.status, lambda: lab.up(clos(1, 1))):
        with pytest.raises(PermanentError, match=r"state\.json is") as told:
            refused()
        assert "lab down" in told.value.hint
    said: list[str] = []
    assert lab.down(said.append)
    assert "state.json is" in said[0]
    assert_nothing_is_left(lab)


def test_systemd_hosts_go_without_a_state_file(labs: Callable[[str], Lab]) -> None:
    lab = labs("machine")
    lab.up(machine())
    assert cgroups.find(folder_of(lab))
    (folder_of(lab) / "state.json").unlink()
    assert lab.down()
    assert_nothing_is_left(lab)


def test_a_lab_whose_folder_was_removed_by_hand_goes(labs: Callable[[str], Lab]) -> None:
    lab = labs("removed")
    lab.up(clos(1, 1))
    subprocess.run(["umount", "--lazy", str(folder_of(lab) / "live")], capture_output=True, check=False)
    shutil.rmtree(folder_of(lab))
    assert processes_of(folder_of(lab))
    assert lab.down()
    assert_nothing_is_left(lab)
    assert not lab.down()


def test_two_ups_at_once_make_one_lab_and_a_down_amid_them_leaves_none(labs: Callable[[str], Lab]) -> None:
    lab = labs("twice")
    done: list[bool] = []
    ups = [threading.Thread(target=lambda: done.append(lab.up(clos(1, 2)).complete)) for _ in range(2)]
    for up in ups:
        up.start()
    for up in ups:
        up.join(60)
    assert done == [True, True]
    assert [node.boots for node in lab.status().nodes] == [1] * 5
    again = threading.Thread(target=lambda: lab.up(clos(1, 4)))
    again.start()
    while not folder_of(lab).with_name(".twice.lock").exists():
        time.sleep(0.01)
    assert lab.down()
    again.join(60)
    lab.down()
    assert_nothing_is_left(lab)


def test_a_lock_that_is_held_names_its_holder(tmp_path: Path) -> None:
    with (
        locked(tmp_path / ".x.lock", "x"),
        pytest.raises(TemporaryError, match=rf"lab x \(process {os.getpid()}\)") as told,
        locked(tmp_path / ".x.lock", "x", timeout_s=0.1),
    ):
        pass
    assert told.value.exit is Exit.LOCKED


def test_a_change_whose_lab_is_taken_down_says_so_and_ends(labs: Callable[[str], Lab], tmp_path: Path) -> None:
    """Its devices are gone: nothing reverts them, nobody is to look at them, and nothing is waited for."""
    lab = labs("change")
    operator = Shell(tmp_path, Path(os.environ["RTMCTL_LAB_STATE"]), tmp_path / "store.db")
    (tmp_path / "site.yaml").write_text(MORE + "environment: lab\n")
    for words in ("net lock", "lab up"):
        operator.run(words)
    with subprocess.Popen(
        [RTMCTL, "net", "apply", "--yes"],
        env=operator.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as apply:
        assert apply.stdout is not None
        for line in apply.stdout:
            if line.startswith("wave 1/"):
                break
        assert lab.down()
        said = apply.stdout.read()
        assert apply.wait(20) == Exit.FAILED
    assert "error: lab change was taken down amid this change" in said
    assert "Traceback" not in said
    assert_nothing_is_left(lab)
