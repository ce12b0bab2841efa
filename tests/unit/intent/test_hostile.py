"""Input that no site file should be: a finding with its place each time, never anything else."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtmctl.intent import new_site, read_site, read_text
from rtmctl.intent.files import MAX_BYTES

GOOD = new_site("good", 2, 4)


def found(root: Path) -> list[tuple[str, str]]:
    site, findings = read_site(root)
    assert site is None
    return [(f.code, str(f.where)) for f in findings]


def said(text: str) -> list[tuple[str, str]]:
    site, findings = read_text(text)
    assert site is None
    assert all(f.where is not None for f in findings)
    return [(f.code, str(f.where).removeprefix("site.yaml:")) for f in findings]


def test_no_folder(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == [("site-missing", f"{tmp_path}/nowhere:1:1")]


def test_a_file_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    assert found(tmp_path / "site.yaml") == [("site-missing", f"{tmp_path}/site.yaml:1:1")]


def test_an_empty_folder_names_what_might_be_meant(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(GOOD)
    _, findings = read_site(tmp_path)
    assert [(f.code, f.hint) for f in findings] == [("site-missing", "rename site.yml to site.yaml")]


def test_a_folder_for_the_file(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").mkdir()
    assert found(tmp_path) == [("not-a-file", "site.yaml:1:1")]


def test_a_pipe_for_the_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "site.yaml")
    assert found(tmp_path) == [("not-a-file", "site.yaml:1:1")]


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").symlink_to("site.yaml")
    assert found(tmp_path) == [("unreadable", "site.yaml:1:1")]


def test_a_loop_of_folders(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    (tmp_path / "site.d").mkdir()
    (tmp_path / "site.d" / "again").symlink_to(tmp_path)
    site, findings = read_site(tmp_path)
    assert site is not None
    assert findings == ()


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"site: x\ndescription: Krak\xf3w\n", "2:18"),
        ("site: Kraków\n".encode("utf-16"), "1:1"),
        (b"\xff", "1:1"),
        ("# ś\r\n# ".encode() + b"\x80", "2:3"),
    ],
    ids=["latin-2", "utf-16", "one byte", "after two-byte letters"],
)
def test_not_utf8_is_placed_at_the_first_wrong_byte(tmp_path: Path, raw: bytes, where: str) -> None:
    (tmp_path / "site.yaml").write_bytes(raw)
    assert found(tmp_path) == [("bad-encoding", f"site.yaml:{where}")]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    site, findings = read_site(tmp_path)
    assert site is not None
    assert findings == ()


def test_windows_line_ends_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert read_site(tmp_path)[1] == ()


def test_50_mb_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "site.yaml").open("wb") as file:
        file.truncate(50_000_000)
    assert found(tmp_path) == [("too-large", "site.yaml:1:1")]


def test_a_site_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD + "#" * (MAX_BYTES - len(GOOD)))
    assert read_site(tmp_path)[1] == ()


def test_many_files_share_one_limit(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    (tmp_path / "site.d").mkdir()
    half = "# " + "x" * (MAX_BYTES // 2) + "\n"
    for name in ("a", "b"):
        (tmp_path / "site.d" / f"{name}.yaml").write_text(half)
    assert found(tmp_path) == [("empty-file", "site.d/a.yaml:1:1"), ("too-large", "site.d/b.yaml:1:1")]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)

TEXTS = {
    "empty": ("", [("empty-file", "1:1")]),
    "space and comments": ("\n\n# x\n  \n", [("empty-file", "1:1")]),
    "a document mark alone": ("---\n", [("empty-file", "1:1")]),
    "a list": ("- a\n- b\n", [("not-a-mapping", "1:1")]),
    "a word": ("hello\n", [("not-a-mapping", "1:1")]),
    "tab": ("site: x\nswitches:\n\tspine1: {role: spine}\n", [("yaml-syntax", "3:1")]),
    "open bracket": ("site: [x\n", [("yaml-syntax", "2:1")]),
    "open quote": ('site: "x\n', [("yaml-syntax", "2:1")]),
    "percent": ("site: %x\n", [("yaml-syntax", "1:7")]),
    "unknown anchor": ("site: *x\n", [("yaml-syntax", "1:7")]),
    "control characters": ("site: \x00\x1b[31m\n", [("control-character", "1:7"), ("control-character", "1:8")]),
    "a line separator": ("site: x\u2028\n", [("control-character", "1:8")]),
    "half a surrogate pair": ("site: \ud800\n", [("control-character", "1:7")]),
    "two documents": ("site: x\n---\nsite: y\n", [("multiple-documents", "2:1")]),
    "10,000 brackets": ("flows: " + "[" * 10_000 + "]" * 10_000, [("too-deep", "1:39")]),
    "10,000 unclosed braces": ("flows: " + "{a: " * 10_000, [("too-deep", "1:132")]),
    "10,000 dashes": ("- " * 10_000, [("too-deep", "1:65")]),
    "alias bomb": (BOMB, [("alias-bomb", "6:40")]),
    "an alias in itself": ("hosts: &h\n  a: *h\n", [("alias-bomb", "2:6")]),
    "deep by aliases": (
        "x0: &x0 [[[[[[[[[[]]]]]]]]]]\n" + "".join(f"x{n}: &x{n} [[[[[[[[[[*x{n - 1}]]]]]]]]]]\n" for n in range(1, 9)),
        [("too-deep", "4:19")],
    ),
    "a set": ("? site\n? x\n", None),
    "recursion of keys": ("? {? {? {a: b}\n}\n}\n", None),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_text(text: str, expected: list[tuple[str, str]] | None) -> None:
    got = said(text)
    if expected is not None:
        assert got == expected
    assert got


KEYS = {
    "a list": ("[a, b]: 1\n", "key-not-a-string"),
    "a mapping": ("{a: b}: 1\n", "key-not-a-string"),
    "merge": ("<<: {}\n", "unsupported-yaml"),
    "a tag": ("description: !!python/object:os.system x\n", "unsupported-yaml"),
    "a tag on a mapping": ("fabric: !!omap {}\n", "unsupported-yaml"),
    "twice": ("site: other\n", "duplicate-key"),
    "a number": ("1: x\n", "unknown-key"),
    "nothing": ("~: x\n", "unknown-key"),
    "a very long one": (f"{'k' * 900}: x\n", "unknown-key"),
    "huge range": ("hosts:\n  h[1-999999999]: {rack: r1, segment: collect}\n", "bad-range"),
    "many ranges": ("hosts:\n" + "".join(f"  h{n}-[1-1024]: {{rack: r1}}\n" for n in range(300)), "too-large"),
    "range of ranges": ("hosts:\n  h[1-2][1-2]: {rack: r1}\n", "bad-range"),
    "range without end": ("hosts:\n  h[1-: {rack: r1}\n", "bad-range"),
    "control character in a name": ('hosts:\n  "a\\x1b31m": {rack: r1}\n', "bad-name"),
    "not a number": ("fabric: {admin: .nan}\n", "wrong-type"),
    "infinite": ("fabric: {admin: .inf}\n", "wrong-type"),
    "5,000 digits": (f"fabric: {{admin: {'9' * 5000}}}\n", "wrong-type"),
    "a great exponent": ("fabric: {admin: 1e999999}\n", "wrong-type"),
    "a huge whole number": (f"fabric: {{admin: {'9' * 30}}}\n", "out-of-range"),
}


@pytest.mark.parametrize(("more", "code"), KEYS.values(), ids=KEYS.keys())
def test_keys_and_values(more: str, code: str) -> None:
    head = "\n".join(line for line in GOOD.partition("\nhosts:")[0].splitlines())
    codes = [f for f, _ in said(head + "\n" + more)]
    assert code in codes


@pytest.mark.parametrize("cut", range(0, len(GOOD), 37))
def test_a_site_cut_off_anywhere_gives_findings_or_a_site(cut: int) -> None:
    site, findings = read_text(GOOD[:cut])
    assert (site is None) == any(f.severity == "error" for f in findings)


WORDS = (
    "site switches hosts flows pools fabric segments roles externals freeze management tenants leaf[1-3] spine1 "
    "role rack r1 from to via leak x 10.0.0.0/24 ::/0 4294967296 -1 0x1 010 1e3 ~ null true .nan !!str !x &a *a "
    "<< [ ] { } : - ? | > ' \" # % @ ` , --- ... \t \ufeff \x00 é"
)
SEPARATORS = ("\n", "\n  ", "\n    ", ": ", "- ", " ", ", ")
PIECES = st.sampled_from((*WORDS.split(" "), *SEPARATORS))


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_gives_findings_or_a_site(text: str) -> None:
    site, findings = read_text(text)
    assert (site is None) == any(f.severity == "error" for f in findings)
    assert all(f.where is not None and f.message for f in findings)


@settings(max_examples=200)
@given(st.data())
def test_a_site_with_a_piece_replaced_gives_findings_or_a_site(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    line = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[line])))
    lines[line] = lines[line][:column] + data.draw(PIECES) + lines[line][column + data.draw(st.integers(0, 8)) :]
    site, findings = read_text("".join(lines))
    assert (site is None) == any(f.severity == "error" for f in findings)


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_give_findings(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    root = tmp_path_factory.mktemp("site")
    (root / "site.yaml").write_bytes(raw)
    site, findings = read_site(root)
    assert site is None
    assert findings
