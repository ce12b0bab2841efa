"""An operator's whole story on the demo site, told by the real `rtmctl` over a real lab; in this order."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from operator_shell import HANG_S, Shell, wait_for

FIRST, SECOND = "to: stream, protocol: tcp, ports: [9092]}", "to: stream, protocol: tcp, ports: [9092, 9093]}"
"""the site before and after the change that is made again and again: a port that all leafs let pass"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if os.geteuid() != 0:
        pytest.skip("labs in tests run as root")
    work = tmp_path_factory.mktemp("operator")
    shell = Shell(work / "demo", work / "labs", work / "store.db")
    shell.run(f"init {shell.site} --example demo")
    try:
        yield shell
    finally:
        shell.run("lab down", expect=None)


def edit(shell: Shell, now: str) -> None:
    """Change the site as an operator does: the file, then the lock."""
    file = shell.site / "site.yaml"
    before = SECOND if now == FIRST else FIRST
    file.write_text(file.read_text().replace(before, now))
    assert now in file.read_text()
    shell.run("net lock")


def latest(shell: Shell) -> str:
    """The id of the newest change that came to its end."""
    rows = [json.loads(line) for line in shell.run("net history --output json").out.splitlines()]
    return next(str(row["id"]) for row in rows if row["outcome"] in ("confirmed", "applied, unconfirmed"))


def test_a_site_and_a_lab(shell: Shell) -> None:
    assert "valid" in shell.run("validate").out
    assert "12 of 12 nodes run" in shell.run("lab up").out
    assert "12 of 12 nodes run" in shell.run("lab up").out, "up again changes nothing"
    assert json.loads(shell.run("lab status --output json").out)["running"]


def test_first_change(shell: Shell) -> None:
    planned = shell.run("net plan --brief --exit-code", expect=4).out
    assert "6 devices" in planned and "rtmctl net apply" in planned
    assert "--yes answers" in shell.run("net apply", expect=12).err, "nobody to ask, so nothing is done"
    assert "confirmed: 6 devices" in shell.run("net apply --yes").out
    assert "verified" in shell.run("net verify --wait 60").out
    assert "nothing to do" in shell.run("net apply --yes").out
    shell.run("net plan --exit-code")
    shell.run("net drift")


def test_looking(shell: Shell) -> None:
    assert "leaf1: leaf" in shell.run("net show leaf1").out
    assert "leaf2" in shell.run("net where broker1").out
    assert "as predicted" in shell.run("net trace report1 report2").out
    assert shell.run("net cabling").out.startswith("device,port,")
    assert shell.run("lab exec leaf1 -- hostname").out.strip() == "leaf1"


def test_a_filter_emptied_by_hand(shell: Shell) -> None:
    """The path back from the far end is still filtered, so that no answer shows it: the rules do, and what arrives."""
    inside = (
        "ip netns exec events " if "events" in shell.run("lab exec leaf1 -- ls /run/netns", expect=None).out else ""
    )
    shell.run(f"lab exec leaf1 -- {inside}/usr/sbin/nft flush chain inet rtmctl from-collect")
    assert "leaf1 nftables" in shell.run("net drift", expect=4).out
    assert "leaf1: collector1 → " in shell.run("net verify --check matrix --check flows", expect=5).out
    assert "confirmed: 1 device" in shell.run("net apply --yes").out
    shell.run("net drift")


def test_a_plan_file_goes_stale(shell: Shell, tmp_path: Path) -> None:
    edit(shell, SECOND)
    file = tmp_path / "plan.json"
    kept = shell.run(f"net plan -o {file} --brief").out
    assert f"rtmctl net apply {file}" in kept
    shell.run(f"net apply {file} --yes --reason another-port")
    assert "plan" in shell.run(f"net apply {file} --yes", expect=10).err
    shell.run("net plan --exit-code")


def test_history_and_rollback(shell: Shell) -> None:
    change = latest(shell)
    told = shell.run("net history").out
    assert change in told and "another-port" in told
    assert "confirmed" in shell.run(f"net rollback {change} --yes").out
    assert "9093" in shell.run("net plan").out, "the devices are back, the site is not"
    edit(shell, FIRST)
    shell.run("net plan --exit-code")


def test_drain(shell: Shell) -> None:
    assert "collector1" in shell.run("net drain leaf1 --reason fan", expect=12).err
    shell.run("net drain spine1 --reason fan")
    assert re.search(r"spine1 is drained .*fan", shell.run("net plan").out)
    assert "drained, and treated so: spine1" in shell.run("net verify --wait 60").out
    assert "spine1" in shell.run("net drift").out
    by_way_of = transit(shell, "spine1", "spine2")
    assert by_way_of["spine1"] < by_way_of["spine2"] / 3, "hosts talk, and the drained spine's ports are at their floor"
    shell.run("net undrain spine1")
    shell.run("net plan --exit-code")


def transit(shell: Shell, *spines: str) -> dict[str, int]:
    """Packets that each spine's ports carry while one host pings another two thousand times."""

    def carried(spine: str) -> int:
        links = json.loads(shell.run(f"lab exec {spine} -- ip -j -s link").out)
        ports = [link for link in links if link["ifname"].startswith("swp")]
        assert ports
        return sum(int(link["stats64"][way]["packets"]) for link in ports for way in ("rx", "tx"))

    before = {spine: carried(spine) for spine in spines}
    shell.run("lab exec collector1 -- ping -q -c 2000 -i 0.001 " + address(shell, "broker2"))
    return {spine: carried(spine) - before[spine] for spine in spines}


def address(shell: Shell, host: str) -> str:
    found = json.loads(shell.run(f"net where {host} --output json").out)
    return next(a for sighting in found["sightings"] for a in sighting["addresses"] if "." in a)


def test_confirm_within(shell: Shell) -> None:
    edit(shell, SECOND)
    told = shell.run("net apply --yes --confirm-within 60").out
    change = latest(shell)
    assert f"net confirm {change}" in told
    assert f"change {change} is not settled" in shell.run("net plan").out
    shell.run(f"net confirm {change}")
    assert shell.run("net plan --exit-code").out.startswith("nothing to do")


def test_unconfirmed_it_reverts(shell: Shell) -> None:
    edit(shell, FIRST)
    shell.run("net apply --yes --confirm-within 8")
    until = time.monotonic() + HANG_S
    while "not settled" in (told := shell.run("net plan --brief").out):
        assert time.monotonic() < until, told
        time.sleep(1)
    assert "4 devices of lab demo" in told, "the old text runs again"
    shell.run("net recover")


def test_two_operators(shell: Shell, tmp_path: Path) -> None:
    other = replace(shell, store=tmp_path / "other.db")
    process = shell.begin("net apply --yes --soak 8", tmp_path / "log")
    wait_for("commit done", tmp_path / "log", process)
    assert "lease" in other.run("net apply --yes", expect=9).err
    assert process.wait(HANG_S) == 0, (tmp_path / "log").read_text()


def test_interrupted_it_goes_back(shell: Shell, tmp_path: Path) -> None:
    edit(shell, FIRST)
    shell.run("net apply --yes")
    edit(shell, SECOND)
    done = shell.at("net apply --yes", "commit done", tmp_path / "log", signal.SIGINT)
    assert done.code == 13 and "undoing at the next safe point" in done.out and "as before" in done.out


def test_killed_and_recovered_from_nowhere(shell: Shell, tmp_path: Path) -> None:
    assert shell.at("net apply --yes", "commit done", tmp_path / "log", signal.SIGKILL).code == -signal.SIGKILL
    assert "net recover" in shell.run("net apply --yes", expect=9).err, "the lease outlives its holder for a while"
    elsewhere = replace(shell, store=tmp_path / "empty.db")
    assert "every device is as before" in elsewhere.run("net recover").out
    assert "nothing to recover" in elsewhere.run("net recover").out


def test_a_device_dies_half_way(shell: Shell, tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = shell.begin("net apply --yes --soak 10", log)
    wait_for("commit done", log, process)
    shell.run("lab reboot leaf3")
    code = process.wait(HANG_S)
    told = log.read_text()
    assert code == 8, told
    assert re.search(r"reverted: .*leaf3: \w+", told), told
    assert shell.run("net recover", expect=None).code in (0, 11)


def test_down_leaves_nothing(shell: Shell) -> None:
    assert "removed" in shell.run("lab down").out
    assert "there is none" in shell.run("lab down").out
    assert "lab up" in shell.run("net plan", expect=1).err
