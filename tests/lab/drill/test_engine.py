"""A drill in a lab, as an operator meets it: figures and a verdict; and what happens when something else goes wrong."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rtmctl.base import Exit
from rtmctl.lab import Lab
from tests.lab.drill.engine_lab import LEASE_S, SITE, Range, Running

OTHER = "fabric: {timers: {connect_s: 7}}\n"
"""resets no session"""
TRIES = 4
"""a busy machine stalls its probes, and a drill that says so is repeated"""


@pytest.fixture(scope="module")
def ground(labs: Callable[[str], Lab], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    folder = tmp_path_factory.mktemp("engine")
    ground = Range(labs("engine2"), folder / "site", folder, SITE.replace("site: engine", "site: engine2"))
    ground.up()
    yield ground


@pytest.fixture
def drilling(ground: Range) -> Iterator[Callable[[str], Running]]:
    begun: list[Running] = []

    def begin(words: str) -> Running:
        begun.append(ground.begin(f"drill run {words}"))
        return begun[-1]

    yield begin
    for running in begun:
        running.kill()


def worst(report: dict[str, Any], kind: str) -> float:
    flows = [flow for run in report["runs"] for flow in run["flows"] if flow["kind"] == kind and flow["carried"]]
    assert flows, f"no {kind} flow was carried: {report['runs'][0]['reasons']}"
    return max(float(flow["result"]["worst_ms"]) for flow in flows)


def unless_stalled(ground: Range, words: str) -> tuple[int, dict[str, Any]]:
    for _ in range(TRIES):
        code, report = ground.drill(words)
        reasons = [reason for run in report["runs"] for reason in run["reasons"]]
        if code != Exit.INCONCLUSIVE or not all("stalled" in reason or "sent at" in reason for reason in reasons):
            break
    return code, report


def test_a_silent_link_has_figures_and_a_verdict(ground: Range) -> None:
    code, report = unless_stalled(ground, "silent")
    bounds = {bound["kind"]: bound["limit_ms"] for bound in report["plan"]["bounds"]}
    seen = {kind: worst(report, kind) for kind in ("local", "remote")}
    print(f"silent link: {seen} ms of {bounds} ms, {report['verdict']}")
    assert all(seen[kind] > 300 for kind in seen), "BFD takes 3 × 300 ms: shorter would be no silence"
    over = [kind for kind in seen if seen[kind] > bounds[kind]]
    assert (code, report["verdict"]) == ((Exit.REFUTED, "refuted") if over else (Exit.DONE, "passed"))
    held = report["runs"][0]["held"]
    assert [(one["state"], one["before"] == one["after"]) for one in held] == [("restored", True)]
    assert {moment["kind"] for moment in report["runs"][0]["moments"]} >= {"fault", "bgp", "route", "revert"}
    assert report["versions"]["spine1"]


def test_a_fault_on_an_idle_link_proves_nothing(ground: Range) -> None:
    code, report = ground.drill("idle")
    assert (code, report["verdict"]) == (Exit.INCONCLUSIVE, "inconclusive")
    assert any("touched no flow" in reason for reason in report["runs"][0]["reasons"])


@pytest.mark.parametrize(("resumed", "ends"), [(True, Exit.INCONCLUSIVE), (False, Exit.ABORTED)])
def test_a_stopped_probe_proves_nothing(
    ground: Range, drilling: Callable[[str], Running], resumed: bool, ends: Exit
) -> None:
    running = drilling("shrunk --hold 8")
    running.at("StepBegun", "hold")
    agents = ground.lab.run("h2", "pgrep", "-f", "RTMCTL_PROBE").stdout.split()
    assert agents
    ground.lab.run("h2", "kill", "-STOP", *agents)
    if resumed:
        time.sleep(1)
        ground.lab.run("h2", "kill", "-CONT", *agents)
    code, report = running.end()
    assert (code, report["verdict"], report["restored"]) == (ends, "inconclusive", True)
    assert any("stalled" in reason or "telemetry" in reason for reason in report["runs"][0]["reasons"])
    assert ground.is_gone()


def test_nobody_else_changes_the_network_meanwhile(ground: Range, drilling: Callable[[str], Running]) -> None:
    running = drilling("shrunk --hold 120")
    running.at("StepBegun", "hold")
    second = ground.ask("drill run shrunk", store="another")
    assert second.returncode == Exit.LOCKED, second
    (ground.site / "site.yaml").write_text(ground.text + OTHER)
    change = ground.ask("net apply --yes", store="another")
    assert change.returncode == Exit.LOCKED, change
    stopped = ground.ask("drill stop", store="another")
    assert stopped.returncode == 0, stopped
    assert ground.is_gone()
    code, report = running.end()
    assert (code, report["verdict"], report["restored"]) == (Exit.ABORTED, "aborted", True)
    (ground.site / "site.yaml").write_text(ground.text)


def test_no_drill_beside_a_change(ground: Range) -> None:
    (ground.site / "site.yaml").write_text(ground.text + OTHER)
    change = ground.begin("net apply --yes --soak 15")
    try:
        change.until(lambda event: event.get("step") == "commit")
        drill = ground.ask("drill run shrunk", store="another")
        assert drill.returncode == Exit.LOCKED, drill
        assert change.end()[0] == 0
    finally:
        change.kill()


def test_the_management_network_is_lost(ground: Range, drilling: Callable[[str], Running]) -> None:
    running = drilling("shrunk --hold 60")
    running.at("StepBegun", "hold")
    ground.lab.run("spine1", "ip", "link", "set", "eth0", "down")
    try:
        took = ground.gone_within(2 * LEASE_S + 3)
    finally:
        ground.lab.run("spine1", "ip", "link", "set", "eth0", "up")
    code, report = running.end()
    print(f"management lost: gone {took:.1f} s later by its own guard")
    assert (code, report["restored"]) == (Exit.ABORTED, True), report["runs"][0]["reasons"]


def test_the_target_dies(ground: Range, drilling: Callable[[str], Running]) -> None:
    running = drilling("shrunk --hold 60")
    running.at("StepBegun", "hold")
    ground.lab.power_off("spine1")
    running.at("StepBegun", "revert")
    ground.lab.power_on("spine1")
    code, report = running.end()
    assert (code, report["restored"]) == (Exit.ABORTED, True), report["runs"][0]
    assert ground.is_gone()
