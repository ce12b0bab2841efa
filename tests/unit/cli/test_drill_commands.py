"""What an earlier drill is asked for: its report on the terminal, as a page, the history."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Run

from rtmctl.base import Exit
from rtmctl.drill.report_json import drill_report_to_json
from rtmctl.store import DrillRow, open_store
from tests.unit.drill.drill_examples import not_restored, refuted


@pytest.fixture
def past(tmp_path: Path) -> str:
    """A store that knows of two drills; gives the id of the refuted one."""
    store = open_store(str(tmp_path / "store.db"))
    for number, report in enumerate((refuted(), replace(not_restored(), id="20261124-160000-000000"))):
        drill = report.plan.drill
        told = (drill.name, drill.fault, drill.target, report.by, "", report.began_at + number, report.began_at + 9)
        store.begin_drill(DrillRow(report.id, report.site, *told, report.verdict, "", drill_report_to_json(report)))
    return refuted().id


def test_the_report_of_an_earlier_drill_and_its_page(rtmctl: Run, past: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = rtmctl("drill", "show", past, "--report", str(page))
    assert done.returncode == Exit.DONE, done.stderr
    assert done.stdout.startswith("REFUTED  silent link spine1:leaf1, both directions\n")
    assert done.stdout.endswith(f"page: {page}\n")
    assert 'class="gone"' in page.read_text()  # the site's own fabric, with the fault marked


def test_a_page_that_cannot_be_written_hides_no_verdict(rtmctl: Run, past: str, tmp_path: Path) -> None:
    done = rtmctl("drill", "show", past, "--report", str(tmp_path / "none" / "page.html"))
    assert done.returncode == Exit.FAILED
    assert done.stdout.startswith("REFUTED")
    assert "page.html cannot be written: No such file or directory" in done.stderr


def test_the_history_names_what_each_came_to(rtmctl: Run, past: str) -> None:
    lines = rtmctl("drill", "history").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["20261124-160000-000000", past]
    assert "refuted" in lines[2]


def test_an_unknown_drill(rtmctl: Run, past: str) -> None:
    done = rtmctl("drill", "show", f"{past}x")
    assert done.returncode == Exit.FAILED
    assert "rtmctl drill history" in done.stderr
