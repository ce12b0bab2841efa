"""docs/json.md names every key of a drill's plan, report and events, and no other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtmctl.drill.report_json import drill_report_to_json
from rtmctl.drill.types import DrillReport
from tests.unit.drill.drill_examples import not_restored, silent_link

PAGE = Path(__file__).parents[3] / "docs" / "json.md"
TIMES = ("latency", "network", "rtt", "rtt_network")


def documented() -> set[str]:
    section = PAGE.read_text().split("## A drill's plan and report")[1].split("## While it works")[0]
    return set(re.findall(r"`(\w+)`", section))


def keys(value: object) -> Iterator[str]:
    """All keys of an object, at any depth, but those of free mappings and of what is told by one word."""
    if isinstance(value, list):
        for one in value:
            yield from keys(one)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in ("drill", "flow", *TIMES, "removed", "touches", "arguments", "versions", "timers"):
                yield from keys(inner)


@pytest.mark.parametrize("report", [silent_link(1), not_restored()], ids=["passed", "not restored"])
def test_every_key_is_documented(report: DrillReport) -> None:
    body = json.loads(drill_report_to_json(report))
    del body["version"]
    assert set(keys(body)) <= documented()
