"""The history's trend: what is a regression, and what is not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rtmctl.drill.report_json import drill_report_to_json
from rtmctl.drill.trend import trend
from rtmctl.drill.types import DrillReport, FlowClass, Verdict
from rtmctl.probe.types import LossWindow
from rtmctl.store import DrillRow
from tests.unit.drill.drill_examples import inconclusive, silent_link


def lost(remote_ms: float, verdict: Verdict = Verdict.PASSED) -> DrillReport:
    """A drill of one run whose remote flows were lost for so long."""
    report = silent_link(1, control=False)
    (run,) = report.runs
    flows = tuple(
        replace(m, result=replace(m.result, windows=(LossWindow(2000.0, remote_ms, int(remote_ms)),)))
        if m.kind is FlowClass.REMOTE
        else m
        for m in run.flows
    )
    return replace(report, runs=(replace(run, flows=flows, verdict=verdict),), verdict=verdict)


def rows(reports: Sequence[DrillReport], target: str = "spine1:leaf1") -> list[DrillRow]:
    return [
        DrillRow(f"d{day}", "demo", "silent-link", "silent-link", target, "me", "", day, day + 9, one.verdict, "", text)
        for day, one in enumerate(reports)
        for text in (drill_report_to_json(one),)
    ]


@pytest.mark.parametrize(
    ("earlier", "now", "worse"),
    [
        ((100, 110, 104), 300, True),
        ((100, 110, 104), 131, True),
        ((100, 110, 104), 129, False),  # not a quarter above the median
        ((100, 400, 104), 300, False),  # one of the earlier was longer
        ((0, 0), 1, False),  # no more than what the probe can tell
        ((0, 0), 3, True),
        ((100,), 300, True),
        ((), 300, False),
        ((300, 300), 100, False),
    ],
)
def test_a_regression_is_longer_than_usual_and_than_any(earlier: tuple[int, ...], now: int, worse: bool) -> None:
    found = trend(rows([*map(lost, earlier), lost(now)]))
    regressions = found[-1].regressions
    assert [(one.kind, one.now_ms, one.earlier) for one in regressions] == (
        [(FlowClass.REMOTE, now, len(earlier))] if worse else []
    )
    assert not any(past.regressions for past in found[:1])


def test_only_what_passed_is_a_measure() -> None:
    found = trend(rows([lost(100), lost(900, Verdict.REFUTED), inconclusive(), lost(300)]))
    assert [str(one) for one in found[-1].regressions] == ["remote flows 300 ms, the drill before 100 ms"]


def test_what_proves_nothing_is_no_regression() -> None:
    assert not trend(rows([lost(100), lost(300, Verdict.INCONCLUSIVE)]))[-1].regressions


def test_drills_of_another_target_are_not_compared() -> None:
    both = [*rows([lost(100)]), *rows([lost(100), lost(300)], target="spine2:leaf1")[1:]]
    assert not trend(both)[-1].regressions


def test_a_drill_that_runs_and_one_of_a_newer_rtmctl_are_listed_without_figures() -> None:
    first, second = rows([lost(100), lost(300)])
    newer = replace(first, report='{"version": 99}')
    found = trend([replace(second, report="", outcome="running", ended_at=None), newer])
    assert [(past.row.id, past.classes, past.regressions) for past in found] == [("d0", (), ()), ("d1", (), ())]
