"""A drill's plan and report as JSON: what the store keeps, `--output json` prints, and `drill show` reads back."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rtmctl.base import PermanentError
from rtmctl.drill.types import DrillPlan, DrillReport

REPORT_VERSION = 1
_PLAN = TypeAdapter(DrillPlan)
_REPORT = TypeAdapter(DrillReport)


def drill_plan_to_json(plan: DrillPlan) -> str:
    """One line: `version`, the plan's fields, `impact` of its blast radius."""
    return _line(_with_impact(_PLAN.dump_python(plan), plan))


def drill_report_to_json(report: DrillReport) -> str:
    """One line; equal reports give equal text, and `drill_report_from_json` is its inverse.

    Beside `version` and the report's fields stand `lost` and `worst_ms` of each flow and `impact` of the blast radius,
    which follow from the others.
    """
    body = _REPORT.dump_python(report)
    _with_impact(body["plan"], report.plan)
    for run, shown in zip(report.runs, body["runs"], strict=True):
        for measured, flow in zip(run.flows, shown["flows"], strict=True):
            flow["result"] |= {"lost": measured.result.lost, "worst_ms": measured.result.worst_ms}
    return _line(body)


def drill_report_from_json(text: str, name: str = "report") -> DrillReport:
    """Read a report back.

    Args:
        name: what to call the text in messages, its drill for one.

    Raises:
        PermanentError: not a drill's report, or from a newer version.
    """
    try:
        version = json.loads(text).get("version")
    except (ValueError, AttributeError, RecursionError) as error:
        raise PermanentError(f"{name} is not a drill's report: no JSON object") from error
    if isinstance(version, int) and version > REPORT_VERSION:
        raise PermanentError(
            f"{name} has report version {version}, this rtmctl knows {REPORT_VERSION}", hint="use a newer rtmctl"
        )
    try:
        return _REPORT.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise PermanentError(f"{name} is not a drill's report: {where}: {first['msg']}") from error


def _with_impact(body: dict[str, Any], plan: DrillPlan) -> dict[str, Any]:
    body["radius"]["impact"] = plan.radius.impact
    return body


def _line(body: dict[str, Any]) -> str:
    return json.dumps({"version": REPORT_VERSION, **body}, default=_plain)


def _plain(value: object) -> object:
    """Sets in order, so that equal plans give equal text; addresses as they are written."""
    return sorted(value) if isinstance(value, frozenset) else str(value)
