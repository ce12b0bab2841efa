"""The page of a drill as text: whole, small, and safe whatever names it holds. In a browser: tests/lab/show."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import Phase, given, settings

from rtmctl.drill.types import DrillReport, Removed
from rtmctl.show.report import report_page
from tests.unit.drill.drill_examples import EXAMPLES, LINK, demo, hostile, not_restored, refuted, silent_link
from tests.unit.drill.drill_strategies import REPORTS

PORT = next(host for host in demo().hosts if host.name == "broker1").links[0].port
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Reading(HTMLParser):
    """Counts elements, checks that they are closed in order, and keeps what they load, and their texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.texts: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.loads += [f"{tag} {value}" for name, value in attrs if name in ("src", "href", "srcset", "data")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_is_whole_and_loads_nothing(name: str) -> None:
    report = EXAMPLES[name]()
    page = Reading(report_page(report, demo()))
    assert not page.open and not page.loads and not page.handlers
    assert page.found["script"] == 1
    for run in report.runs:
        assert all(reason in page.text for reason in run.reasons)
    assert all(measured.result.flow.name in page.text for measured in report.runs[-1].flows)
    assert all(what in page.text for what in (report.id, report.by, "FRR 10.3", "3 × 100 ms", report.plan.fault.said))


def test_what_is_not_restored_says_what_to_run() -> None:
    text = Reading(report_page(not_restored(), demo())).text
    assert "NOT RESTORED" in text
    assert "rtmctl drill recover" in text
    assert "swp1: qdisc netem is still there" in text
    assert "rtmctl drill recover" not in Reading(report_page(refuted(), demo())).text


def test_the_fault_is_marked_in_the_picture() -> None:
    page = report_page(refuted(), demo())
    upper, lower = LINK.split(":")
    assert page.count('class="gone"') == 1
    assert f'<path class="gone" data-a="{upper}" data-b="{lower}"' in page


@pytest.mark.parametrize(
    ("removed", "nodes", "cables"),
    [
        (Removed(devices=frozenset({"spine1", "leaf2"})), {"spine1", "leaf2"}, 0),
        (Removed(hosts=frozenset({"broker1"})), {"broker1"}, 0),
        (Removed(links=frozenset({"spine1:leaf1", "spine2:leaf3"})), set(), 2),
        (Removed(host_ports=frozenset({("leaf2", PORT)})), set(), 1),
        (Removed(), {"spine1", "leaf1"}, 0),  # nothing is gone: where the fault is made
    ],
)
def test_what_a_fault_takes_away_is_marked(removed: Removed, nodes: set[str], cables: int) -> None:
    report = refuted()
    report = replace(report, plan=replace(report.plan, fault=replace(report.plan.fault, removed=removed)))
    page = report_page(report, demo())
    marked = set(re.findall(r'<g class="node gone" tabindex="0" data-name="([^"]+)"', page))
    assert marked == nodes
    assert page.count('<path class="gone"') == page.count('<circle class="cross"') == cables


def test_two_hundred_flows_of_ten_runs_are_a_small_page() -> None:
    report = silent_link(10, 34)
    assert len(report.plan.flows) > 200
    assert len(report_page(report, demo()).encode()) < 300_000


def test_a_link_that_loses_one_packet_in_a_hundred_is_a_small_page_too() -> None:
    report = silent_link(1, 34)
    flows = tuple(
        replace(m, result=replace(m.result, windows=tuple(replace(LOST, start_ms=100.0 * n + 3) for n in range(70))))
        for m in report.runs[1].flows
    )
    report = replace(report, runs=(replace(report.runs[1], flows=flows),))
    page = report_page(report, demo())
    assert len(page.encode()) < 400_000
    assert page.count('<g class="local">') >= 30  # every flow still has its row


LOST = silent_link(1).runs[1].flows[0].result.windows[0]


def test_hostile_names_stay_text() -> None:
    page = Reading(report_page(hostile(), demo()))
    assert not page.open and not page.loads and not page.handlers
    assert page.found["script"] == 1 and not page.found["img"]
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text


@settings(max_examples=40, phases=[Phase.generate])
@given(REPORTS)
def test_any_report_has_a_page(report: DrillReport) -> None:
    page = Reading(report_page(report, None))
    assert not page.open and not page.loads and not page.handlers
    assert page.found["script"] == 1
