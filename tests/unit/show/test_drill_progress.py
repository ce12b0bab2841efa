"""A drill while it works: on a terminal, in a log, as JSON."""

import io
import json
from collections.abc import Iterable

import pytest
from rich.console import Console
from rich.text import Text

from rtmctl.device.injection import HoldState
from rtmctl.drill.events import Aborting, Event, FlowNow, HoldingStep, RunBegun, Step, Traffic, Waiting
from rtmctl.drill.types import FlowClass
from rtmctl.show.drill import reporting
from rtmctl.show.drill.progress import panel
from rtmctl.show.drill.standing import Standing
from rtmctl.show.output import Output
from tests.unit.drill.drill_events import events
from tests.unit.drill.drill_examples import EXAMPLES, not_restored, silent_link


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def stood(told: Iterable[tuple[float, Event]], until: float) -> Standing:
    standing = Standing()
    for at, event in told:
        if at <= until:
            standing.see(event, at)
    return standing


def drawn(standing: Standing, now: float, columns: int = 100) -> str:
    console = Console(file=io.StringIO(), width=columns, soft_wrap=True)
    console.print(panel(standing, now))
    return console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


def test_the_panel_says_who_is_silent_for_how_long_and_when_the_fault_would_go_by_itself() -> None:
    told = list(events(silent_link(1, control=False)))
    said = drawn(stood(told, 2.3), 2.3)
    assert "silent link spine1:leaf1, both directions  run 1/1" in said
    assert "hold, 2.7 s left" in said
    assert "held on leaf1, spine1, renewed 1 time; gone in 10 s without a sign of life" in said
    cells = {line.split()[0]: line.split()[1:] for line in said.splitlines()[-3:]}
    assert cells == {
        "local": ["4", "250", "250", "330"],
        "remote": ["4", "250", "250", "450"],
        "spared": ["16", "0", "0", "0"],
    }


@pytest.mark.parametrize(("worst", "alarming"), [(4.9, False), (49.0, False), (51.0, True)])
def test_a_late_word_alarms_nobody(worst: float, alarming: bool) -> None:
    standing = stood(events(silent_link(1, control=False)), 2.0)
    standing.see(Traffic(0.0, (FlowNow("f", FlowClass.SPARED, 9, 9, 0.0, worst),)), 2.0)
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system="standard")
    console.print(panel(standing, 2.0))
    assert ("\x1b[1;31m" in console.file.getvalue()) is alarming  # type: ignore[attr-defined]  # a StringIO


def test_the_lease_runs_down_when_nobody_renews_it() -> None:
    told = [(at, e) for at, e in events(silent_link(1, control=False)) if getattr(e, "step", "") is not Step.HOLD]
    assert "gone in 7 s" in drawn(stood(told, 4.9), 4.9)


def test_after_the_revert_nothing_is_held() -> None:
    told = list(events(silent_link(1, control=False)))
    standing = stood(told, 6.0)
    assert standing.lease_left_s(6.0) is None
    assert "held on" not in drawn(standing, 6.0)


def test_a_run_begins_anew() -> None:
    standing = stood(events(silent_link(1, control=False)), 5.0)
    standing.see(Aborting("a spared flow is silent"), 5.0)
    assert "aborting: a spared flow is silent" in drawn(standing, 5.0)
    standing.see(RunBegun(2, 2, False, 7.0), 6.0)
    said = drawn(standing, 6.0)
    assert "aborting" not in said and "local" not in said and "run 2/2" in said


@pytest.mark.parametrize("name", EXAMPLES)
def test_on_a_terminal_the_panel_is_gone_at_the_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm-256color")
    report = EXAMPLES[name]()
    with reporting(Output.TEXT) as emit:
        for _, event in events(report):
            emit(event)
    shown = screen.getvalue()
    assert "silent now ms" in shown  # the panel was there
    last = shown[shown.rindex("silent now ms") :]
    assert "\x1b[2K" in last  # and was wiped
    said = Text.from_ansi(shown).plain
    assert all(f"run {run.number}: {run.verdict.value}" in said for run in report.runs if not run.control)


def test_a_log_has_no_panel_and_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(Output.TEXT) as emit:
        for _, event in events(not_restored()):
            emit(event)
    out, said = capsys.readouterr()
    assert not out and "\x1b" not in said
    assert "  spine1: fault made (silence interfaces swp1, direction both)\n" in said
    assert "  leaf1: revert failed: no answer from leaf1 for 20 s\n" in said
    assert said.count("ms silent: ") == 1  # 12 of them in an instant


def test_json_has_one_object_a_line_and_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    told = [event for _, event in events(silent_link(1))]
    told.append(Waiting("the steady state", 3.0))
    with reporting(Output.JSON) as emit:
        for event in told:
            emit(event)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == [type(event).__name__ for event in told]
    assert all(line["version"] == 1 for line in lines)
    traffic = next(line for line, event in zip(lines, told, strict=True) if isinstance(event, Traffic))
    assert [one["kind"] for one in traffic["classes"]] == [FlowClass.LOCAL, FlowClass.REMOTE, FlowClass.SPARED]
    made = next(line for line in lines if line.get("step") == Step.INJECT)
    assert (made["node"], made["state"], made["ok"]) == ("spine1", HoldState.ACTIVE, True)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed pipe must not end a drill half way."""

    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return spare.fileno()

    with io.FileIO("/dev/null", "w") as spare:
        for output in (Output.TEXT, Output.JSON):
            monkeypatch.setattr("sys.stderr", Closed())
            with reporting(output) as emit:
                for _, event in events(silent_link(1)):
                    emit(event)


def test_a_failed_renewal_is_said() -> None:
    told = list(events(silent_link(1, control=False)))
    step = next(event for _, event in told if isinstance(event, HoldingStep) and event.step is Step.HOLD)
    standing = stood(told, 2.5)
    before = standing.renewals
    standing.see(HoldingStep(Step.HOLD, step.held, ok=False, message="no answer"), 2.6)
    assert standing.renewals == before
