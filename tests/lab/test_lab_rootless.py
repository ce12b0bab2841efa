"""The whole lab as an ordinary user. Images of his own are built once, into a folder that later runs find again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = Path("/var/tmp/rtmctl-rootless-test")

PROGRAM = """
from rtmctl.lab import Choices, open_lab
from tests.lab import test_lab_form as form
lab = open_lab("rootless")
try:
    assert lab.up(form.FABRIC, Choices()).complete
    access = lab.access("leaf1")
    with access.dial(access.address, access.port) as socket:
        assert socket.recv(8) == b"SSH-2.0-"
    assert lab.run("leaf1", "stat", "-c", "%U", "/etc/frr/frr.conf").stdout == "frr\\n"
    for device in form.FABRIC.devices:
        form.configure(lab, device.name)
    form.check_pairs(lab)
    lab.reboot("leaf1")
    form.check_pairs(lab)
finally:
    assert lab.down()
print("all well")
"""


def test_fabric_with_vrfs_runs_without_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to become an ordinary user with subordinate ids")
    if shutil.which("newuidmap") is None:
        pytest.skip("newuidmap (package uidmap) is not installed")
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    command = ["unshare", "--mount", "sh", str(HERE / "as_user.sh"), str(FOLDER), sys.base_prefix]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    done = subprocess.run(
        [*command, sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
        check=False,
    )
    assert done.stdout.endswith("all well\n"), done.stdout + done.stderr
