"""docs/errors: every code has its section, and what stands below an example is what rtmctl says.

`RTMCTL_UPDATE_EXPECTED=1` writes the answers anew, to be reviewed as a diff.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from error_examples import answer, judge

from rtmctl.base.codes import CODES

PAGES = Path(__file__).parents[3] / "docs" / "errors"
UPDATE = os.environ.get("RTMCTL_UPDATE_EXPECTED")

SECTION = re.compile(r"^## (?P<code>\S+)\n(?P<body>.*?)(?=^## |\Z)", re.M | re.S)
EXAMPLE = re.compile(
    r"```yaml\n(?P<site>.*?)```\n\n(`rtmctl.lock.yaml`:\n\n```yaml\n(?P<lock>.*?)```\n\n)?```text\n(?P<said>.*?)```",
    re.S,
)
SCHEMA_PAGES = frozenset({"files", "schema", "fabric", "numbers", "edge"})
"""pages of what the site files alone show"""


@dataclass(frozen=True)
class Section:
    page: Path
    code: str
    body: str


def sections() -> list[Section]:
    found = []
    for page in sorted(PAGES.glob("*.md")):
        if page.name != "README.md":
            found += [Section(page, m["code"], m["body"]) for m in SECTION.finditer(page.read_text("utf-8"))]
    return found


@pytest.mark.parametrize("section", [s for s in sections() if EXAMPLE.search(s.body)], ids=lambda s: s.code)
def test_an_example_gives_its_finding_and_no_other(section: Section) -> None:
    example = EXAMPLE.search(section.body)
    assert example is not None
    findings = judge(example["site"], example["lock"], prove_it=section.page.stem not in SCHEMA_PAGES)
    said = answer(findings, example["site"], example["lock"])
    assert {finding.code for finding in findings} == {section.code}
    if UPDATE:
        text = section.page.read_text("utf-8")
        section.page.write_text(text.replace(example[0], example[0].replace(example["said"], said)), "utf-8")
    else:
        assert said == example["said"]


def test_every_code_has_one_section_and_a_line_in_the_index() -> None:
    documented = [section.code for section in sections()]
    assert sorted(documented) == sorted(CODES)
    index = (PAGES / "README.md").read_text("utf-8")
    for section in sections():
        line = f"- [{section.code}]({section.page.name}#{section.code}): {CODES[section.code]}"
        assert line in index.splitlines()


def test_most_codes_of_site_files_have_an_example() -> None:
    """Those without are about files that no text can show, and about what only later rooms know."""
    without = {s.code for s in sections() if s.page.stem in SCHEMA_PAGES}
    without -= {s.code for s in sections() if EXAMPLE.search(s.body)}
    assert without == {
        "bad-encoding",
        "control-character",
        "not-a-file",
        "site-missing",
        "too-large",
        "unknown-platform",
        "unreadable",
    }
