"""What people see of drills, as texts to review. `pytest --update-golden` writes them anew."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.text import Text

from rtmctl.drill.catalogue import catalogue
from rtmctl.drill.faults import FAULTS
from rtmctl.show.drill import show_catalogue, show_report
from rtmctl.show.output import Output
from tests.unit.drill.drill_examples import DEMO, EXAMPLES, refuted
from tests.unit.show.drill_screens import SCREENS

GOLDEN = Path(__file__).parent / "golden"


class Screen:
    """A terminal in place of standard output."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("columns", [60, 120])
def test_the_screen_is_the_reviewed_one(
    name: str, columns: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    SCREENS[name](Output.TEXT)
    said = "\n".join(line.rstrip() for line in Text.from_ansi(screen.text).plain.splitlines()) + "\n"
    file = GOLDEN / f"drill-{name}-{columns}.txt"
    if request.config.getoption("--update-golden"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(said)
    assert said == file.read_text(), f"{file.name}: pytest --update-golden, then review"


def test_every_ready_drill_and_every_fault_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    entries = catalogue(DEMO)
    assert entries
    show_catalogue(entries, tuple(FAULTS.values()), Output.TEXT)
    first = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if line]
    assert all([entry.name, entry.needs] in first for entry in entries)
    assert all([fault.name, fault.target] in first for fault in FAULTS.values())


def test_without_a_terminal_nothing_is_coloured_or_cut(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(refuted(), Output.TEXT)
    said = capsys.readouterr().out
    assert said.startswith("REFUTED  silent link spine1:leaf1, both directions\n")
    assert "\x1b" not in said
    assert "…" not in said


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "passed"])
def test_what_did_not_pass_says_what_to_do(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = EXAMPLES[name]()
    show_report(report, Output.TEXT)
    said = capsys.readouterr().out
    assert all(reason in said for run in report.runs for reason in run.reasons)
    assert ("next: " in said) is report.restored
    assert ("rtmctl drill recover" in said) is not report.restored


def test_switches_whose_times_are_not_exact_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    report = refuted()
    note = "leaf1: its clock is known to ±8.0 ms only"
    show_report(replace(report, runs=tuple(replace(run, imprecise=(note,)) for run in report.runs)), Output.TEXT)
    assert capsys.readouterr().out.count(note) == 1
