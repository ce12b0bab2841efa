"""What is wrong before a device is even asked; the rest is tested on real ones."""

import asyncio
import socket
from pathlib import Path

import pytest

from rtmctl.device.endpoint import Endpoint
from rtmctl.device.errors import LoginRefused
from rtmctl.device.ssh import open_ssh


def not_dialled(_address: str, _port: int) -> socket.socket:
    raise AssertionError("the device was asked")


@pytest.mark.parametrize("content", [b"\xa4\xff garbage", b"leaf1\n"], ids=["not text", "a name alone"])
def test_known_hosts_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(content)
    endpoint = Endpoint("leaf1", "frr", "192.0.2.1", 22, "rtmctl", None, path, not_dialled)
    with pytest.raises(LoginRefused, match=f"known_hosts file {path} cannot be read"):
        asyncio.run(open_ssh(endpoint))
