"""`rtmctl audit` as its users call it: on a site whose devices cannot be asked."""

import json
from pathlib import Path

from conftest import Run

from rtmctl.store import open_store


def test_without_devices_the_verdict_is_inconclusive_and_says_why(rtmctl: Run) -> None:
    done = rtmctl("audit", "verify")
    assert done.returncode == 7, done.stdout
    assert "not checked: whether its end was cut off" in done.stdout
    assert "lab demo does not run" in done.stdout
    done = rtmctl("audit", "verify", "--offline")
    assert done.returncode == 0
    assert "not checked" in done.stdout


def test_what_was_tampered_with_is_exit_5_without_any_device(rtmctl: Run, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store.db"))
    for number in range(3):
        store.audit("ann@desk", "apply", json.dumps({"devices": ["leaf1"], "change": f"c{number}"}), float(number))
    store.close()
    shown = [json.loads(line) for line in rtmctl("audit", "show", "--output", "json").stdout.splitlines()]
    assert [(one["number"], one["change"], one["by"]) for one in shown] == [
        (number, f"c{number - 1}", "ann@desk") for number in (1, 2, 3)
    ]
    assert rtmctl("audit", "verify", "--offline").returncode == 0
    wrong = rtmctl("audit", "verify", "--offline", "--head", "ab" * 32)
    assert wrong.returncode == 5
    assert "audit-cut" in wrong.stdout
    key = tmp_path / "store.db.audit-key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    done = rtmctl("audit", "verify", "--offline", "--output", "json")
    assert done.returncode == 5
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault["code"] == "audit-key-unknown"
    assert not key.exists(), "looking makes no key"


def test_a_public_key_is_the_same_each_time(rtmctl: Run) -> None:
    first, second = (rtmctl("audit", "key").stdout for _ in range(2))
    assert first.startswith("ssh-ed25519 AAAA")
    assert first == second


def test_a_moment_that_is_none(rtmctl: Run) -> None:
    done = rtmctl("audit", "show", "--since", "yesterday")
    assert (done.returncode, "2026-11-23" in done.stderr) == (2, True)
    assert rtmctl("audit", "show", "--since", "7d").stdout == "no entry\n"
