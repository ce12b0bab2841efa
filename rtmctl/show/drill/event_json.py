"""An event as one JSON object: short, for the whole plan and report stand in the result."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from rtmctl.drill.events import CaseBegun, CaseEnded, Event, HoldingStep, Planned, RunEnded, Traffic
from rtmctl.show.drill.standing import by_class


def event_to_json(event: Event) -> str:
    """`version`, `event` (its type's name), and the keys that docs/json.md lists."""
    return json.dumps({"version": 1, "event": type(event).__name__, **_keys(event)})


def _keys(event: Event) -> Mapping[str, object]:
    keys: Mapping[str, object]
    match event:
        case Planned():
            keys = {"id": event.id, "drill": event.plan.drill.name, "fault": event.plan.fault.said, "runs": event.runs}
        case HoldingStep(held=held):
            stands = {"state": held.state, "expires_in_s": held.expires_in_s}
            told = {"mechanism": held.injection.mechanism, "ok": event.ok, "message": event.message or held.failure}
            keys = {"step": event.step, "node": held.injection.node, **told, **stands}
        case Traffic():
            keys = {"at_ms": event.at_ms, "classes": [asdict(one) for one in by_class(event.flows)]}
        case RunEnded(run=run):
            keys = {"number": run.number, "control": run.control, "verdict": run.verdict, "reasons": run.reasons}
        case CaseBegun():
            keys = {"number": event.number, "of": event.of, "fault": event.plan.fault.said}
        case CaseEnded(report=report):
            ended = {"id": report.id, "verdict": report.verdict, "restored": report.restored, "exit": report.exit}
            keys = {"number": event.number, "of": event.of, **ended}
        case _:
            keys = asdict(event)
    return keys
