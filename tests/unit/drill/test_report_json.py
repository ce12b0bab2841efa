"""A report as JSON: nothing is lost on the way, and what is no report is said to be none."""

import json

import pytest
from hypothesis import given

from rtmctl.base import PermanentError
from rtmctl.drill.report_json import drill_plan_to_json, drill_report_from_json, drill_report_to_json
from rtmctl.drill.types import DrillPlan, DrillReport
from tests.unit.drill.drill_strategies import PLANS, REPORTS


@given(REPORTS)
def test_what_is_read_is_what_was_written(report: DrillReport) -> None:
    text = drill_report_to_json(report)
    again = drill_report_from_json(text)
    assert again == report
    assert drill_report_to_json(again) == text
    assert "\n" not in text


@given(PLANS)
def test_a_plan_is_one_line_of_json(plan: DrillPlan) -> None:
    text = drill_plan_to_json(plan)
    assert "\n" not in text
    body = json.loads(text)
    assert body["version"] == 1
    assert body["radius"]["impact"] == plan.radius.impact
    assert body["fault"]["removed"]["links"] == sorted(plan.fault.removed.links)


@given(REPORTS)
def test_what_follows_from_the_fields_stands_beside_them(report: DrillReport) -> None:
    body = json.loads(drill_report_to_json(report))
    shown = [flow["result"] for run in body["runs"] for flow in run["flows"]]
    results = [measured.result for run in report.runs for measured in run.flows]
    assert [(s["lost"], s["worst_ms"]) for s in shown] == [(r.lost, r.worst_ms) for r in results]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON object"),
        ("[1]", "no JSON object"),
        ('{"version": 2}', "version 2, this rtmctl knows 1"),
        ('{"version": 1}', "id: Field required"),
    ],
)
def test_what_is_no_report(text: str, says: str) -> None:
    with pytest.raises(PermanentError, match=says):
        drill_report_from_json(text)
