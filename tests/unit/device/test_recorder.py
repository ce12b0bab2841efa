"""The recorder's parts by themselves: its file, its bounded outlet, its filter for flows."""

import ast
import io
import json
import os
import struct
import subprocess
import sys
import time
import zipfile
from ipaddress import ip_address
from pathlib import Path

import pytest

from rtmctl.device import recorder
from rtmctl.device.frr.install import SUDOERS, installed_files, recorder_file
from rtmctl.device.recorder import flows, outlet
from rtmctl.device.recorder.outlet import Outlet

MODULES = sorted(Path(recorder.__file__).parent.glob("*.py"))
PORT = 20000


def test_a_switch_is_given_it_and_may_run_it() -> None:
    (file,) = [f for f in installed_files() if f.path.endswith("/recorder")]
    assert file.content == recorder_file() and file.mode == 0o755 and file.path in SUDOERS
    assert len(zipfile.ZipFile(io.BytesIO(file.content)).namelist()) >= len(MODULES) + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_python_3_9_and_needs_only_the_standard_library(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 9))):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.level or (node.module or "").partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("words", [[], ["walk"], ["run", "1", "2"]], ids=str)
def test_what_it_does_not_understand_it_refuses(tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "recorder"
    path.write_bytes(recorder_file())
    done = subprocess.run([sys.executable, "-IS", str(path), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("usage:") and not done.stdout


def pipe() -> tuple[int, Outlet]:
    reading, writing = os.pipe()
    return reading, Outlet(writing)


def test_lines_come_out_as_they_went_in() -> None:
    reading, out = pipe()
    out.line("daemon", 5, "bgpd", True)
    assert out.flush()
    assert json.loads(os.read(reading, 1000)) == ["daemon", 5, "bgpd", True]


def test_a_reader_that_does_not_read_is_not_waited_for_and_told_what_was_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlet, "LIMIT", 300_000)
    reading, out = pipe()
    began = time.monotonic()
    for number in range(2000):
        out.line("netlink", number, "", "x" * 1000)
        assert out.flush()
    assert time.monotonic() - began < 10
    os.set_blocking(reading, False)
    text = b""
    for _ in range(1000):
        out.flush()
        try:
            text += os.read(reading, 1 << 20)
        except BlockingIOError:
            break
    out.line("netlink", 9999, "", "last")
    out.flush()
    text += os.read(reading, 1 << 20)
    lines = [json.loads(line) for line in text.splitlines()]
    (doubt,) = [line for line in lines if line[0] == "doubt"]
    kept = sum(line[0] == "netlink" for line in lines) - 1
    assert lines[-1][1] == 9999 and doubt[2] == f"{2000 - kept} events were dropped: nobody read them"


def test_a_reader_that_is_gone_is_noticed() -> None:
    reading, out = pipe()
    os.close(reading)
    out.line("hello", 1, {})
    assert not out.flush()


def udp(source: str, destination: str, source_port: int, port: int, *, data: bytes = b"") -> bytes:
    """An Ethernet frame."""
    a, b = ip_address(source), ip_address(destination)
    segment = struct.pack("!HHHH", source_port, port, 8 + len(data), 0) + data
    if a.version == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 17, 0)
        return bytes(12) + b"\x08\x00" + head + a.packed + b.packed + segment
    head = struct.pack("!IHBB", 6 << 28, len(segment), 17, 64)
    return bytes(12) + b"\x86\xdd" + head + a.packed + b.packed + segment


def vxlan(inner: bytes) -> bytes:
    return udp("10.255.0.1", "10.255.0.2", 50000, 4789, data=struct.pack("!II", 8 << 24, 99 << 8) + inner)


def accepted(program: list[flows.Instruction], frame: bytes) -> bool:
    """What the kernel does with a classic BPF program of these few instructions (linux/filter.h)."""
    at = value = 0
    while True:
        code, yes, no, operand = program[at]
        at += 1
        if code == 0x06:
            return operand > 0
        if code == 0x15:
            at += yes if value == operand else no
            continue
        size = {0x28: 2, 0x30: 1}[code]
        if operand + size > len(frame):
            return False
        value = int.from_bytes(frame[operand : operand + size], "big")


V4 = udp("10.1.10.1", "10.1.20.1", 20001, PORT)
V6 = udp("2001:db8::1", "2001:db8::2", 20001, PORT)
TCP = V4[:23] + b"\x06" + V4[24:]
CASES = [
    ("IPv4", V4, True),
    ("IPv6", V6, True),
    ("IPv4 in VXLAN", vxlan(V4), True),
    ("IPv6 in VXLAN", vxlan(V6), True),
    ("another port", udp("10.1.10.1", "10.1.20.1", 20001, 53), False),
    ("another port, IPv6", udp("2001:db8::1", "2001:db8::2", 20001, 53), False),
    ("from that port", udp("10.1.10.1", "10.1.20.1", PORT, 20001), False),
    ("another port in VXLAN", vxlan(udp("10.1.10.1", "10.1.20.1", PORT, 53)), False),
    ("TCP", TCP, False),
    ("TCP in VXLAN", vxlan(TCP), False),
    ("ARP", bytes(12) + b"\x08\x06" + bytes(46), False),
    ("ARP in VXLAN", vxlan(bytes(12) + b"\x08\x06" + bytes(28)), False),
    ("cut short", V4[:30], False),
    ("empty VXLAN", vxlan(b""), False),
]


@pytest.mark.parametrize(("frame", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_filter_lets_the_probes_packets_through_and_no_others(frame: bytes, wanted: bool) -> None:
    assert accepted(flows.filter_of(PORT), frame) is wanted


@pytest.mark.parametrize("frame", [V4, vxlan(V4), V6, vxlan(V6)], ids=["IPv4", "VXLAN", "IPv6", "IPv6 in VXLAN"])
def test_a_flow_is_that_of_the_innermost_packet(frame: bytes) -> None:
    seen = flows.sighted(True, flows.flow_bytes(frame))
    source = "10.1.10.1" if b"\x0a\x01\x0a\x01" in frame else "2001:db8::1"
    assert (seen.source, seen.source_port, seen.port, seen.outgoing) == (source, 20001, PORT, True)
