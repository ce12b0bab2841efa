"""A lock file that is in doubt is refused, at the line that is in doubt."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fabric_sites import site, switches

from rtmctl.base import SiteInvalid
from rtmctl.fabric import (
    Kind,
    Lock,
    allocate,
    dump_lock,
    parse_lock,
    parse_merged,
    read_lock,
    resolve,
    stale,
    write_lock,
)
from rtmctl.fabric.lockfile import MAX_BYTES

LOCK = """\
version: 1
asn:
  leaf1: 4200000001
  leaf2: 4200000002
port:
  leaf1 spine1: swp49
  leaf2 spine1: swp49
complete: true
"""

REFUSED = [
    ("cut at a line", LOCK.replace("complete: true\n", ""), "lock-truncated", 7),
    ("cut in a line", LOCK[: LOCK.index("4200000002") + 4], "lock-truncated", 3),
    ("cut in the version", "vers", "lock-truncated", 1),
    ("empty", "", "lock-truncated", 1),
    ("a list", "- 1\n", "lock-truncated", 1),
    ("merge markers", LOCK.replace("  leaf2: 42", "<<<<<<< HEAD\n  leaf2: 42", 1), "lock-conflict", 4),
    ("newer version", LOCK.replace("version: 1", "version: 2"), "lock-newer", 1),
    ("a version before the first", LOCK.replace("version: 1", "version: 0"), "lock-wrong-type", 1),
    ("no version", LOCK.replace("version: 1\n", ""), "lock-wrong-type", 1),
    ("a mapping for a value", LOCK.replace("4200000002", "{a: 1}"), "lock-wrong-type", 4),
    ("no value", LOCK.replace(" 4200000002", ""), "lock-wrong-type", 4),
    ("a section that is a value", LOCK.replace("asn:\n", "asn: 3\nrd:\n"), "lock-wrong-type", 2),
    ("an unknown section", LOCK.replace("asn:", "asns:"), "lock-unknown-kind", 2),
    ("a name twice", LOCK.replace("leaf2: 42", "leaf1: 42"), "lock-duplicate", 4),
    ("a section twice", LOCK.replace("port:", "asn:\n  leaf3: 4200000003\nport:"), "lock-duplicate", 5),
    ("a value twice", LOCK.replace("asn:", "vtep:").replace("4200000002", "4200000001"), "lock-collision", 4),
    ("a port twice", LOCK.replace("leaf2 spine1", "leaf1 spine2"), "lock-collision", 7),
    ("a value that is an alias", LOCK.replace("leaf1: ", "leaf1: &a ").replace("swp49", "*a", 1), "lock-wrong-type", 6),
    ("a list for a section", LOCK.replace("port:", "rd: [{a: 1}, [b]]\nport:"), "lock-wrong-type", 5),
    ("a second document", LOCK + "---\n" + LOCK, "lock-syntax", 9),
    ("a hundred thousand braces", LOCK.replace("port:", "rd: " + "{" * 100_000), "lock-wrong-type", 5),
    ("a byte that is no character", LOCK.replace("leaf1 spine1", "leaf1\0spine1"), "lock-syntax", 1),
    ("not YAML", LOCK.replace("port:", "port: ["), "lock-syntax", 7),
]


@pytest.mark.parametrize(("text", "code", "line"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_lock_in_doubt_is_refused_at_its_line(text: str, code: str, line: int) -> None:
    with pytest.raises(SiteInvalid) as error:
        parse_lock(text)
    finding = error.value.findings[0]
    assert finding.where is not None
    assert (finding.code, finding.where.file, finding.where.line) == (code, "rtmctl.lock.yaml", line)


def test_every_mistake_is_reported_in_one_run() -> None:
    text = LOCK.replace("4200000002", "{a: 1}").replace("leaf2 spine1", "leaf1 spine2")
    with pytest.raises(SiteInvalid) as error:
        parse_lock(text)
    assert [f.code for f in error.value.findings] == ["lock-wrong-type", "lock-collision"]


def test_an_as_held_twice_is_for_the_site_to_allow() -> None:
    twice = parse_lock(LOCK.replace("4200000002", "4200000001"))
    (finding, *_) = stale(site(), twice)
    assert finding.where is not None
    assert (finding.code, finding.where.line) == ("lock-collision", 4)
    assert [f.code for f in stale(site(fabric={"allow_shared_as": True}), twice)] == ["lock-stale"]


def test_the_same_port_name_on_two_switches_is_no_collision() -> None:
    assert parse_lock(LOCK).of(Kind.PORT) == {"leaf1 spine1": "swp49", "leaf2 spine1": "swp49"}


def test_the_file_is_written_whole_and_read_back(tmp_path: Path) -> None:
    assert read_lock(tmp_path) == Lock.empty()
    lock = allocate(site(switches=switches(2, 4)), Lock.empty())
    write_lock(tmp_path, lock)
    assert read_lock(tmp_path) == lock
    assert [path.name for path in tmp_path.iterdir()] == ["rtmctl.lock.yaml"]


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "not UTF-8": (lambda path: path.write_bytes(b"\xff\xfe"), "lock-syntax"),
    "a folder": (Path.mkdir, "lock-unreadable"),
    "a pipe": (os.mkfifo, "lock-unreadable"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "lock-unreadable"),
    "a loop": (lambda path: path.symlink_to(path), "lock-unreadable"),
    "too large": (lambda path: (path.touch(), os.truncate(path, MAX_BYTES + 1)), "lock-unreadable"),
}


@pytest.mark.parametrize(("make", "code"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_a_finding(tmp_path: Path, make: Callable[[Path], object], code: str) -> None:
    make(tmp_path / "rtmctl.lock.yaml")
    with pytest.raises(SiteInvalid) as error:
        read_lock(tmp_path)
    assert error.value.findings[0].code == code


def test_a_conflicted_file_is_resolved_in_favour_of_the_base() -> None:
    base = parse_lock(LOCK.replace("  leaf2: 4200000002\n", "  leaf2: 4200000002\n  leaf3: 4200000007\n"))
    conflicted = LOCK.replace(
        "  leaf2: 4200000002\n",
        "  leaf2: 4200000002\n"
        "<<<<<<< HEAD\n  leaf3: 4200000008\n  leaf4: 4200000007\n||||||| 1234\n  leaf9: 1\n"
        "=======\n  leaf3: 4200000007\n>>>>>>> main\n",
    )
    merged = parse_merged(conflicted, base)
    assert merged.of(Kind.ASN)["leaf3"] == "4200000007"
    assert "leaf9" not in merged.of(Kind.ASN)
    resolved = resolve(merged, base)
    assert resolved.of(Kind.ASN) == base.of(Kind.ASN), "leaf4 collided with leaf3 and is to be allocated anew"
    assert parse_lock(dump_lock(resolved)) == resolved


def test_a_section_that_both_sides_added_is_joined() -> None:
    conflicted = LOCK.replace("complete", "<<<<<<< a\nrd:\n  vrf:x: 2\n=======\nrd:\n  vrf:y: 2\n>>>>>>> b\ncomplete")
    base = parse_lock(LOCK.replace("complete", "rd:\n  vrf:y: 2\ncomplete"))
    assert resolve(parse_merged(conflicted, base), base).of(Kind.RD) == {"vrf:y": "2"}


BAD_VALUES = [
    (Kind.ASN, "leaf1", "hello"),
    (Kind.ASN, "leaf1", "007"),
    (Kind.ASN, "leaf1", "４２"),
    (Kind.LOOPBACK, "leaf1", "10.255.0.999"),
    (Kind.LOOPBACK, "leaf1", "2001:db8::1"),
    (Kind.P2P, "spine1:leaf1", "10.254.0.1/31"),
    (Kind.P2P, "spine1:leaf1", "10.254.0.0/30"),
]


@pytest.mark.parametrize(("kind", "name", "value"), BAD_VALUES, ids=[f"{c[0]} {c[2]}" for c in BAD_VALUES])
def test_a_value_that_its_kind_cannot_have_is_named_at_its_line(kind: Kind, name: str, value: str) -> None:
    wanted = site(fabric={"underlay": "numbered"})
    text = dump_lock(allocate(wanted, Lock.empty()))
    section = text.index(f"{kind}:\n")
    start = text.index(f"  {name}: ", section) + len(f"  {name}: ")
    edited = f"{text[:start]}{value}{text[text.index(chr(10), start) :]}"
    (finding,) = stale(wanted, parse_lock(edited))
    assert finding.code == "lock-bad-value"
    assert finding.where is not None
    assert edited.splitlines()[finding.where.line - 1] == f"  {name}: {value}"


def test_a_lock_of_a_hundred_thousand_lines_comes_back() -> None:
    held = {f"web host:h{n}": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(100_000)}
    lock = Lock({Kind.ADDRESS: held})
    assert parse_lock(dump_lock(lock)) == lock
