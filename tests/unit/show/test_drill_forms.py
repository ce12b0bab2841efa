"""Every screen of drills as JSON Lines; and what stop and recover took back."""

import json
from dataclasses import replace

import pytest

from rtmctl.base import Exit
from rtmctl.device.injection import Held, HoldState
from rtmctl.drill.catalogue import catalogue
from rtmctl.drill.faults import FAULTS
from rtmctl.drill.recover import RecoveryReport
from rtmctl.show.drill import show_catalogue, show_recovery
from rtmctl.show.output import Output
from tests.unit.drill.drill_examples import DEMO, not_restored, silent_link
from tests.unit.show.drill_screens import SCREENS

GOOD = tuple(replace(held, drill="d1") for held in silent_link(1).runs[1].held)
BAD = not_restored().runs[0].held


@pytest.mark.parametrize("name", SCREENS)
def test_a_version_in_every_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    SCREENS[name](Output.JSON)
    out, err = capsys.readouterr()
    assert out and not err
    assert all(json.loads(line)["version"] == 1 for line in out.splitlines())


def test_drills_and_faults_with_what_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    show_catalogue(catalogue(DEMO), tuple(FAULTS.values()), Output.JSON)
    body = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in body["faults"]] == list(FAULTS)
    drill = next(one for one in body["drills"] if one["name"] == "silent-link")
    assert (drill["needs"], drill["fault"], drill["errors"]) == ("LINK", "silent-link", [])


RECOVERIES: list[tuple[RecoveryReport, tuple[str, ...]]] = [
    (RecoveryReport((), {}, 9), ("nothing of a drill is left on 9 machines",)),
    (
        RecoveryReport(GOOD, {}, 9, ("d1",)),
        (
            "leaf1: silence interfaces swp1, direction both: restored (drill d1)",
            "drill d1: nobody runs it any more",
            "2 faults taken back; rtmctl net verify proves the rest",
        ),
    ),
    (
        RecoveryReport((GOOD[0], BAD[0]), {"leaf9": "no answer within 20 s"}, 9),
        (
            "spine1: NOT RESTORED",
            "seen: swp1: qdisc netem is still there",
            "no answer from leaf9: no answer within 20 s; what it holds is not known",
            "next: bring back who is silent",
        ),
    ),
]


@pytest.mark.parametrize(("report", "expected"), RECOVERIES, ids=["nothing", "all", "not all"])
def test_what_was_taken_back(
    report: RecoveryReport, expected: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    show_recovery(report, Output.TEXT)
    said = capsys.readouterr().out
    assert all(text in said for text in expected), said
    assert ("next: " in said) is (report.exit is Exit.STATE_UNKNOWN)
    show_recovery(report, Output.JSON)
    body = json.loads(capsys.readouterr().out)
    assert body["exit"] == report.exit
    assert [one["state"] for one in body["held"]] == [held.state for held in report.held]


def test_every_state_has_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    held: tuple[Held, ...] = tuple(replace(BAD[0], state=state) for state in HoldState)
    show_recovery(RecoveryReport(held, {}, 1), Output.TEXT)
    said = capsys.readouterr().out
    assert said.count("NOT RESTORED") == len(HoldState) - 1
    assert "the fault is still there" in said and "it is not as before" in said
