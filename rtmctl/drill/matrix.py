"""`drill run --matrix`: every single failure of the fabric, one drill after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rtmctl.base import Exit, Refused
from rtmctl.change.interrupt import Stop
from rtmctl.drill.carrying import RunOptions, carry_out
from rtmctl.drill.events import CaseBegun, CaseEnded, Note, OnEvent
from rtmctl.drill.failures import every_single_failure
from rtmctl.drill.planning import Prepared
from rtmctl.drill.site import DrillSite
from rtmctl.drill.types import Drill, DrillPlan, DrillReport, Hypothesis
from rtmctl.drill.verdict import worst_of
from rtmctl.fabric.types import Fabric


@dataclass(frozen=True, slots=True)
class Case:
    """One failure: planned, and what came of it; no report: it was refused, or its turn did not come."""

    plan: DrillPlan
    report: DrillReport | None


def matrix_drills(fabric: Fabric) -> tuple[Drill, ...]:
    """A drill for each failure; flows that it leaves without any way are predicted, and no refutation."""
    return tuple(
        Drill(one.name.replace(" ", "-"), one.name, one.fault, one.target, hypothesis=Hypothesis(stranded=True))
        for one in every_single_failure(fabric)
    )


async def walk(
    site: DrillSite,
    cases: Sequence[Prepared],
    options: RunOptions,
    *,
    emit: OnEvent,
    stop: Stop,
    now: Callable[[], float] = time.time,
) -> tuple[Case, ...]:
    """Each in turn. A failure that could not be taken back, or left the network unsteady, ends the walk.

    Raises:
        Locked, StepFailed: as `carry_out`, of the first.
    """
    done: list[Case] = []
    for number, prepared in enumerate(cases, 1):
        emit(CaseBegun(number, len(cases), prepared.plan))
        try:
            report = await carry_out(site, prepared, options, emit=emit, stop=stop, now=now)
        except Refused as refused:
            done.append(Case(replace(prepared.plan, refused=(refused.message,)), None))
            continue
        emit(CaseEnded(number, len(cases), report))
        done.append(Case(report.plan, report))
        if stop.is_set() or not report.restored or not all(run.steady for run in report.runs):
            left = len(cases) - number
            if left:
                emit(Note(f"the walk ends here: {left} failures are left"))
            break
    return (*done, *(Case(prepared.plan, None) for prepared in cases[len(done) :]))


def exit_of_walk(cases: Sequence[Case], stop: Stop) -> Exit:
    """What outranks all first; a failure that was refused, or left out, is no success."""
    reports = [case.report for case in cases if case.report is not None]
    if any(not report.restored for report in reports):
        return Exit.STATE_UNKNOWN
    if stop.is_set():
        return Exit.INTERRUPTED if stop.by_keyboard else Exit.ABORTED
    verdict = worst_of(run for report in reports for run in report.runs if not run.control)
    worst = next((report.exit for report in reports if report.verdict is verdict), Exit.INCONCLUSIVE)
    return Exit.REFUSED if worst is Exit.DONE and len(reports) < len(cases) else worst
