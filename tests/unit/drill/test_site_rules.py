"""What a site lets drills do: names, windows, impact; and who is told, over real HTTP."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rtmctl.base import PermanentError
from rtmctl.drill.hooks import call_hooks
from rtmctl.drill.types import Drill, Radius
from rtmctl.drill.windows import refusals
from rtmctl.intent import read_text
from rtmctl.intent.schema.drills import DrillHook, Drills, HookMoment
from rtmctl.intent.schema.site import Environment

DRILL = Drill("spine-loss", "", "spine", "spine1")
NOBODY = Radius((), (), (), pairs=10, pairs_lost=0, pairs_degraded=4)
TENTH = Radius((), (), (), pairs=10, pairs_lost=1, pairs_degraded=0)
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def rules(**said: Any) -> Drills:
    return Drills.model_validate(said)


def night(*days: str) -> dict[str, Any]:
    return {"days": days, "start": "22:00", "end": "06:00", "zone": "Europe/Warsaw"}


CASES = {
    "a lab without rules": (rules(), Environment.LAB, NOBODY, MONDAY_NOON, None, ""),
    "production without rules": (rules(), Environment.PRODUCTION, NOBODY, MONDAY_NOON, None, "in production only"),
    "allowed by name": (rules(allow=["spine-loss"]), Environment.PRODUCTION, NOBODY, MONDAY_NOON, None, ""),
    "allowed by fault": (rules(allow=["spine spine1"]), Environment.PRODUCTION, NOBODY, MONDAY_NOON, None, ""),
    "another target": (
        rules(allow=["spine spine2"]),
        Environment.PRODUCTION,
        NOBODY,
        MONDAY_NOON,
        None,
        "drills.allow",
    ),
    "a list elsewhere too": (rules(allow=["drain"]), Environment.STAGING, NOBODY, MONDAY_NOON, None, "drills.allow"),
    "within the impact": (rules(max_impact=0.1), Environment.LAB, TENTH, MONDAY_NOON, None, ""),
    "beyond the site's": (rules(max_impact=0.05), Environment.LAB, TENTH, MONDAY_NOON, None, "1 of 10 pairs"),
    "the command line widens": (rules(max_impact=0.05), Environment.LAB, TENTH, MONDAY_NOON, 0.2, ""),
    "but not in production": (
        rules(max_impact=0.05, allow=["spine"]),
        Environment.PRODUCTION,
        TENTH,
        MONDAY_NOON,
        0.2,
        "1 of 10 pairs",
    ),
    "the command line narrows": (rules(), Environment.LAB, TENTH, MONDAY_NOON, 0.0, "--max-impact"),
    "outside the window": (rules(windows=[night("mon")]), Environment.LAB, NOBODY, MONDAY_NOON, None, "windows"),
    "inside, before midnight": (
        rules(windows=[night("mon")]),
        Environment.LAB,
        NOBODY,
        datetime(2026, 11, 23, 21, 30, tzinfo=UTC),  # 22:30 in Warsaw
        None,
        "",
    ),
    "inside, after midnight": (
        rules(windows=[night("mon")]),
        Environment.LAB,
        NOBODY,
        datetime(2026, 11, 24, 4, 0, tzinfo=UTC),
        None,
        "",
    ),
    "the night of another day": (
        rules(windows=[night("mon")]),
        Environment.LAB,
        NOBODY,
        datetime(2026, 11, 24, 21, 30, tzinfo=UTC),
        None,
        "windows",
    ),
}


@pytest.mark.parametrize(("site", "environment", "radius", "now", "limit", "said"), CASES.values(), ids=CASES)
def test_refusals(
    site: Drills, environment: Environment, radius: Radius, now: datetime, limit: float | None, said: str
) -> None:
    found = refusals(site, environment, DRILL, radius, now, limit)
    assert said in " ".join(found) if said else found == ()


SITE = "site: x\nswitches: {spine1: {role: spine}, leaf1: {role: leaf, rack: r}}\ndrills:\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("  windows: [{start: 9, end: '17:00'}]", "bad-value"),
        ("  windows: [{start: '09:00', end: '17:00', zone: Mars/Base}]", "bad-value"),
        ("  max_impact: 2", "out-of-range"),
        ("  hooks: [{url: ftp://x}]", "bad-value"),
        ("  hooks: [{url: 'http://x', token: hunter2}]", "secret-in-clear"),
        ("  allows: [a]", "unknown-key"),
    ],
)
def test_a_mistake_in_the_rules_is_named_with_its_place(text: str, code: str) -> None:
    _, findings = read_text(SITE + text)
    assert [(finding.code, finding.where and finding.where.line) for finding in findings] == [(code, 4)]


@pytest.fixture
def heard() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(URL, what was posted there); a path says which answer it gives."""
    found: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.append({"path": self.path, "token": self.headers.get("Authorization"), "body": body})
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", found
    server.shutdown()
    thread.join()
    server.server_close()


WORDS = {"drill": "d1", "fault": "spine1 without power", "verdict": ""}


def test_hooks_are_told(heard: tuple[str, list[dict[str, Any]]]) -> None:
    url, found = heard
    hooks = (
        DrillHook.model_validate({"url": f"{url}/plain"}),
        DrillHook.model_validate({"url": f"{url}/own", "token": "env:T", "body": {"text": "{fault} by {x}", "n": [1]}}),
        DrillHook.model_validate({"url": f"{url}/end", "at": ["end"]}),
    )
    failures = asyncio.run(call_hooks(hooks, HookMoment.START, WORDS, lambda reference: f"secret of {reference}"))
    assert failures == ()
    by_path = {one["path"]: one for one in found}
    assert set(by_path) == {"/plain", "/own"}
    assert by_path["/plain"]["body"] == {"version": 1, "moment": "start", **WORDS}
    assert by_path["/own"]["body"] == {"text": "spine1 without power by {x}", "n": [1]}
    assert by_path["/own"]["token"] == "Bearer secret of env:T"


def test_a_hook_that_fails_is_named_and_hides_no_other(heard: tuple[str, list[dict[str, Any]]]) -> None:
    url, found = heard

    def no_secret(_: str) -> str:
        raise PermanentError("the environment has no T")

    hooks = (
        DrillHook.model_validate({"url": f"{url}/broken"}),
        DrillHook.model_validate({"url": "http://127.0.0.1:9/", "required": False}),
        DrillHook.model_validate({"url": f"{url}/secret", "token": "env:T"}),
        DrillHook.model_validate({"url": f"{url}/fine"}),
    )
    failures = asyncio.run(call_hooks(hooks, HookMoment.START, WORDS, no_secret))
    assert [hook.required for hook, _ in failures] == [True, False, True]
    assert "500" in failures[0][1].message
    assert "no T" in failures[2][1].message
    assert {one["path"] for one in found} == {"/broken", "/fine"}
