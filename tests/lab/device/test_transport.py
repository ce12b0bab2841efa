"""What goes wrong between here and the device: each is an error of its own that names device and step."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from rtmctl.base import PermanentError
from rtmctl.device import Endpoint, connect, errors, fan_out
from rtmctl.device import ssh as transport
from tests.lab.device.conftest import AGENT, Device


async def read(endpoint: Endpoint) -> str:
    session = await connect(endpoint)
    try:
        return (await session.running()).version
    finally:
        await session.close()


def refused(host: str, port: int) -> socket.socket:
    raise ConnectionRefusedError(111, "Connection refused")


def silent(host: str, port: int) -> socket.socket:
    """Connected to something that never says a word."""
    ours, theirs = socket.socketpair()
    _kept.append(theirs)
    return ours


def babbling(host: str, port: int) -> socket.socket:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)
    theirs.close()
    return ours


_kept: list[socket.socket] = []


def other_key(folder: Path) -> Path:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = folder / "other"
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    return path


def other_host_key(endpoint: Endpoint, folder: Path) -> Path:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    path = folder / "known"
    path.write_text(f"{endpoint.address} {key}\n")
    return path


CASES: dict[str, tuple[Callable[[Endpoint, Path], dict[str, Any]], type[Exception], str]] = {
    "refused connection": (lambda e, f: {"dial": refused}, errors.Unreachable, "refused"),
    "silence": (lambda e, f: {"dial": silent}, errors.TimedOut, "within"),
    "no SSH server": (lambda e, f: {"dial": babbling}, errors.Unreachable, "connect"),
    "refused login": (lambda e, f: {"key": other_key(f)}, errors.LoginRefused, "refused"),
    "no such user": (lambda e, f: {"user": "nobody"}, errors.LoginRefused, "nobody"),
    "key file missing": (lambda e, f: {"key": f / "absent"}, errors.LoginRefused, "absent"),
    "changed host key": (lambda e, f: {"known_hosts": other_host_key(e, f)}, errors.HostKeyChanged, "another host key"),
    "unknown platform": (lambda e, f: {"platform": "toaster"}, PermanentError, "toaster"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_connection_that_fails_says_how(
    node: Device, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport.open_ssh, "__defaults__", (2.0,))
    monkeypatch.setattr(transport.AgentChannel.open.__func__, "__defaults__", (2.0, transport.AGENT_PROGRAM))
    changes, error, words = CASES[case]
    endpoint = node.endpoint()
    with pytest.raises(error, match=words) as caught:
        asyncio.run(read(replace(endpoint, **changes(endpoint, tmp_path))))
    assert node.name in str(caught.value)
    assert getattr(caught.value, "hint", "")


AGENTS = {
    "missing": (f"mv {AGENT} {AGENT}.away", errors.AgentMissing),
    "garbage": (
        f"cp {AGENT} {AGENT}.away; printf '#!/bin/sh\\nwhile read x; do echo hello; done\\n' > {AGENT}",
        errors.Garbage,
    ),
    "dies": (f"cp {AGENT} {AGENT}.away; printf '#!/bin/sh\\nread x; exit 3\\n' > {AGENT}", errors.Unreachable),
    "half an answer": (
        f"cp {AGENT} {AGENT}.away; printf '#!/bin/sh\\nread x; echo 500; echo {{}}\\n' > {AGENT}",
        errors.Unreachable,
    ),
}


@pytest.mark.parametrize("case", AGENTS)
def test_an_agent_that_is_none_is_named(node: Device, case: str) -> None:
    script, error = AGENTS[case]
    node.sh(script)
    try:
        with pytest.raises(error, match=node.name):
            asyncio.run(read(node.endpoint()))
    finally:
        node.sh(f"mv {AGENT}.away {AGENT}; chmod 755 {AGENT}")


def test_sudo_that_refuses_is_named(node: Device) -> None:
    node.sh("mv /etc/sudoers.d/rtmctl /root/")
    try:
        with pytest.raises(errors.SudoRefused, match="sudo"):
            asyncio.run(read(node.endpoint()))
    finally:
        node.sh("mv /root/rtmctl /etc/sudoers.d/")


def test_one_bad_device_stops_no_other(node: Device) -> None:
    good = node.endpoint()
    bad = replace(good, name="bad", dial=refused)
    results, failures = asyncio.run(fan_out([good, bad], read, at_once=1))
    assert list(results) == [good] and list(failures) == [bad]


def test_show_runs_nothing_but_show(device: Device) -> None:
    async def work(session: Any) -> None:
        assert "FRRouting" in await session.show("show version")
        for command in (
            "configure terminal",
            "show version\nwrite",
            "show version | redirect x",
            "show version; reboot",
        ):
            with pytest.raises(errors.ChangeRefused):
                await session.show(command)

    device.do(work)
