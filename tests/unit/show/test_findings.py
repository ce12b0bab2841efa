"""Findings in every form."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.base import Finding, Position, Severity
from rtmctl.intent import read_site, read_text
from rtmctl.show.findings import WRITERS, render_findings, under
from rtmctl.show.findings_text import masked
from rtmctl.show.output import Output

SOURCE = {"waw1.yaml": "pools:\n  p2p: 10.1.0.0/29\n  vtep: 10.1.0.0/28\n"}
POOL = Finding(
    "pool-exhausted",
    "pool 'p2p' 10.1.0.0/29 holds 4 links, the fabric needs 16",
    Position("waw1.yaml", 2, 8, 19),
    hint="a /27 would hold them and leave none; a /24 leaves room for 112 more",
    also=(Position("waw1.yaml", 3, 9, 20),),
)
NOWHERE = Finding("single-point-of-failure", "100% of a: b, c\nhang on spine1", severity=Severity.WARNING)


def test_text() -> None:
    assert render_findings([POOL, NOWHERE], sources=SOURCE) == (
        "waw1.yaml:2:8: error[pool-exhausted]: pool 'p2p' 10.1.0.0/29 holds 4 links, the fabric needs 16\n"
        "    2 |   p2p: 10.1.0.0/29\n"
        "      |        ^^^^^^^^^^^\n"
        "   hint: a /27 would hold them and leave none; a /24 leaves room for 112 more\n"
        "   also: waw1.yaml:3:9\n"
        "warning[single-point-of-failure]: 100% of a: b, c�hang on spine1\n"
        "1 error, 1 warning\n"
    )


def test_text_below_a_folder_still_finds_its_lines() -> None:
    said = render_findings([POOL], sources=SOURCE, folder="sites/waw1/")
    assert said.startswith("sites/waw1/waw1.yaml:2:8: error")
    assert "    2 |   p2p: 10.1.0.0/29\n" in said


def test_text_in_color_says_the_same() -> None:
    colored = render_findings([POOL], sources=SOURCE, color=True)
    assert "\x1b[1;31merror[pool-exhausted]\x1b[0m" in colored
    plain = colored.replace("\x1b[0m", "").replace("\x1b[1;31m", "").replace("\x1b[1m", "")
    assert plain == render_findings([POOL], sources=SOURCE)


def test_text_ends_somewhere() -> None:
    said = render_findings([POOL] * 501, sources=SOURCE)
    assert said.count("error[pool-exhausted]") == 500
    assert said.endswith("… and 1 more; `--output json` lists all\n501 errors\n")


def test_a_line_of_megabytes_is_shown_where_it_matters() -> None:
    line = "x" * 3_000_000 + "y" * 9 + "x" * 3_000_000
    finding = Finding("bad-value", "x", Position("f", 1, 3_000_001, 3_000_010))
    _, shown, caret, _ = render_findings([finding], sources={"f": line}).splitlines()
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "y" * 9


def test_text_of_nothing_is_empty() -> None:
    assert render_findings([]) == ""


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "caret"),
    [
        ("site: \x1b[31mred", 7, 12, "site: �[31mred", "      ^^^^^"),
        ("\ta: b", 5, None, " a: b", "    ^"),
        ("名前: x", 1, 3, "名前: x", "^^^^"),
        ("名前: x", 5, None, "名前: x", "      ^"),
        ("a: b", 9, 12, "a: b", "    ^"),
        ("key: s3cret", 6, 12, "key: •••", "     ^^^"),
        ("{key: s3cret, port: x}", 21, 22, "{key: •••, port: x}", " " * 17 + "^"),
        (" " * 200 + "x" * 200, 201, 210, "…" + " " * 55 + "x" * 55 + "…", " " * 56 + "^" * 9),
    ],
    ids=["escape", "tab", "wide", "behind wide", "beyond the end", "secret", "behind a secret", "long line"],
)
def test_excerpt(line: str, column: int, end: int | None, shown: str, caret: str) -> None:
    finding = Finding("bad-value", "x", Position("f", 1, column, end))
    lines = render_findings([finding], sources={"f": line}).splitlines()
    assert lines[1:3] == [f"    1 | {shown}", f"      | {caret}"]


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("password: hunter2", "password: •••"),
        ("  bgp_password: 'a b'", "  bgp_password: •••"),
        ("{token: x, port: 22}", "{token: •••, port: 22}"),
        ("key: env:KEY", "key: env:KEY"),
        ('secret: "vault:a/b"', 'secret: "vault:a/b"'),
        ("monkey: 1", "monkey: 1"),
        ("key:", "key:"),
    ],
)
def test_what_looks_like_a_secret_is_not_shown(line: str, hidden: str) -> None:
    assert masked(line) == hidden


def test_json() -> None:
    document = json.loads(render_findings([POOL, NOWHERE], Output.JSON))
    assert document["version"] == 1
    assert document["findings"][0] == {
        "code": "pool-exhausted",
        "severity": "error",
        "message": POOL.message,
        "hint": POOL.hint,
        "where": {"file": "waw1.yaml", "line": 2, "column": 8, "end_column": 19},
        "also": [{"file": "waw1.yaml", "line": 3, "column": 9, "end_column": 20}],
    }
    assert document["findings"][1]["where"] is None


def test_github() -> None:
    assert render_findings([POOL, NOWHERE], Output.GITHUB, folder="sites/a,b").splitlines() == [
        "::error file=sites/a%2Cb/waw1.yaml,line=2,col=8,endColumn=18,title=pool-exhausted::" + POOL.message
        + "%0Ahint: " + POOL.hint,
        "::warning title=single-point-of-failure::100%25 of a: b, c%0Ahang on spine1",
    ]  # fmt: skip


def test_sarif() -> None:
    log = json.loads(render_findings([POOL, NOWHERE, POOL], Output.SARIF, folder="sites/a b"))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["pool-exhausted", "single-point-of-failure"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        "pool-exhausted", "single-point-of-failure", "pool-exhausted"]  # fmt: skip
    first, second, _ = run["results"]
    assert (first["level"], second["level"]) == ("error", "warning")
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "sites/a%20b/waw1.yaml"},
        "region": {"startLine": 2, "startColumn": 8, "endColumn": 19},
    }
    assert first["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert "locations" not in second


def test_junit() -> None:
    suite = ElementTree.fromstring(render_findings([POOL, NOWHERE], Output.JUNIT))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, passed = suite
    assert failed.get("name") == f"waw1.yaml:2:8 {POOL.message}"
    assert [child.tag for child in failed] == ["failure"]
    assert [child.tag for child in passed] == ["system-out"]


def test_junit_of_nothing_is_a_test_that_passes() -> None:
    suite = ElementTree.fromstring(render_findings([], Output.JUNIT))[0]
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)


def test_every_form_has_a_writer() -> None:
    assert {Output.TEXT, *WRITERS} == set(Output)


def test_under_moves_every_place() -> None:
    moved = under("a", [POOL])[0]
    assert [str(p) for p in (moved.where, *moved.also)] == ["a/waw1.yaml:2:8", "a/waw1.yaml:3:9"]
    assert under(".", [POOL]) == (POOL,)


def test_a_folder_that_is_none_is_named_once() -> None:
    site, findings = read_site(Path("no/such/site"))
    assert site is None
    assert [str(f.where) for f in under("no/such/site", findings)] == ["no/such/site:1:1"]


@given(st.text(max_size=80), st.integers(1, 5), st.integers(1, 90), st.none() | st.integers(1, 90))
def test_any_finding_can_be_shown(text: str, line: int, column: int, end: int | None) -> None:
    finding = Finding("bad-value", text, Position(text or "f", line, column, end), hint=text)
    for output in Output:
        said = render_findings([finding], output, sources={text or "f": text})
        assert said
        if output is Output.TEXT:
            assert all(c.isprintable() or c == "\n" for c in said)
    ElementTree.fromstring(render_findings([finding], Output.JUNIT))


@given(st.text(alphabet="site: switches\n{}[]x-'\"\x1b\t\u200b", max_size=60))
def test_findings_of_any_text_can_be_shown(text: str) -> None:
    _, findings = read_text(text)
    assert render_findings(findings, sources={"site.yaml": text})
