"""DHCP messages through the relay, its file, and what the agent makes of its process."""

import contextlib
import fcntl
import json
import os
import struct
import subprocess
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.device.frr.agent.device import Device
from rtmctl.device.frr.agent.relay import relay_section
from rtmctl.device.frr.install import relay_file
from rtmctl.device.frr.relay import dhcp4, dhcp6, read_lines
from rtmctl.device.frr.relay.dropped import Dropped

GATEWAY, LOOPBACK = IPv4Address("10.9.10.1"), IPv4Address("10.255.16.1")
ADDRESSES = ("ciaddr", "yiaddr", "siaddr", "giaddr")
MAC = bytes.fromhex("020000000001")
LINE = "vlan10 vrf red link 10.9.10.1 source 10.255.16.1 servers 10.9.20.9 10.9.20.10\n"


def message(operation: int = 1, options: bytes = b"\x35\x01\x01\x37\x02\x01\x03", **fields: bytes | int) -> bytes:
    """A DHCP message as RFC 2131 §2 draws it; the end option and some filling at its end."""
    given = {
        "htype": 1,
        "hlen": 6,
        "hops": 0,
        "flags": 0,
        "ciaddr": b"",
        "yiaddr": b"",
        "siaddr": b"",
        "giaddr": b"",
    } | fields
    addresses = b"".join(bytes(given[name]).ljust(4, b"\0") for name in ADDRESSES)
    head = struct.pack("!BBBBIHH", operation, given["htype"], given["hlen"], given["hops"], 7, 0, given["flags"])
    return (head + addresses + MAC).ljust(236, b"\0") + b"\x63\x82\x53\x63" + options + b"\xff" + bytes(40)


def request(**fields: bytes | int) -> bytes:
    return message(**fields)


def reply(agent: bytes = b"\x01\x06vlan10\x05\x04\x0a\x09\x0a\x01", **fields: bytes | int) -> bytes:
    own = bytes([82, len(agent)]) + agent if agent else b""
    return message(2, b"\x35\x01\x02" + own + b"\x33\x04\0\0\0\x3c", **{"giaddr": LOOPBACK.packed, **fields})


def test_servers_are_asked_from_the_loopback_about_the_gateways_subnet() -> None:
    sent = dhcp4.to_server(request(hops=2), "vlan10", GATEWAY, LOOPBACK)
    assert sent[24:28] == LOOPBACK.packed and sent[3] == 3 and sent[28:34] == MAC
    agent = b"\x01\x06vlan10" + b"\x05\x04" + GATEWAY.packed
    assert sent[240:].rstrip(b"\0") == b"\x35\x01\x01\x37\x02\x01\x03" + bytes([82, len(agent)]) + agent + b"\xff"
    assert len(sent) >= 300


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "too short": (lambda: request()[:239], "no DHCP message"),
    "no cookie": (lambda: request().replace(b"\x63\x82", b"\0\0"), "no DHCP message"),
    "a reply from a host": (reply, "wrong direction"),
    "another medium": (lambda: request(htype=6), "not Ethernet"),
    "a loop": (lambda: request(hops=16), "too many hops"),
    "a host that says it is a relay": (lambda: request(giaddr=GATEWAY.packed), "giaddr from a host"),
    "a host with option 82": (lambda: message(1, b"\x52\x02\x01\x00"), "option 82 from a host"),
    "an option beyond the end": (lambda: message(1, b"\x0c\xfe"), "an option is cut off"),
}


@pytest.mark.parametrize(("made", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_hosts_request_is_dropped(made: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Dropped, match=why):
        dhcp4.to_server(made(), "vlan10", GATEWAY, LOOPBACK)


OFFER = IPv4Address("10.9.10.100")
EVERYBODY = (b"\xff" * 6, IPv4Address("255.255.255.255"))
DELIVERED = {
    "to the address it gets": ({"yiaddr": OFFER.packed}, (MAC, OFFER)),
    "to the address it has": ({"ciaddr": OFFER.packed}, (MAC, OFFER)),
    "to all where it asks so": ({"yiaddr": OFFER.packed, "flags": 0x8000}, EVERYBODY),
    "to all when refused": ({}, EVERYBODY),
}


@pytest.mark.parametrize(("fields", "where"), DELIVERED.values(), ids=DELIVERED.keys())
def test_an_answer_goes_to_its_host_without_the_relays_option(fields: dict[str, bytes], where: tuple) -> None:
    answer = dhcp4.to_client(reply(**fields), LOOPBACK)
    assert (answer.interface, answer.mac, answer.address) == ("vlan10", *where)
    assert answer.message[240:].rstrip(b"\0") == b"\x35\x01\x02\x33\x04\0\0\0\x3c\xff"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: reply(giaddr=b"\x0a\xff\x10\x02"), "giaddr is not ours"),
        (lambda: reply(b""), "no option 82"),
        (lambda: reply(b"\x05\x04\x0a\x09\x0a\x01"), "no option 82"),
        (request, "wrong direction"),
    ],
)
def test_an_answer_that_is_not_ours_is_dropped(made: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Dropped, match=why):
        dhcp4.to_client(made(), LOOPBACK)


@given(st.binary(max_size=600), st.booleans())
def test_no_bytes_end_the_relay(noise: bytes, framed: bool) -> None:
    text = message(2, noise[:200], giaddr=LOOPBACK.packed) if framed else noise
    for relayed in (
        lambda: dhcp4.to_server(text, "vlan10", GATEWAY, LOOPBACK),
        lambda: dhcp4.to_client(text, LOOPBACK),
        lambda: dhcp6.to_client(b"\x0d" + text if framed else text),
        lambda: dhcp6.to_server(text, "vlan10", IPv6Address("2001:db8::1"), IPv6Address("fe80::2")),
    ):
        with contextlib.suppress(Dropped):
            relayed()


@given(st.binary(max_size=64), st.integers(1, 2**32 - 1).map(IPv4Address))
def test_an_answers_packet_has_right_checksums(text: bytes, address: IPv4Address) -> None:
    packet = dhcp4.datagram(GATEWAY, dhcp4.Answer("vlan10", MAC, address, text))
    udp = packet[20:]
    pseudo = GATEWAY.packed + address.packed + struct.pack("!BBH", 0, 17, len(udp))
    for covered in (packet[:20], pseudo + udp + b"\0" * (len(udp) % 2)):
        total = sum(struct.unpack(f"!{len(covered) // 2}H", covered))
        assert (total % 0xFFFF, total > 0) == (0, True)
    assert struct.unpack("!HH", udp[:4]) == (67, 68) and int.from_bytes(packet[2:4], "big") == len(packet)


def test_dhcpv6_comes_back_to_the_interface_and_host_it_came_from() -> None:
    link, host, solicit = IPv6Address("2001:db8:10::1"), IPv6Address("fe80::2"), b"\x01abc\0\x01\0\0"
    forward = dhcp6.to_server(solicit, "vlan10", link, host)
    assert (forward[0], forward[1], forward[2:18], forward[18:34]) == (12, 0, link.packed, host.packed)
    assert dhcp6.to_client(b"\x0d" + forward[1:]) == dhcp6.Answer("vlan10", host, solicit)
    for spoofed in (forward, b"\x0d" + forward[1:], b"\x02abc"):
        with pytest.raises(Dropped):
            dhcp6.to_server(spoofed, "vlan10", link, host)


def test_the_file_is_read_line_by_line() -> None:
    (relay,) = read_lines(f"# leaf1\n\n{LINE}")
    assert relay.line + "\n" == LINE and relay.version == 4
    for bad in (
        "vlan10 vrf red link 10.9.10.1",
        LINE.replace("10.9.20.10", "2001:db8::1"),
        LINE.replace("9.20.9", "x"),
    ):
        with pytest.raises(ValueError, match="line 2: "):
            read_lines(f"\n{bad}")
    with pytest.raises(ValueError, match="line 2: vlan10 is relayed twice in IPv4"):
        read_lines(LINE + LINE)


def test_the_packed_program_says_what_is_wrong(tmp_path: Path) -> None:
    program = tmp_path / "dhcp-relay"
    program.write_bytes(relay_file())
    if os.geteuid() != 0:
        pytest.skip("the relay runs as root")

    def check(text: str) -> tuple[int, str]:
        command = ["/usr/bin/python3", "-IS", str(program), "check"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert check(LINE) == (0, "")
    code, said = check("vlan10 to nobody\n")
    assert code == 1 and said.startswith("dhcp-relay: line 1: ") and "Traceback" not in said


@pytest.mark.parametrize(
    ("alive", "served", "seen"),
    [(True, LINE, f"# kept\n{LINE}"), (True, "vlan9 old\n", "vlan9 old\n"), (False, LINE, ""), (True, None, "")],
    ids=["serves its file", "serves another", "is dead", "has not begun"],
)
def test_the_section_is_what_the_process_serves(tmp_path: Path, alive: bool, served: str | None, seen: str) -> None:
    device = Device(lambda *_: None, str(tmp_path))
    file = Path(device.file_of("dhcp-relay"))
    file.parent.mkdir(parents=True)
    file.write_text(f"# kept\n{LINE}")
    with (Path(device.run_dir) / "dhcp-relay.lock").open("w") as lock:
        if alive:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if served is not None:
            (Path(device.run_dir) / "dhcp-relay.json").write_text(json.dumps({"file": served, "relays": []}))
        assert relay_section(device) == seen
