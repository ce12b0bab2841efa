"""A verification as a table of checks with one line a deviation, as JSON, as JUnit, as GitHub annotations."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from xml.etree import ElementTree

from rich.console import Console
from rich.text import Text

from rtmctl.base import Severity
from rtmctl.observe.types import CheckResult, Deviation, Status, VerifyReport
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal
from rtmctl.show.xml import printable

_STYLE = {Status.PASSED: "green", Status.FAILED: "bold red", Status.NOT_RUN: "bold yellow", Status.EXCLUDED: "dim"}
SHOWN = 20
"""lines of one check that the text shows; the other forms hold all"""
REASONS = 3
"""reasons of each kind that the text shows for what was not tested"""
ALIKE = 4
"""this many deviations with one cause are one line of the text"""


def print_report(report: VerifyReport, output: Output, *, all_lines: bool = False) -> None:
    """`all_lines`: text shows every deviation, however many."""
    if output is Output.JSON:
        print(to_json(report))
    elif output is Output.JUNIT:
        print(to_junit(report))
    elif output is Output.GITHUB:
        print("\n".join(to_github(report)))
    else:
        _print_text(report, terminal(), None if all_lines else SHOWN)


def _print_text(report: VerifyReport, console: Console, limit: int | None) -> None:
    table = Grid("check", "verdict", "right", "wrong", "s", right=("right", "wrong", "s"), wraps=("check",))
    for check in report.checks:
        if check.status is Status.EXCLUDED:
            continue  # named in the last line
        outcome = check.outcome
        verdict = Text(check.status.value, style=_STYLE[check.status])
        wrong = Text(str(len(outcome.deviations)), style="red" if outcome.deviations else "dim")
        table.add(check.title, verdict, str(outcome.passed), wrong, f"{check.seconds:.1f}")
    console.print(table)
    _print_causes(report, console)
    causes = frozenset(cause.deviation for cause in report.causes)
    for check in report.checks:
        _print_check(check, console, limit, causes)
    if report.drained:
        console.print(f"\ndrained, and treated so: {', '.join(report.drained)}")
    console.print("\n" + verdict_line(report), style="green" if report.ok else "bold red")
    if not report.ok:
        console.print(Text.assemble(("next:  ", "bold"), next_step(report)))


def _print_causes(report: VerifyReport, console: Console) -> None:
    if not report.causes:
        return
    console.print("\n[bold]begin here[/]")
    for cause in report.causes:
        line = Text.assemble((f"  {cause.number}. ", "bold red"), str(cause.deviation), _hint(cause.deviation))
        console.print(line)
        follow = Counter(d.check for d in report.deviations if d.cause == cause.number)
        what = ", ".join(f"{count} in {check}" for check, count in follow.items())
        console.print(Text(f"     from it follow {what} (-v shows them)", style="dim"))


def next_step(report: VerifyReport) -> str:
    """What an operator does about a failed verification."""
    if report.causes:
        return "mend the first of `begin here` and verify again; `rtmctl net drift` tells what was changed by hand"
    if report.deviations:
        device = report.deviations[0].device
        return f"`rtmctl net drift` tells what was changed by hand, `rtmctl net show {device}` how the device stands"
    return "the checks that did not run say what they lack; `--exclude NAME` leaves one out of the verdict"


def _print_check(check: CheckResult, console: Console, limit: int | None, causes: frozenset[Deviation]) -> None:
    """What stands under `begin here`, or follows from it, is not said again unless all lines are wanted."""
    outcome = check.outcome
    own = [d for d in outcome.deviations if not d.cause and d not in causes]
    lines = [_line(d) for d in outcome.deviations] if limit is None else _by_cause(own)
    if not (lines or outcome.skipped or outcome.not_run) or check.status is Status.EXCLUDED:
        return
    console.print(f"\n[bold]{check.name}[/]")
    shown = lines[:limit]
    for line in shown:
        console.print(line)
    if len(shown) < len(lines):
        console.print(f"  and {len(lines) - len(shown)} more (-v shows all, --output json holds all)")
    for label, style, reasons in (("not run", "yellow", outcome.not_run), ("skipped", "dim", outcome.skipped)):
        for reason in reasons if limit is None else reasons[:REASONS]:
            console.print(Text.assemble("  ", (f"{label}: ", style), (reason, style if label == "skipped" else "")))
        if limit is not None and len(reasons) > REASONS:
            console.print(Text(f"  {label}: {len(reasons) - REASONS} more reasons (-v shows all)", style=style))


def _by_cause(deviations: Iterable[Deviation]) -> list[Text]:
    """A line each; those that many share but for their place are one line that names the first three places."""
    causes: dict[tuple[Severity, str, str], list[Deviation]] = {}
    for deviation in deviations:
        causes.setdefault((deviation.severity, deviation.expected, deviation.seen), []).append(deviation)
    lines = []
    for alike in causes.values():
        if len(alike) < ALIKE:
            lines += [_line(deviation) for deviation in alike]
            continue
        first = alike[0]
        places = "; ".join(_place(deviation) for deviation in alike[:3])
        what = f"{len(alike)} times: expected {first.expected}, seen {first.seen}"
        hint = _hint(first) if len({d.hint for d in alike}) == 1 else ""
        lines.append(Text.assemble(_mark(first), what, hint, f"\n      {places} and {len(alike) - 3} more"))
    return lines


def _place(deviation: Deviation) -> str:
    """The device is not said twice where the subject begins with it, as pairs of hosts do."""
    subject = deviation.subject
    return subject if subject.startswith(f"{deviation.device} ") else f"{deviation.device}: {subject}"


def _mark(deviation: Deviation) -> tuple[str, str]:
    return ("  ! ", "red") if deviation.severity is Severity.ERROR else ("  ~ ", "yellow")


def _hint(deviation: Deviation) -> tuple[str, str]:
    return (f"  ({deviation.hint})" if deviation.hint else "", "dim")


def _line(deviation: Deviation) -> Text:
    after = (f"  [from {deviation.cause}]", "dim") if deviation.cause else ""
    return Text.assemble(_mark(deviation), str(deviation), _hint(deviation), after)


def verdict_line(report: VerifyReport) -> str:
    """The last line: verdict, size, and how long it waited within which bound."""
    wrong = sum(len(c.outcome.deviations) for c in report.checks)
    right = sum(c.outcome.passed for c in report.checks)
    not_run = sum(c.status is Status.NOT_RUN for c in report.checks)
    excluded = [c.name for c in report.checks if c.status is Status.EXCLUDED]
    parts = [f"{right} facts right", f"{wrong} wrong"]
    if not_run:
        parts.append(f"{not_run} check(s) not run")
    if excluded:
        parts.append(f"excluded: {', '.join(excluded)}")
    return (
        f"{report.fabric}: {'verified' if report.ok else 'NOT verified'}, {', '.join(parts)}; "
        f"{report.devices} devices, {report.hosts} hosts, {report.readings} readings in {report.seconds:.1f} s "
        f"(waited {report.waited_s:.1f} s of at most {report.bound_s:g} s)"
    )


def to_json(report: VerifyReport) -> str:
    """Version 1: the report's fields, the verdict, and every check with its deviations."""
    body = asdict(report)
    return json.dumps({"version": 1, "ok": report.ok, "exit": int(report.exit), **body}, default=_plain)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def to_junit(report: VerifyReport) -> str:
    """One test suite; a test case a check, with a failure a deviation; a check not run is an error."""
    suite = ElementTree.Element("testsuite", name=f"rtmctl verify {report.fabric}", time=f"{report.seconds:.3f}")
    failures = errors = skipped = 0
    for check in report.checks:
        case = ElementTree.SubElement(
            suite, "testcase", classname="rtmctl.verify", name=check.name, time=f"{check.seconds:.3f}"
        )
        wrong = [d for d in check.outcome.deviations if d.severity is Severity.ERROR]
        if wrong:
            failures += 1
            message = f"{len(wrong)} deviation(s)"
            ElementTree.SubElement(case, "failure", message=message).text = printable("\n".join(map(str, wrong)))
        elif check.status is Status.NOT_RUN:
            errors += 1
            ElementTree.SubElement(case, "error", message=printable("; ".join(check.outcome.not_run)))
        elif check.status is Status.EXCLUDED:
            skipped += 1
            ElementTree.SubElement(case, "skipped", message="excluded by name")
        notes = [str(d) for d in check.outcome.deviations if d.severity is not Severity.ERROR]
        notes += [f"skipped: {reason}" for reason in check.outcome.skipped]
        if notes:
            ElementTree.SubElement(case, "system-out").text = printable("\n".join(notes))
    counts = {"tests": len(report.checks), "failures": failures, "errors": errors, "skipped": skipped}
    suite.attrib.update({name: str(count) for name, count in counts.items()})
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def to_github(report: VerifyReport) -> Iterable[str]:
    """Workflow annotations, one a deviation, and the verdict. GitHub shows the first ten: causes come first."""
    for deviation in sorted(report.deviations, key=lambda d: bool(d.cause)):
        kind = "error" if deviation.severity is Severity.ERROR else "warning"
        yield f"::{kind} title=verify {deviation.check}::{_escaped(str(deviation))}"
    for check in report.checks:
        if check.status is Status.NOT_RUN:
            yield f"::error title=verify {check.name}::{_escaped('not run: ' + '; '.join(check.outcome.not_run))}"
    yield f"::{'notice' if report.ok else 'error'} title=verify::{_escaped(verdict_line(report))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
