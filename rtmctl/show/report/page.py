"""The page put together: what the template shows of a report."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rtmctl import __version__
from rtmctl.base import PermanentError
from rtmctl.base.data import data_folder
from rtmctl.drill.digest import by_class, real_runs, telling_run
from rtmctl.drill.types import DrillReport, Verdict
from rtmctl.fabric.types import Fabric
from rtmctl.lab.graph.style import STYLE
from rtmctl.show.drill.unrestored import details, steps, unrestored
from rtmctl.show.drill.words import arguments, clock, count, impact, ms, reasons, verdict_word
from rtmctl.show.report.against import against
from rtmctl.show.report.tables import bound_table, flow_table, holder_table, moment_table, run_table
from rtmctl.show.report.timeline import closer_look, whole_run
from rtmctl.show.report.topology import topology

_TONES = {Verdict.PASSED: "good", Verdict.REFUTED: "bad", Verdict.INCONCLUSIVE: "warn", Verdict.ABORTED: "warn"}


@dataclass(frozen=True, slots=True)
class Card:
    """One figure at the top of the page."""

    name: str
    value: str
    about: str
    bad: bool


def write_page(report: DrillReport, fabric: Fabric | None, path: Path) -> None:
    """Raises PermanentError when the file cannot be written."""
    try:
        path.write_text(report_page(report, fabric), encoding="utf-8")
    except OSError as error:
        raise PermanentError(f"the report {path} cannot be written: {error.strerror}") from error


def report_page(report: DrillReport, fabric: Fabric | None) -> str:
    """`fabric`: that of the site, for the picture; None leaves it out.

    Loads nothing and runs no script but its own: its content security policy says so to the browser.
    """
    run = telling_run(report)
    script = _text("drill.js")
    return (
        _environment()
        .get_template("report/drill.html.j2")
        .render(
            report=report,
            verdict=verdict_word(report),
            tone=_TONES[report.verdict] if report.restored else "bad",
            began=clock(report.began_at),
            reasons=reasons(report),
            left=()
            if report.restored
            else [(held.injection.node, tuple(details(held))) for held in unrestored(report)],
            steps=tuple(steps(report)),
            cards=tuple(_cards(report)),
            run=run,
            closer=Markup(closer_look(run)) if run else "",
            whole=Markup(whole_run(run)) if run else "",
            moments=moment_table(run),
            against=Markup(against(report)),
            explanations=tuple(_explanations(report)),
            control=any(run.control for run in report.runs),
            bounds=bound_table(report),
            impact="; ".join(impact(report.plan.radius)),
            topology=Markup(topology(fabric, report.plan.fault)) if fabric else "",
            runs=run_table(report),
            flows=flow_table(report),
            ended=_ended(report),
            holders=holder_table(report),
            drill=tuple(_drill(report)),
            version=__version__,
            style=Markup(STYLE + _text("drill.css")),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(data_folder("templates")),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _text(name: str) -> str:
    return (data_folder("templates") / "report" / name).read_text(encoding="utf-8")


def _cards(report: DrillReport) -> Iterator[Card]:
    for digest in by_class(report):
        limit = "" if digest.limit_ms is None else f"of {ms(digest.limit_ms)} ms, "
        about = f"{limit}{count(digest.flows, 'flow')}"
        yield Card(f"worst {digest.kind.value}", f"{ms(digest.max_ms)} ms", about, digest.exceeded)
    steady = all(run.steady for run in real_runs(report))
    yield Card("the fault", "gone" if report.restored else "NOT gone", "by hash, on every machine", not report.restored)
    yield Card("steady state", "back" if steady else "not back", "verified after each run", not steady)


def _explanations(report: DrillReport) -> Iterator[str]:
    if report.verdict is not Verdict.INCONCLUSIVE:
        for digest in by_class(report):
            if digest.explanation:
                yield f"{digest.kind.value}: {digest.explanation}"


def _ended(report: DrillReport) -> str:
    said = (
        "Every machine hashes as before the fault." if report.restored else "Not every machine is as before the fault."
    )
    return f"{said} The hash is over configuration and the objects that the fault owns, never over learned routes."


def _drill(report: DrillReport) -> Iterator[tuple[str, str]]:
    plan, drill = report.plan, report.plan.drill
    yield "drill", f"{drill.name}: {drill.title}" if drill.title else drill.name
    yield "fault", f"{drill.fault} on {drill.target}"
    for injection in plan.fault.injections:
        yield injection.node, arguments(injection)
    load = drill.load
    yield "load", f"{count(len(plan.flows), 'flow')} of {load.rate_pps:g} packets/s, {load.size} bytes"
    yield "times", f"{drill.before_s:g} s before, {drill.hold_s:g} s held, {drill.after_s:g} s after"
    yield "lease", f"{drill.lease_s:g} s"
    abort = drill.abort
    silent = f"a spared flow silent for {abort.spared_ms:g} ms, any but a stranded one for {abort.loss_ms:g} ms"
    yield "abort", f"{silent}, no word from a probe for {abort.telemetry_s:g} s"
    yield "resolution", f"{ms(max((run.resolution_ms for run in report.runs), default=0.0))} ms"
