"""A drill as JUnit: refuted is a failure, inconclusive and aborted are errors; what is not restored always fails."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import Phase, given, settings

from rtmctl.drill.types import DrillReport, Verdict
from rtmctl.show.drill import show_report
from rtmctl.show.drill.junit import report_junit
from rtmctl.show.output import Output
from tests.unit.drill.drill_examples import EXAMPLES, aborted, inconclusive, not_restored, refuted, silent_link
from tests.unit.drill.drill_strategies import REPORTS

CLASSES = ("local flows", "remote flows", "spared flows")
ENDS = ("restored", "steady state", "verdict")
CASES = [
    (silent_link, {}),
    (refuted, {"remote flows": "failure", "verdict": "failure"}),
    (inconclusive, dict.fromkeys((*CLASSES, "verdict"), "error")),
    (aborted, dict.fromkeys((*CLASSES, "verdict"), "error")),
    (
        not_restored,
        {**dict.fromkeys((*CLASSES, "verdict"), "error"), "restored": "failure", "steady state": "failure"},
    ),
]


def outcomes(suite: ElementTree.Element) -> dict[str, str]:
    """Test case to 'failure' or 'error', or nothing when it passed."""
    tags = {case.attrib["name"]: [child.tag for child in case] for case in suite.findall("testcase")}
    return {name: found[0] if found[0] != "system-out" else "" for name, found in tags.items()}


@pytest.mark.parametrize(("make", "wrong"), CASES, ids=EXAMPLES)
def test_a_case_a_class_and_one_for_each_end(make: Callable[[], DrillReport], wrong: dict[str, str]) -> None:
    suite = ElementTree.fromstring(report_junit(make()))
    found = outcomes(suite)
    assert tuple(found) == (*CLASSES, *ENDS)
    assert {name: outcome for name, outcome in found.items() if outcome} == wrong
    counts = {key: int(suite.attrib[key]) for key in ("tests", "failures", "errors")}
    bad = list(wrong.values())
    assert counts == {"tests": 6, "failures": bad.count("failure"), "errors": bad.count("error")}


def test_a_failure_names_the_flow_its_figures_and_what_would_help() -> None:
    suite = ElementTree.fromstring(report_junit(refuted()))
    failure = suite.find("testcase[@name='remote flows']/failure")
    assert failure is not None and failure.text is not None
    assert failure.attrib["message"] == "worst of 4 flows 702 ms, bound 450 ms"
    assert "broker2>collector1#1 in run 2" in failure.text
    assert "252 ms more than what is deployed explains" in failure.text


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(refuted(), Output.JUNIT)
    assert ElementTree.fromstring(capsys.readouterr().out).attrib["failures"] == "2"


@settings(max_examples=60, phases=[Phase.generate])
@given(REPORTS)
def test_nothing_but_a_pass_is_green(report: DrillReport) -> None:
    found = outcomes(ElementTree.fromstring(report_junit(report)))
    assert bool(found["verdict"]) is (report.verdict is not Verdict.PASSED)
    assert bool(found["restored"]) is not report.restored
