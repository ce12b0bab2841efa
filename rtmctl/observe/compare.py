"""The passive checks over one reading. Pure."""

import time
from collections.abc import Mapping

from rtmctl.base import Severity
from rtmctl.observe.checks import CHECKS, Check
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import CheckResult, Outcome, Reading, Selection, Status

DEVICES = "devices"
UNREADABLE = "does it run, and does the management network reach it? The console of the device tells"


def compare(
    reading: Reading, failures: Mapping[str, str] | None = None, selection: Selection | None = None
) -> tuple[CheckResult, ...]:
    """All passive checks. `failures`: device to why it could not be read."""
    selection = selection or Selection()
    return (
        _devices(reading, failures or {}, selection),
        *(_passive(check, reading, selection) for check in CHECKS),
    )


def _passive(check: Check, reading: Reading, selection: Selection) -> CheckResult:
    if not selection.wants(check.name):
        return CheckResult(check.name, check.title, Status.EXCLUDED, Outcome(), 0.0)
    begin = time.perf_counter()
    outcome = check.run(reading) if reading.states else Outcome(not_run=("no device could be read",))
    return CheckResult(check.name, check.title, status_of(outcome), outcome, time.perf_counter() - begin)


def status_of(outcome: Outcome) -> Status:
    """Warnings alone pass. A check that compared nothing passes only when it says what it skipped."""
    if any(d.severity is Severity.ERROR for d in outcome.deviations):
        return Status.FAILED
    if outcome.not_run:
        return Status.NOT_RUN
    return Status.PASSED


def _devices(reading: Reading, failures: Mapping[str, str], selection: Selection) -> CheckResult:
    """Which devices could be read, and read in full."""
    ledger = Ledger(DEVICES)
    for name in sorted(reading.models):
        state = reading.states.get(name)
        if state is None:
            ledger.wrong(name, "state", "readable", failures.get(name, "not read"), hint=UNREADABLE)
            continue
        ledger.expect(state.hostname == name, name, "hostname", name, state.hostname)
        for daemon in state.stopped:
            ledger.wrong(name, daemon, "running", "stopped", hint=f"on {name}: systemctl restart frr")
        for warning in state.warnings:
            ledger.wrong(name, "state", "readable in full", warning)
    outcome = ledger.outcome()
    # what could not be read was not compared: only an exclusion by name leaves that out of the verdict
    status = Status.EXCLUDED if DEVICES in selection.exclude else status_of(outcome)
    return CheckResult(DEVICES, "Devices can be read", status, outcome, 0.0)
